//! The actors' steps. Each takes one request to the outside and comes back with one answer.

use cloud_mirror_domain::claim::{self, Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::decide::{Decision, Observation, Patience, Sight, Wanted, decide};
use cloud_mirror_domain::entry::{Entry, State, Work};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::world::{Sent, World, policy, replica, seen, target, terms};

/// A requester is where its last observation left it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Requester {
    At(Box<Seen>),
    Done,
}

/// What the model keeps of an [`Observation`]: enough to ask `decide` again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Seen {
    Nothing,
    Entry(Option<Entry>),
    Looked(Entry, Option<Ulid>),
    Claimed(Entry),
    ClaimedAndLooked(Entry, Option<Ulid>),
}

impl Seen {
    fn observation(&self) -> Observation {
        match self {
            Self::Nothing => Observation::Nothing,
            Self::Entry(entry) => Observation::Entry(entry.clone()),
            Self::Claimed(entry) => Observation::Claimed(entry.clone(), None),
            Self::Looked(entry, object) => Observation::Looked(entry.clone(), sight(*object)),
            Self::ClaimedAndLooked(entry, object) => {
                Observation::Claimed(entry.clone(), Some(sight(*object)))
            }
        }
    }
}

fn sight(object: Option<Ulid>) -> Sight {
    object.map_or(Sight::Gone, |run| Sight::There(replica(run)))
}

impl Requester {
    pub(crate) fn new() -> Self {
        Self::At(Box::new(Seen::Nothing))
    }

    /// One step as `decide` says; `None` where nothing would change.
    pub(crate) fn step(&self, world: &mut World) -> Option<Self> {
        let Self::At(seen_so_far) = self else {
            return None;
        };
        let now = world.now;
        let forever = now + std::time::Duration::from_secs(60);
        let wanted = Wanted {
            target: Ok(target()),
            patience: Patience {
                invocation_ends: forever,
                budget_ends: forever,
                hops_left: 0,
            },
            no_cache: false,
        };
        let next = match decide(&wanted, &seen_so_far.observation(), now, policy()) {
            Decision::Get => Seen::Entry(world.table.clone()),
            Decision::Wait(entry, until) => {
                if world.table.as_ref() == Some(&entry) && now < until {
                    return None;
                }
                Seen::Entry(world.table.clone())
            }
            Decision::Claim => {
                let attempt = world.mint();
                match world.write(claim::claim(world.table.as_ref(), attempt, now, &terms())) {
                    Answer::Done(entry) => Seen::Claimed(entry),
                    Answer::Refused(entry) => Seen::Entry(entry),
                }
            }
            Decision::Look(entry) => Seen::Looked(entry, world.object),
            Decision::Forget(entry) => {
                forget(world, &entry);
                Seen::Nothing
            }
            Decision::LookUnderClaim(entry) => Seen::ClaimedAndLooked(entry, world.object),
            Decision::SettlePresent(entry, replica) => {
                let outcome = Outcome::Present {
                    replica,
                    expires: now + crate::world::LIFESPAN,
                };
                let holder = Holder::Attempt(attempt_of(&entry));
                let found = world.table.as_ref();
                match world.write(claim::settle(found, holder, &outcome, now, &terms())) {
                    Answer::Done(entry) => Seen::Entry(Some(entry)),
                    Answer::Refused(entry) => Seen::Entry(entry),
                }
            }
            Decision::Enqueue(entry, hint) => {
                let attempt = attempt_of(&entry);
                world.send(Sent::Put {
                    attempt,
                    seen: seen(&hint),
                });
                Seen::Entry(Some(entry))
            }
            _ => return Some(Self::Done),
        };
        Some(Self::At(Box::new(next)))
    }
}

fn attempt_of(entry: &Entry) -> Ulid {
    match &entry.state {
        State::Pending(pending) => pending.work.attempt,
        _ => panic!("a claim is pending"),
    }
}

/// A copier, between two of its requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Copier {
    Idle,
    /// Received a message that the table knows nothing of.
    Unknown,
    /// Has claimed by itself, or found that somebody had.
    Claimed,
    /// Begun without knowing what is in the pool.
    Unseen {
        run: Ulid,
        own: Entry,
    },
    /// Begun; extends before its final write, and before every further try of it.
    Begun {
        run: Ulid,
        own: Entry,
        seen: Option<Ulid>,
        again: bool,
    },
    /// Extended: the final write may go out while the lease lasts.
    Extended {
        run: Ulid,
        own: Entry,
        seen: Option<Ulid>,
        again: bool,
    },
    /// The final write was refused.
    Refused {
        run: Ulid,
        own: Entry,
    },
    /// The object is there.
    Written {
        run: Ulid,
        object: Ulid,
    },
    /// Works on a purge that had to wait.
    Purging(Purge),
}

impl Copier {
    pub(crate) fn receive(world: &mut World, message: &Sent) -> Self {
        match *message {
            Sent::Put { attempt, seen } => {
                let run = world.mint();
                match begin(world, run) {
                    Answer::Done(own) => Self::begun(run, own, attempt, seen),
                    // Nobody knows of it: the table was lost, or the message is an old one.
                    Answer::Refused(None) => Self::Unknown,
                    Answer::Refused(Some(_)) => Self::Idle,
                }
            }
            Sent::Purge { id, number, .. } => Self::Purging(Purge::Asked {
                number,
                resumes: Some(id),
            }),
        }
    }

    /// What another claim saw was at another time: better to look again.
    fn begun(run: Ulid, own: Entry, attempt: Ulid, seen: Option<Ulid>) -> Self {
        if work_of(&own).attempt == attempt {
            let again = false;
            Self::Begun {
                run,
                own,
                seen,
                again,
            }
        } else {
            Self::Unseen { run, own }
        }
    }

    pub(crate) fn step(&self, world: &mut World) -> Option<Self> {
        Some(match self {
            Self::Idle => return None,
            Self::Unknown => {
                let attempt = world.mint();
                let found = world.table.as_ref();
                world.write(claim::claim(found, attempt, world.now, &terms()));
                Self::Claimed
            }
            Self::Claimed => {
                let run = world.mint();
                match begin(world, run) {
                    Answer::Done(own) => Self::Unseen { run, own },
                    Answer::Refused(_) => Self::Idle,
                }
            }
            Self::Unseen { run, own } => match world.object {
                Some(object) if !own.distrust => Self::Written { run: *run, object },
                seen => Self::Begun {
                    run: *run,
                    own: own.clone(),
                    seen,
                    again: false,
                },
            },
            Self::Begun {
                run,
                own,
                seen,
                again,
            } => {
                let extension = Extension {
                    own: own.clone(),
                    underway: None,
                    upload: None,
                };
                let found = world.table.as_ref();
                match world.write(claim::extend(found, *run, &extension, world.now, &terms())) {
                    Answer::Done(own) => Self::Extended {
                        run: *run,
                        own,
                        seen: *seen,
                        again: *again,
                    },
                    Answer::Refused(_) => Self::Idle,
                }
            }
            // A run whose lease is over by its own clock writes nothing.
            Self::Extended { own, .. } | Self::Refused { own, .. }
                if world.now >= work_of(own).lease =>
            {
                Self::Idle
            }
            Self::Extended {
                run,
                own,
                seen,
                again,
            } => {
                if world.put_object(*run, *seen) {
                    Self::Written {
                        run: *run,
                        object: *run,
                    }
                } else if *again {
                    Self::Idle
                } else {
                    Self::Refused {
                        run: *run,
                        own: own.clone(),
                    }
                }
            }
            // Look: another's good one is as good where nothing is distrusted.
            Self::Refused { run, own } => match world.object {
                Some(object) if object == *run || !own.distrust => {
                    Self::Written { run: *run, object }
                }
                seen => Self::Begun {
                    run: *run,
                    own: own.clone(),
                    seen,
                    again: true,
                },
            },
            Self::Written { run, object } => {
                let outcome = Outcome::Present {
                    replica: replica(*object),
                    expires: world.now + crate::world::LIFESPAN,
                };
                let found = world.table.as_ref();
                world.write(claim::settle(
                    found,
                    Holder::Run(*run),
                    &outcome,
                    world.now,
                    &terms(),
                ));
                Self::Idle
            }
            Self::Purging(purge) => match purge.step(world)? {
                Purge::Done => Self::Idle,
                purge => Self::Purging(purge),
            },
        })
    }
}

fn begin(world: &mut World, run: Ulid) -> Answer {
    let answer = world.write(claim::begin(world.table.as_ref(), run, world.now, &terms()));
    world.runs += u8::from(answer.is_done());
    answer
}

fn work_of(entry: &Entry) -> Work {
    match &entry.state {
        State::Pending(pending) => pending.work,
        State::Present(present) => present.renewal.expect("a run works on it"),
        _ => panic!("a run's entry is pending"),
    }
}

/// A purge, between two of its requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purge {
    Asked {
        number: u8,
        resumes: Option<Ulid>,
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

    pub(crate) fn step(&self, world: &mut World) -> Option<Self> {
        let now = world.now;
        Some(match *self {
            Self::Asked { number, resumes } => {
                let id = world.mint();
                let found = world.table.as_ref();
                match world.write(claim::begin_purge(found, id, resumes, now, &terms())) {
                    Answer::Done(entry) => begun(world, id, number, &entry),
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

/// A purge over a live run comes back through the queue when that run can no longer write.
fn begun(world: &mut World, id: Ulid, number: u8, entry: &Entry) -> Purge {
    let State::Purging(purging) = &entry.state else {
        panic!("a begun purge is purging")
    };
    match purging.run_until {
        Some(not_before) if not_before > world.now => {
            world.send(Sent::Purge {
                id,
                number,
                not_before,
            });
            Purge::Done
        }
        _ => Purge::Begun {
            id,
            number,
            lease: purging.lease,
        },
    }
}

fn forget(world: &mut World, entry: &Entry) {
    if let State::Present(present) = &entry.state {
        let found = world.table.as_ref();
        world.write(claim::forget(
            found,
            present.settled_by,
            world.now,
            &terms(),
        ));
    }
}
