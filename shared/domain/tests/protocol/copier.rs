//! A copier, between two of its requests to the outside.

use cloud_mirror_domain::claim::{self, Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::{Entry, State, UnfinishedUpload, Work};
use ulid::Ulid;

use crate::purge::Purge;
use crate::upload::{self, Handover};
use crate::world::{LIFESPAN, Sent, Verb, World, replica, terms};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Copier {
    Idle,
    /// Received a message that the table knows nothing of.
    Unknown(Option<Sent>),
    /// Has claimed by itself, or found that somebody had.
    Claimed(Option<Sent>),
    /// Begun without knowing what is in the pool.
    Unseen(Run),
    /// Makes the parts, where there are any; extends before its final write, and before every
    /// further try of it.
    Ready(Run, Last),
    /// Extended: the final write may go out while the lease lasts.
    Extended(Run, Last),
    /// The final write was refused.
    Refused(Run),
    /// The object is there.
    Written {
        run: Ulid,
        object: Ulid,
        /// An upload that has become needless, and still is to be ended.
        left_over: Option<Ulid>,
    },
    /// Has given its run up, and is to send its work on.
    Released(Handover),
    /// Works on a purge that had to wait.
    Purging(Purge),
}

/// A run that has begun, and its entry as it last knew it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    pub(crate) id: Ulid,
    pub(crate) own: Entry,
    /// The upload that it works on.
    pub(crate) upload: Option<Ulid>,
    /// What it received, where it may have to give that back.
    pub(crate) message: Option<Sent>,
}

/// The final write: its condition, and whether it is the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Last {
    pub(crate) seen: Option<Ulid>,
    again: bool,
}

impl Copier {
    pub(crate) fn receive(world: &mut World, message: &Sent) -> Self {
        let kept = world.copies_are.in_parts.then(|| message.clone());
        match *message {
            Sent::Put { attempt, seen } => match begin(world, kept.clone()) {
                // What another claim saw was at another time, and what a run has left may be the
                // whole object by now: better to look again.
                Begun::Run(run) if run.is_first_of(attempt) => {
                    Self::Ready(run, Last { seen, again: false })
                }
                Begun::Run(run) => Self::Unseen(run),
                // Nobody knows of it: the table was lost, or the message is an old one.
                Begun::Nothing => Self::Unknown(kept),
                Begun::Refused => Self::Idle,
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
            Self::Unknown(message) => claim_by_itself(world, message.clone()),
            Self::Claimed(message) => match begin(world, message.clone()) {
                Begun::Run(run) => Self::Unseen(run),
                Begun::Nothing | Begun::Refused => Self::Idle,
            },
            Self::Unseen(run) => run.look(world, false),
            Self::Ready(run, last) => run.go_on(*last, world),
            // A run whose lease is over by its own clock writes nothing.
            Self::Extended(run, _) | Self::Refused(run) if run.is_over(world) => Self::Idle,
            Self::Extended(run, last) => run.write(*last, world),
            Self::Refused(run) => run.look(world, true),
            Self::Written {
                run,
                object,
                left_over: Some(upload),
            } => {
                upload::discard(world, *upload);
                written(*run, *object, None)
            }
            Self::Written { run, object, .. } => settle(*run, *object, world),
            Self::Released(handover) => handover.send(world),
            Self::Purging(purge) => match purge.step(world)? {
                Purge::Done => Self::Idle,
                purge => Self::Purging(purge),
            },
        })
    }

    /// A run that could stop early now: not while a final write is under way, which would then
    /// be hidden from a purge, nor with an upload that nobody knows of.
    pub(crate) fn stops(&self, world: &mut World) -> Option<Self> {
        match self {
            Self::Ready(run, last) if !run.holds_unrecorded() => Some(run.stop(*last, world)),
            _ => None,
        }
    }

    /// The upload that this copier will go on with, or end.
    pub(crate) fn upload(&self) -> Option<Ulid> {
        match self {
            Self::Ready(run, _) | Self::Extended(run, _) | Self::Refused(run) => run.upload,
            Self::Written { left_over, .. } => *left_over,
            Self::Purging(purge) => purge.upload(),
            _ => None,
        }
    }

    pub(crate) fn goes_on_with_anothers(&self) -> bool {
        matches!(self, Self::Extended(run, _) if run.name() != run.id)
    }
}

impl Run {
    fn is_over(&self, world: &World) -> bool {
        world.now >= work_of(&self.own).lease
    }

    /// Whether nobody has begun before, so that what the claim saw may still be so.
    fn is_first_of(&self, attempt: Ulid) -> bool {
        work_of(&self.own).attempt == attempt && self.own.upload.is_none()
    }

    /// Its own object, or where nothing is distrusted another's, is kept; else it is replaced.
    fn look(&self, world: &World, again: bool) -> Copier {
        match world.object {
            Some(object) if object == self.name() || self.is_as_good(object) => {
                written(self.id, object, self.left_over(world))
            }
            seen => {
                let upload = self.upload.filter(|id| world.uploads.contains_key(id));
                Copier::Ready(self.with_upload(upload), Last { seen, again })
            }
        }
    }

    /// Another's object is as good as its own, but for the one that a renewal is to replace.
    fn is_as_good(&self, object: Ulid) -> bool {
        let replaced = match &self.own.state {
            State::Present(present) => present.replica.written_by,
            _ => None,
        };
        !self.own.distrust && replaced != Some(object)
    }

    fn go_on(&self, last: Last, world: &mut World) -> Copier {
        if !world.copies_are.in_parts {
            return self.extend(last, world);
        }
        match self.upload {
            // What this run would end may be another's by now.
            None if self.is_over(world) => Copier::Idle,
            None => self.take_up(last, world),
            Some(_) if self.holds_unrecorded() => self.record(last, world),
            Some(_) => self.extend(last, world),
        }
    }

    fn extend(&self, last: Last, world: &mut World) -> Copier {
        match self.ask_to_extend(self.uploaded(), world) {
            Answer::Done(own) => Copier::Extended(
                Self {
                    own,
                    ..self.clone()
                },
                last,
            ),
            Answer::Refused(fencing) => self.fenced(fencing.as_ref(), world),
        }
    }

    pub(crate) fn ask_to_extend(
        &self,
        upload: Option<UnfinishedUpload>,
        world: &mut World,
    ) -> Answer {
        let extension = Extension {
            own: self.own.clone(),
            underway: None,
            upload,
        };
        let (found, now) = (world.table.as_ref(), world.now);
        world.write(claim::extend(found, self.id, &extension, now, &terms()))
    }

    fn write(&self, last: Last, world: &mut World) -> Copier {
        let is_written = if world.copies_are.in_parts {
            self.complete(last.seen, world)
        } else {
            world.put_object(self.id, last.seen)
        };
        match (is_written, last.again) {
            (true, _) => written(self.id, self.name(), None),
            (false, true) => Copier::Idle,
            (false, false) => Copier::Refused(self.clone()),
        }
    }
}

enum Begun {
    Run(Run),
    Nothing,
    Refused,
}

fn claim_by_itself(world: &mut World, message: Option<Sent>) -> Copier {
    let attempt = world.mint();
    let claimed = claim::claim(world.table.as_ref(), attempt, world.now, &terms());
    world.write_by(Verb::Claim, claimed);
    Copier::Claimed(message)
}

fn begin(world: &mut World, message: Option<Sent>) -> Begun {
    let id = world.mint();
    let begun = claim::begin(world.table.as_ref(), id, world.now, &terms());
    match world.write_by(Verb::Begin, begun) {
        Answer::Done(own) => {
            world.runs += 1;
            Begun::Run(Run {
                id,
                own,
                upload: None,
                message,
            })
        }
        Answer::Refused(None) => Begun::Nothing,
        Answer::Refused(Some(_)) => Begun::Refused,
    }
}

fn written(run: Ulid, object: Ulid, left_over: Option<Ulid>) -> Copier {
    Copier::Written {
        run,
        object,
        left_over,
    }
}

fn settle(run: Ulid, object: Ulid, world: &mut World) -> Copier {
    let (replica, expires) = (replica(object), world.now + LIFESPAN);
    let outcome = Outcome::Present { replica, expires };
    let (found, holder) = (world.table.as_ref(), Holder::Run(run));
    world.write(claim::settle(found, holder, &outcome, world.now, &terms()));
    Copier::Idle
}

pub(crate) fn work_of(entry: &Entry) -> Work {
    match &entry.state {
        State::Pending(pending) => pending.work,
        State::Present(present) => present.renewal.expect("a run works on it"),
        _ => panic!("a run's entry is pending"),
    }
}
