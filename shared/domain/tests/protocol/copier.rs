//! A copier, between two of its requests to the outside.

use cloud_mirror_domain::claim::{self, Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::{Entry, State, Work};
use ulid::Ulid;

use crate::purge::Purge;
use crate::world::{LIFESPAN, Sent, World, replica, terms};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Copier {
    Idle,
    /// Received a message that the table knows nothing of.
    Unknown,
    /// Has claimed by itself, or found that somebody had.
    Claimed,
    /// Begun without knowing what is in the pool.
    Unseen(Run),
    /// Extends before its final write, and before every further try of it.
    Ready(Run, Last),
    /// Extended: the final write may go out while the lease lasts.
    Extended(Run, Last),
    /// The final write was refused.
    Refused(Run),
    /// The object is there.
    Written {
        run: Ulid,
        object: Ulid,
    },
    /// Works on a purge that had to wait.
    Purging(Purge),
}

/// A run that has begun, and its entry as it last knew it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    id: Ulid,
    own: Entry,
}

/// The final write: its condition, and whether it is the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Last {
    seen: Option<Ulid>,
    again: bool,
}

impl Copier {
    pub(crate) fn receive(world: &mut World, message: &Sent) -> Self {
        match *message {
            Sent::Put { attempt, seen } => match begin(world) {
                // What another claim saw was at another time: better to look again.
                (Answer::Done(own), id) if work_of(&own).attempt == attempt => {
                    Self::Ready(Run { id, own }, Last { seen, again: false })
                }
                (Answer::Done(own), id) => Self::Unseen(Run { id, own }),
                // Nobody knows of it: the table was lost, or the message is an old one.
                (Answer::Refused(None), _) => Self::Unknown,
                (Answer::Refused(Some(_)), _) => Self::Idle,
            },
            Sent::Purge { id, number, .. } => {
                let resumes = Some(id);
                Self::Purging(Purge::Asked { number, resumes })
            }
        }
    }

    pub(crate) fn step(&self, world: &mut World) -> Option<Self> {
        Some(match self {
            Self::Idle => return None,
            Self::Unknown => claim_by_itself(world),
            Self::Claimed => match begin(world) {
                (Answer::Done(own), id) => Self::Unseen(Run { id, own }),
                (Answer::Refused(_), _) => Self::Idle,
            },
            Self::Unseen(run) => run.look(world, false),
            Self::Ready(run, last) => run.extend(*last, world),
            // A run whose lease is over by its own clock writes nothing.
            Self::Extended(run, _) | Self::Refused(run) if run.is_over(world) => Self::Idle,
            Self::Extended(run, last) => run.write(*last, world),
            Self::Refused(run) => run.look(world, true),
            Self::Written { run, object } => settle(*run, *object, world),
            Self::Purging(purge) => match purge.step(world)? {
                Purge::Done => Self::Idle,
                purge => Self::Purging(purge),
            },
        })
    }
}

impl Run {
    fn is_over(&self, world: &World) -> bool {
        world.now >= work_of(&self.own).lease
    }

    /// Its own object, or where nothing is distrusted another's, is kept; else it is replaced.
    fn look(&self, world: &World, again: bool) -> Copier {
        match world.object {
            Some(object) if object == self.id || !self.own.distrust => Copier::Written {
                run: self.id,
                object,
            },
            seen => Copier::Ready(self.clone(), Last { seen, again }),
        }
    }

    fn extend(&self, last: Last, world: &mut World) -> Copier {
        let own = self.own.clone();
        let extension = Extension {
            own,
            underway: None,
            upload: None,
        };
        let (found, now) = (world.table.as_ref(), world.now);
        match world.write(claim::extend(found, self.id, &extension, now, &terms())) {
            Answer::Done(own) => Copier::Extended(Self { id: self.id, own }, last),
            Answer::Refused(_) => Copier::Idle,
        }
    }

    fn write(&self, last: Last, world: &mut World) -> Copier {
        if world.put_object(self.id, last.seen) {
            Copier::Written {
                run: self.id,
                object: self.id,
            }
        } else if last.again {
            Copier::Idle
        } else {
            Copier::Refused(self.clone())
        }
    }
}

fn claim_by_itself(world: &mut World) -> Copier {
    let attempt = world.mint();
    let found = world.table.as_ref();
    world.write(claim::claim(found, attempt, world.now, &terms()));
    Copier::Claimed
}

fn begin(world: &mut World) -> (Answer, Ulid) {
    let run = world.mint();
    let found = world.table.as_ref();
    let answer = world.write(claim::begin(found, run, world.now, &terms()));
    world.runs += u8::from(answer.is_done());
    (answer, run)
}

fn settle(run: Ulid, object: Ulid, world: &mut World) -> Copier {
    let (replica, expires) = (replica(object), world.now + LIFESPAN);
    let outcome = Outcome::Present { replica, expires };
    let (found, holder) = (world.table.as_ref(), Holder::Run(run));
    world.write(claim::settle(found, holder, &outcome, world.now, &terms()));
    Copier::Idle
}

fn work_of(entry: &Entry) -> Work {
    match &entry.state {
        State::Pending(pending) => pending.work,
        State::Present(present) => present.renewal.expect("a run works on it"),
        _ => panic!("a run's entry is pending"),
    }
}
