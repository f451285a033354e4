//! Uploads in parts: what the pool holds, and what a copier does with it.

use cloud_mirror_domain::claim::{self, Answer, Holder};
use cloud_mirror_domain::entry::{Entry, Progress, UnfinishedUpload};
use ulid::Ulid;

use crate::copier::{Copier, Last, Run, work_of};
use crate::world::{Sent, Verb, World, terms};

/// An unfinished upload, as the pool holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Upload {
    /// The object will bear this run's name.
    pub(crate) begun_by: Ulid,
    /// An entry has carried it, so nobody may lose sight of it.
    pub(crate) recorded: bool,
    /// No entry may know of it, because the table was lost.
    pub(crate) forgotten: bool,
}

/// A run that has stopped early. What is left to do is to send its work on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Handover {
    /// The message that the run received, which stays if nothing can be sent.
    received: Sent,
    continuation: Sent,
}

impl Handover {
    pub(crate) fn send(&self, world: &mut World) -> Copier {
        world.send(self.continuation.clone());
        Copier::Idle
    }

    pub(crate) fn fail(&self, world: &mut World) -> Copier {
        world.send(self.received.clone());
        Copier::Idle
    }
}

impl Run {
    /// Begun and not recorded, an upload is known to nobody else.
    pub(crate) fn holds_unrecorded(&self) -> bool {
        self.upload.is_some() && self.upload != carried_by(&self.own)
    }

    /// Goes on with the upload that its entry carries, or begins one. Whatever else there is of
    /// this replica is nobody's, for this run holds the lease.
    pub(crate) fn take_up(&self, last: Last, world: &mut World) -> Copier {
        let carried = carried_by(&self.own).filter(|id| world.uploads.contains_key(id));
        let others = |id: &Ulid| Some(*id) != carried;
        let ended = world.uploads.iter().filter(|(id, _)| others(id));
        world.wasted |= ended.into_iter().any(|(_, upload)| upload.recorded);
        world.uploads.retain(|id, _| !others(id));
        let upload = carried.unwrap_or_else(|| begin(world, self.id));
        Copier::Ready(self.with_upload(Some(upload)), last)
    }

    /// Records the upload before its first part.
    pub(crate) fn record(&self, last: Last, world: &mut World) -> Copier {
        let Some(id) = self.upload else {
            return Copier::Idle;
        };
        let upload = unfinished(id, self.id, 0);
        match self.ask_to_extend(Some(upload), world) {
            Answer::Done(own) => {
                if let Some(upload) = world.uploads.get_mut(&id) {
                    (upload.recorded, upload.forgotten) = (true, false);
                }
                Copier::Ready(
                    Self {
                        own,
                        ..self.clone()
                    },
                    last,
                )
            }
            Answer::Refused(fencing) => self.fenced(fencing.as_ref(), world),
        }
    }

    /// All its parts are there: what the extension before the final write says of the upload.
    pub(crate) fn uploaded(&self) -> Option<UnfinishedUpload> {
        let carried = self.own.upload.as_ref()?;
        Some(unfinished(self.upload?, carried.begun_by, 1))
    }

    /// The name that its object bears: of the run that began the upload.
    pub(crate) fn name(&self) -> Ulid {
        let carried = self.own.upload.as_ref().filter(|_| self.upload.is_some());
        carried.map_or(self.id, |upload| upload.begun_by)
    }

    /// Makes an object of the parts, if the upload exists and the object is as it was seen.
    pub(crate) fn complete(&self, seen: Option<Ulid>, world: &mut World) -> bool {
        let Some(upload) = self.upload.filter(|id| world.uploads.contains_key(id)) else {
            return false;
        };
        let written = world.put_object(self.name(), seen);
        if written {
            world.uploads.remove(&upload);
        }
        written
    }

    /// A fenced run ends its upload, unless the entry that fences it carries that on.
    pub(crate) fn fenced(&self, fencing: Option<&Entry>, world: &mut World) -> Copier {
        if let Some(upload) = self.upload
            && fencing.and_then(carried_by) != Some(upload)
        {
            discard(world, upload);
        }
        Copier::Idle
    }

    /// Before its deadline a run hands its work on: first it leaves the entry to its successor.
    pub(crate) fn stop(&self, last: Last, world: &mut World) -> Copier {
        let (found, holder) = (world.table.as_ref(), Holder::Run(self.id));
        let released = claim::release(found, holder, world.now, &terms());
        match (world.write_by(Verb::Release, released), &self.message) {
            (Answer::Done(_), Some(received)) => Copier::Released(Handover {
                received: received.clone(),
                continuation: Sent::Put {
                    attempt: work_of(&self.own).attempt,
                    seen: last.seen,
                },
            }),
            (Answer::Done(_), None) => Copier::Idle,
            (Answer::Refused(fencing), _) => self.fenced(fencing.as_ref(), world),
        }
    }

    /// What is still in the pool of the upload that it holds.
    pub(crate) fn left_over(&self, world: &World) -> Option<Ulid> {
        let carried = self.upload.or(carried_by(&self.own));
        carried.filter(|id| world.uploads.contains_key(id))
    }

    pub(crate) fn with_upload(&self, upload: Option<Ulid>) -> Self {
        Self {
            upload,
            ..self.clone()
        }
    }
}

pub(crate) fn carried_by(entry: &Entry) -> Option<Ulid> {
    let upload = entry.upload.as_ref()?;
    Ulid::from_string(&upload.id).ok()
}

pub(crate) fn abort(world: &mut World, upload: Ulid) {
    world.uploads.remove(&upload);
}

/// Ends an upload that somebody could have gone on with.
pub(crate) fn discard(world: &mut World, upload: Ulid) {
    let ended = world.uploads.remove(&upload);
    world.wasted |= ended.is_some_and(|upload| upload.recorded);
}

fn begin(world: &mut World, run: Ulid) -> Ulid {
    let id = world.mint();
    let upload = Upload {
        begun_by: run,
        recorded: false,
        forgotten: false,
    };
    world.uploads.insert(id, upload);
    id
}

fn unfinished(id: Ulid, begun_by: Ulid, parts: u32) -> UnfinishedUpload {
    UnfinishedUpload {
        id: id.to_string(),
        begun_by,
        source_etag: None,
        size: None,
        part_size: 1,
        progress: Progress {
            parts,
            stream: None,
        },
        failed_completions: 0,
    }
}
