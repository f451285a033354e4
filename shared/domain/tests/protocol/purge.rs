//! A purge, by the purge function or by a copier that goes on with it.

use cloud_mirror_domain::claim::Answer;
use cloud_mirror_domain::entry::{Entry, Purging, State};
use ulid::Ulid;

use crate::mutation::Mutation;
use crate::upload;
use crate::world::{LEASE, What, World};

/// A purge, between two of its requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purge {
    Asking {
        id: Ulid,
        number: u8,
        resumes: Option<Ulid>,
    },
    /// Ends the upload that its entry carries.
    Aborting {
        upload: Ulid,
        of: Own,
    },
    /// Deletes until nothing is seen.
    Looking(Own),
    Seen {
        object: Ulid,
        of: Own,
    },
    /// Sends itself a message for later.
    Sending(Own),
    Forgetting(Own),
    /// Every promise is kept.
    Done,
    /// Nothing was promised.
    Failed,
}

/// What a purge knows of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Own {
    pub(crate) purging: Purging,
    pub(crate) number: u8,
    /// A run may still write, so it deletes now and once more later.
    pub(crate) later: bool,
}

impl Purge {
    /// Somebody asks for a purge.
    pub(crate) fn asked(world: &mut World) -> Self {
        world.purges_begun += 1;
        Self::begin(world.purges_begun, None, world)
    }

    /// Its message has come.
    pub(crate) fn resumed(number: u8, resumes: Ulid, world: &mut World) -> Self {
        Self::begin(number, Some(resumes), world)
    }

    fn begin(number: u8, resumes: Option<Ulid>, world: &mut World) -> Self {
        let id = world.mint();
        Self::Asking {
            id,
            number,
            resumes,
        }
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }

    /// The upload that it will end.
    pub(crate) fn upload(&self) -> Option<Ulid> {
        match self {
            Self::Aborting { upload, .. } => Some(*upload),
            _ => None,
        }
    }

    pub(crate) fn step(&self, world: &mut World) -> Self {
        match *self {
            Self::Asking {
                id,
                number,
                resumes,
            } => match world.begin_purge(id, resumes) {
                Answer::Done(entry) => begun(&entry, number, world),
                Answer::Refused(other) => behind(id, number, other.as_ref(), world),
            },
            Self::Aborting { upload, of } => {
                upload::abort(world, upload);
                Self::Looking(of)
            }
            Self::Looking(of) => of.look(world),
            Self::Seen { object, of } => of.delete(object, world),
            Self::Sending(of) => of.send(world),
            Self::Forgetting(of) => of.forget(world),
            Self::Done | Self::Failed => self.clone(),
        }
    }

    /// The call that it would make now has no effect, and an error for an answer.
    pub(crate) fn fails(&self, world: &mut World) -> Self {
        match *self {
            // What is left of it, the bucket's lifecycle ends.
            Self::Aborting { of, upload } => {
                upload::give_up(world, upload);
                Self::Looking(of)
            }
            Self::Looking(of) | Self::Seen { of, .. } if of.later => Self::Sending(of),
            _ => Self::Failed,
        }
    }

    /// The call that it would make now has its effect and no answer, so it will be made again.
    pub(crate) fn unheard(&self, world: &mut World) -> Self {
        self.step(world);
        self.clone()
    }
}

fn begun(entry: &Entry, number: u8, world: &World) -> Purge {
    let State::Purging(purging) = entry.state else {
        panic!("a begun purge is purging")
    };
    let waits = purging.run_until.is_some_and(|until| until > world.now);
    let later = waits && !world.mutated(Mutation::PurgeDoesNotWait);
    let of = Own {
        purging,
        number,
        later,
    };
    match upload::carried_by(entry) {
        Some(carried) if !world.mutated(Mutation::PurgeLeavesTheUpload) => {
            let upload = carried.id;
            Purge::Aborting { upload, of }
        }
        _ => Purge::Looking(of),
    }
}

/// Another purge is at it: a message purges once more when its lease is over.
fn behind(id: Ulid, number: u8, other: Option<&Entry>, world: &World) -> Purge {
    let Some(State::Purging(other)) = other.map(|entry| &entry.state) else {
        return Purge::Failed;
    };
    if world.mutated(Mutation::DeleteWithoutOwning) {
        let lease = world.now + LEASE;
        let purging = Purging {
            id,
            lease,
            run_until: None,
        };
        let later = false;
        return Purge::Looking(Own {
            purging,
            number,
            later,
        });
    }
    let purging = Purging {
        run_until: Some(other.lease),
        ..*other
    };
    let later = true;
    Purge::Sending(Own {
        purging,
        number,
        later,
    })
}

impl Own {
    /// Looks, and deletes only while the purge is its own.
    fn look(self, world: &mut World) -> Purge {
        let over = world.now >= self.purging.lease && !world.mutated(Mutation::DeleteAfterTheLease);
        match world.object {
            _ if over && self.later => Purge::Sending(self),
            // Somebody may have copied since, which it may have deleted: purge that too.
            _ if over => Purge::begin(self.number, None, world),
            Some(object) => Purge::Seen {
                object: object.run,
                of: self,
            },
            None => self.verified(),
        }
    }

    fn verified(self) -> Purge {
        if self.later {
            Purge::Sending(self)
        } else {
            Purge::Forgetting(self)
        }
    }

    fn delete(self, seen: Ulid, world: &mut World) -> Purge {
        let found = world.object.map(|object| object.run);
        if found == Some(seen) || world.mutated(Mutation::DeleteWhateverIsThere) {
            world.object = None;
        }
        if world.mutated(Mutation::DeleteNotVerified) {
            return self.verified();
        }
        Purge::Looking(self)
    }

    fn send(self, world: &mut World) -> Purge {
        let until = self.purging.run_until.unwrap_or(self.purging.lease);
        let what = What::Purge {
            id: self.purging.id,
            number: self.number,
        };
        if !world.mutated(Mutation::PurgeMessageNotSent) {
            world.send_later(what, until.since(world.now));
        }
        world.purge_accepted = world.purge_accepted.max(self.number);
        Purge::Done
    }

    fn forget(self, world: &mut World) -> Purge {
        match world.forget(self.purging.id) {
            Answer::Refused(_) if !world.mutated(Mutation::RefusedForgetIsDone) => {
                // The table was lost meanwhile, and somebody may have copied: purge that too.
                Purge::begin(self.number, None, world)
            }
            _ => {
                world.purge_done = world.purge_done.max(self.number);
                Purge::Done
            }
        }
    }
}
