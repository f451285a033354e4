//! A purge, by the purge function or by a copier that goes on with it.

use cloud_mirror_domain::claim::{self, Answer};
use cloud_mirror_domain::entry::{Entry, Purging, State};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::upload;
use crate::world::{Sent, Verb, World, terms};

/// A purge, between two of its requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purge {
    Asked {
        number: u8,
        resumes: Option<Ulid>,
    },
    /// Ends the upload that its entry carries.
    Aborting {
        upload: Ulid,
        number: u8,
        purging: Purging,
    },
    Begun {
        id: Ulid,
        number: u8,
        lease: Timestamp,
    },
    Looked {
        id: Ulid,
        number: u8,
        lease: Timestamp,
        object: Ulid,
    },
    Deleted {
        id: Ulid,
        number: u8,
    },
    Verified {
        id: Ulid,
        number: u8,
    },
    Done,
}

impl Purge {
    pub(crate) fn asked(world: &mut World) -> Self {
        world.purges_begun += 1;
        Self::Asked {
            number: world.purges_begun,
            resumes: None,
        }
    }

    /// The upload that it will end.
    pub(crate) fn upload(&self) -> Option<Ulid> {
        match self {
            Self::Aborting { upload, .. } => Some(*upload),
            _ => None,
        }
    }

    pub(crate) fn step(&self, world: &mut World) -> Option<Self> {
        let now = world.now;
        Some(match *self {
            Self::Aborting {
                upload,
                number,
                purging,
            } => {
                upload::abort(world, upload);
                now_or_later(world, number, &purging)
            }
            Self::Asked { number, resumes } => {
                let id = world.mint();
                let found = world.table.as_ref();
                let asked = claim::begin_purge(found, id, resumes, now, &terms());
                match world.write_by(Verb::BeginPurge, asked) {
                    Answer::Done(entry) => begun(world, number, &entry),
                    Answer::Refused(_) => Self::Done,
                }
            }
            Self::Begun { lease, .. } | Self::Looked { lease, .. } if now >= lease => Self::Done,
            Self::Begun { id, number, lease } => match world.object {
                Some(object) => Self::Looked {
                    id,
                    number,
                    lease,
                    object,
                },
                None => Self::Verified { id, number },
            },
            Self::Looked {
                id,
                number,
                lease,
                object,
            } => {
                if world.object == Some(object) {
                    world.object = None;
                    Self::Deleted { id, number }
                } else {
                    Self::Begun { id, number, lease }
                }
            }
            Self::Deleted { id, number } => match world.object {
                None => Self::Verified { id, number },
                Some(_) => Self::Asked {
                    number,
                    resumes: Some(id),
                },
            },
            Self::Verified { id, number } => {
                match world.write(claim::forget(world.table.as_ref(), id, now, &terms())) {
                    Answer::Done(_) => {
                        world.purge_done = world.purge_done.max(number);
                        Self::Done
                    }
                    // The table was lost meanwhile, and somebody may have copied: purge that too.
                    Answer::Refused(_) => Self::Asked {
                        number,
                        resumes: None,
                    },
                }
            }
            Self::Done => return None,
        })
    }
}

fn begun(world: &mut World, number: u8, entry: &Entry) -> Purge {
    let State::Purging(purging) = entry.state else {
        panic!("a begun purge is purging")
    };
    match upload::carried_by(entry) {
        Some(upload) => Purge::Aborting {
            upload,
            number,
            purging,
        },
        None => now_or_later(world, number, &purging),
    }
}

/// A purge over a live run comes back through the queue when that run can no longer write.
fn now_or_later(world: &mut World, number: u8, purging: &Purging) -> Purge {
    let (id, lease) = (purging.id, purging.lease);
    match purging.run_until {
        Some(not_before) if not_before > world.now => {
            world.send(Sent::Purge {
                id,
                number,
                not_before,
            });
            Purge::Done
        }
        _ => Purge::Begun { id, number, lease },
    }
}
