//! Uploads in parts: what the pool holds, and what a copier does with it.

use cloud_mirror_domain::entry::{Entry, Progress, UnfinishedUpload};
use ulid::Ulid;

use crate::mutation::Mutation;
use crate::run::{Last, Run, lost};
use crate::stage::{Next, Stage, of_stage};
use crate::terms::{name, named};
use crate::world::World;

/// How many parts an object has.
pub(crate) const PARTS: u8 = 2;

/// An unfinished upload, as the pool holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Upload {
    pub(crate) id: Ulid,
    pub(crate) parts: u8,
    /// An entry has carried it, so nobody may lose sight of it.
    pub(crate) recorded: bool,
    /// No entry may know of it, because the table was lost, or because it could not be ended.
    pub(crate) forgotten: bool,
}

/// An upload, as somebody knows it who may go on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Carried {
    pub(crate) id: Ulid,
    /// The object will bear this run's name.
    pub(crate) begun_by: Ulid,
    pub(crate) parts: u8,
}

pub(crate) fn carried_by(entry: &Entry) -> Option<Carried> {
    let upload = entry.upload.as_ref()?;
    Some(Carried {
        id: named(&upload.id)?,
        begun_by: upload.begun_by,
        parts: u8::try_from(upload.progress.parts).ok()?,
    })
}

impl Carried {
    pub(crate) fn recorded(self) -> UnfinishedUpload {
        UnfinishedUpload {
            id: name(self.id),
            begun_by: self.begun_by,
            source_etag: Some("\"e\"".to_owned()),
            size: None,
            part_size: 1,
            progress: Progress {
                parts: u32::from(self.parts),
                stream: None,
            },
            failed_completions: 0,
        }
    }
}

impl World {
    pub(crate) fn upload(&self, id: Ulid) -> Option<&Upload> {
        self.uploads.iter().find(|upload| upload.id == id)
    }

    fn upload_mut(&mut self, id: Ulid) -> Option<&mut Upload> {
        self.uploads.iter_mut().find(|upload| upload.id == id)
    }

    /// Makes an object of the parts, if the upload exists and the object is as it was seen.
    pub(crate) fn complete(&mut self, upload: Ulid, name: Ulid, seen: Option<Ulid>) -> bool {
        let Some(parts) = self.upload(upload).map(|upload| upload.parts) else {
            return false;
        };
        let written = self.put_object(name, seen);
        if written {
            abort(self, upload);
            self.torn |= parts < PARTS;
        }
        written
    }
}

/// Ends an upload that nobody is to go on with.
pub(crate) fn abort(world: &mut World, id: Ulid) {
    world.uploads.retain(|upload| upload.id != id);
}

/// It could not be ended: the lifecycle will do that.
pub(crate) fn give_up(world: &mut World, id: Ulid) {
    if let Some(upload) = world.upload_mut(id) {
        upload.forgotten = true;
    }
}

/// Ends an upload that somebody could have gone on with.
pub(crate) fn discard(world: &mut World, id: Ulid) {
    world.wasted |= world.upload(id).is_some_and(|upload| upload.recorded);
    abort(world, id);
}

impl Run {
    /// Whether its entry does not say yet what it knows of its upload.
    pub(crate) fn has_news(&self) -> bool {
        self.held != carried_by(&self.own)
    }

    /// Goes on with the upload that its entry carries, or begins one. Whatever else there is of
    /// this replica is nobody's, for this run holds the lease.
    pub(crate) fn open(mut self, last: Last, world: &mut World) -> Next {
        let found = self.held.and_then(|held| world.upload(held.id).copied());
        let others = |upload: &&Upload| Some(upload.id) != found.map(|found| found.id);
        if !world.mutated(Mutation::BeginLeavesUploads) {
            if self.has_nothing_left(world) && world.uploads.iter().any(|one| others(&one)) {
                return lost(&self, None, world);
            }
            world.wasted |= world.uploads.iter().filter(others).any(|one| one.recorded);
            world
                .uploads
                .retain(|upload| Some(upload.id) == found.map(|found| found.id));
        }
        self.held = match (self.held, found) {
            (Some(held), Some(found)) => {
                let parts = found.parts;
                Some(Carried { parts, ..held })
            }
            _ => Some(begin(world, self.id)),
        };
        self.before = self.before.max(self.held.map_or(0, |held| held.parts));
        self.opened = true;
        of_stage(Stage::Ready(self, last))
    }

    /// Writes one part more.
    pub(crate) fn write_part(mut self, last: Last, world: &mut World) -> Next {
        let written = self.held.as_mut().and_then(|held| {
            let upload = world.upload_mut(held.id)?;
            held.parts += 1;
            upload.parts = upload.parts.max(held.parts);
            Some(())
        });
        match written {
            Some(()) => of_stage(Stage::Ready(self, last)),
            None => self.fails_by_the_pool(),
        }
    }

    /// An entry carries it from now on.
    pub(crate) fn is_recorded(&self, world: &mut World) {
        if let Some(held) = self.held
            && let Some(upload) = world.upload_mut(held.id)
        {
            (upload.recorded, upload.forgotten) = (true, false);
        }
    }

    /// The name that its object bears: of the run that began the upload.
    pub(crate) fn name(&self) -> Ulid {
        match self.held.filter(|_| self.opened) {
            Some(held) => held.begun_by,
            None => self.id,
        }
    }

    /// Ends what it knows of, while its lease lasts: past it there may be somebody who goes on
    /// with that, and if there is not, the next run ends it.
    pub(crate) fn abort_upload(&mut self, world: &mut World) {
        if self.has_nothing_left(world) {
            self.give_up_upload(world);
        } else if let Some(held) = self.held.take() {
            abort(world, held.id);
        }
    }

    /// The pool does not answer: what is left is the lifecycle's.
    pub(crate) fn give_up_upload(&self, world: &mut World) {
        if let Some(held) = self.held {
            give_up(world, held.id);
        }
    }

    /// A fenced run ends its upload, unless the entry that fences it carries that on. One that
    /// heard of no other entry leaves it.
    pub(crate) fn abort_unclaimed(&self, fencing: &Entry, world: &mut World) {
        let Some(held) = self.held else { return };
        let carried = carried_by(fencing).is_some_and(|other| other.id == held.id);
        if !carried || world.mutated(Mutation::FencedRunAbortsTheCarried) {
            discard(world, held.id);
        }
    }

    /// Whether nothing is left of its lease, less what clocks may differ.
    pub(crate) fn has_nothing_left(&self, world: &World) -> bool {
        self.left(world).is_zero()
    }
}

fn begin(world: &mut World, begun_by: Ulid) -> Carried {
    let id = world.mint();
    world.uploads.push(Upload {
        id,
        parts: 0,
        recorded: false,
        forgotten: false,
    });
    let parts = 0;
    Carried {
        id,
        begun_by,
        parts,
    }
}
