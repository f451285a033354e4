//! A run: from its beginning to its end, as the copier function carries it out.

use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::copier::{after, responsible};
use crate::mutation::{Mutation, still_held};
use crate::stage::{Next, Stage, Write, of_stage};
use crate::terms::{entry_expires, is_good, lifetimes, replica};
use crate::upload::{Carried, PARTS, carried_by};
use crate::world::{Object, Sent, What, World};

/// A run that has begun, and its entry as it last knew it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    pub(crate) id: Ulid,
    pub(crate) own: Entry,
    /// The upload that it goes on with, works on, or is to end.
    pub(crate) held: Option<Carried>,
    /// The upload is there, and it alone.
    pub(crate) opened: bool,
    /// The parts that any run before this one had.
    pub(crate) before: u8,
}

/// The final write: its condition, and how often it may still be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Last {
    pub(crate) seen: Option<Ulid>,
    tries: u8,
}

/// The final write is tried so often on new knowledge of what is in the pool.
const MAX_WRITES: u8 = 3;

impl Run {
    /// An upload that only the message knows of is gone on with too, unless a purge came between.
    pub(crate) fn begun(id: Ulid, own: Entry, message: &Sent) -> Self {
        let known = match message.what {
            What::Put { upload, .. } if !own.distrust => upload,
            _ => None,
        };
        Self {
            id,
            held: carried_by(&own).or(known),
            opened: false,
            before: u8::try_from(own.most_parts).unwrap_or(u8::MAX),
            own,
        }
    }

    /// What the claim saw, where that is still worth something. What another claim saw was at
    /// another time; and what a run before has left may be the whole object by now.
    pub(crate) fn hint(&self, message: &Sent) -> Option<Option<Ulid>> {
        let own =
            responsible(&self.own).is_some_and(|work| Some(work.attempt) == message.attempt());
        let first = !message.redelivered && self.own.upload.is_none();
        match message.what {
            What::Put { seen, .. } if own && first => seen,
            _ => None,
        }
    }

    pub(crate) fn ready(self, seen: Option<Ulid>) -> Next {
        let tries = MAX_WRITES;
        of_stage(Stage::Ready(self, Last { seen, tries }))
    }

    pub(crate) fn lease(&self) -> Timestamp {
        responsible(&self.own).map_or(Timestamp::default(), |work| work.lease)
    }

    /// What is left of its lease by its own clock, less what clocks may differ.
    pub(crate) fn left(&self, world: &World) -> Duration {
        (self.lease() - lifetimes().skew()).since(world.now)
    }

    pub(crate) fn look(self, world: &World) -> Next {
        match world.object {
            Some(object) if self.accepts(object, world) => self.found(object),
            found => self.ready(found.map(|object| object.run)),
        }
    }

    /// Settling forgets an upload, so whatever the run knows of is ended first.
    fn found(self, object: Object) -> Next {
        of_stage(match self.held {
            Some(_) => Stage::Found(self, object),
            None => Stage::Settling(self.id, object),
        })
    }

    /// Another's object is as good as its own, but for the one that a renewal is to replace.
    fn accepts(&self, object: Object, world: &World) -> bool {
        let renewed = match &self.own.state {
            State::Present(present) => {
                let old = &present.replica;
                (old.written_by, old.stored) == (Some(object.run), object.stored)
            }
            _ => false,
        };
        let distrusts = self.own.distrust && !world.mutated(Mutation::AnothersObjectTrusted);
        let renews = renewed && !world.mutated(Mutation::RenewalKeepsTheOld);
        is_good(object, world.now) && !distrusts && !renews
    }

    /// Whether its next step is a write to the table.
    pub(crate) fn asks_the_table(&self, world: &World) -> bool {
        let Some(held) = self.held.filter(|_| self.opened) else {
            return !world.copies_are.in_parts && self.must_extend(world);
        };
        self.has_unrecorded() || (held.parts >= PARTS && self.must_extend(world))
    }

    fn must_extend(&self, world: &World) -> bool {
        let enough = self.left(world) >= lifetimes().write_limit();
        !enough && !world.mutated(Mutation::WriteWithoutExtending)
    }

    pub(crate) fn has_unrecorded(&self) -> bool {
        let recorded = carried_by(&self.own).map(|carried| carried.id);
        self.opened && self.held.map(|held| held.id) != recorded
    }

    pub(crate) fn go_on(self, last: Last, world: &mut World) -> Next {
        if world.copies_are.in_parts && !self.opened {
            return self.open(last, world);
        }
        if self.asks_the_table(world) {
            return match self.extend(world) {
                Ok(run) => of_stage(Stage::Ready(run, last)),
                Err(next) => next,
            };
        }
        match self.held {
            Some(held) if held.parts < PARTS => self.write_part(last, world),
            _ => of_stage(Stage::Writing(self, last)),
        }
    }

    /// A heartbeat, with what it knows of its upload. Refused, the work is another's.
    pub(crate) fn extend(mut self, world: &mut World) -> Result<Self, Next> {
        match self.ask_to_extend(world) {
            Answer::Done(own) => {
                self.own = own;
                self.is_recorded(world);
                Ok(self)
            }
            Answer::Refused(_) if world.mutated(Mutation::FencedRunGoesOn) => {
                Ok(still_held(self, world.now))
            }
            Answer::Refused(fencing) => Err(lost(&self, fencing.as_ref(), world)),
        }
    }

    pub(crate) fn ask_to_extend(&self, world: &mut World) -> Answer {
        let extension = Extension {
            own: self.own.clone(),
            underway: None,
            upload: self.held.map(Carried::recorded),
        };
        world.extend(self.id, &extension)
    }

    /// A run whose lease is over by its own clock writes nothing.
    pub(crate) fn write(self, last: Last, world: &mut World) -> Next {
        if self.has_nothing_left(world) && !world.mutated(Mutation::WriteAfterTheLease) {
            return lost(&self, None, world);
        }
        let made = match self.held {
            Some(held) => world.complete(held.id, self.name(), last.seen),
            None => world.put_object(self.name(), last.seen),
        };
        let write = match made {
            true => Write::Made,
            false if world.mutated(Mutation::RefusedWriteIsFailure) => {
                return self.fails_by_the_pool();
            }
            false if world.mutated(Mutation::RefusedWriteIsSuccess) => {
                let (run, stored) = (self.name(), world.now);
                return of_stage(Stage::Settling(self.id, Object { run, stored }));
            }
            false => Write::Refused,
        };
        of_stage(Stage::Written(self, last, write))
    }

    /// The look after the final write.
    pub(crate) fn verify(mut self, last: Last, write: Write, world: &mut World) -> Next {
        match (write, world.object) {
            (_, Some(object)) if object.run == self.name() => {
                self.held = None;
                of_stage(Stage::Settling(self.id, object))
            }
            (Write::Refused, Some(object)) if self.accepts(object, world) => self.found(object),
            (Write::Refused, found) if last.tries > 1 => {
                let seen = found.map(|object| object.run);
                let tries = last.tries - 1;
                of_stage(Stage::Ready(self, Last { seen, tries }))
            }
            (Write::Unanswered, _) => lost(&self, None, world),
            _ => self.fails_by_the_pool(),
        }
    }

    pub(crate) fn fails_by_the_pool(self) -> Next {
        self.failing(Kind::PoolFailed)
    }

    pub(crate) fn failing(self, kind: Kind) -> Next {
        of_stage(Stage::Failing {
            run: self,
            kind,
            told: false,
        })
    }

    /// Ends what will never be a copy, says how far the rest is, and settles.
    pub(crate) fn fail(mut self, kind: Kind, told: bool, world: &mut World) -> Next {
        if kind == Kind::SourceNotFound && self.held.is_some() && !self.has_nothing_left(world) {
            self.abort_upload(world);
            return self.failing(kind);
        }
        if self.has_news() && !told {
            if let Answer::Done(own) = self.ask_to_extend(world) {
                self.own = own;
                self.is_recorded(world);
            }
            return of_stage(Stage::Failing {
                run: self,
                kind,
                told: true,
            });
        }
        let outcome = Outcome::Error(Failure::new(kind, ""));
        if world.mutated(Mutation::FailureNotSettled) {
            return after(kind, lifetimes().backoff(self.own.tries));
        }
        let pause = match world.settle(Holder::Run(self.id), &outcome) {
            Answer::Done(Entry {
                state: State::Error(failed),
                ..
            }) => failed.retry_at.since(world.now),
            _ => lifetimes().backoff(self.own.tries),
        };
        after(kind, pause)
    }
}

/// A good object is there: the run has come to its end.
pub(crate) fn settle(run: Ulid, object: Object, world: &mut World) -> Next {
    let replica = replica(object);
    let expires = entry_expires(&replica);
    let outcome = Outcome::Present { replica, expires };
    let settled = world.settle(Holder::Run(run), &outcome);
    if !settled.is_done() && world.mutated(Mutation::FencedRunDeletes) {
        world.object = None;
    }
    Next::Done
}

/// Fenced, the work is another's. Where no other is known, the message comes back.
pub(crate) fn lost(run: &Run, fencing: Option<&Entry>, world: &mut World) -> Next {
    match fencing {
        Some(fencing) => {
            run.abort_unclaimed(fencing, world);
            Next::Done
        }
        None => Next::After(over(run.lease(), world)),
    }
}

/// How long until that lease is over by everybody's clock.
pub(crate) fn over(lease: Timestamp, world: &World) -> Duration {
    lease.since(world.now) + lifetimes().skew() * 2
}
