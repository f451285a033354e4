//! What a copier is doing between two of its requests, and what may come of the next one.

use std::time::Duration;

use cloud_mirror_domain::error::Kind;
use ulid::Ulid;

use crate::copier::{begin, claim, soon};
use crate::mutation::Mutation;
use crate::purge::Purge;
use crate::run::{Last, Run, lost, over, settle};
use crate::stop::Stopping;
use crate::terms::lifetimes;
use crate::world::{Flight, Object, Sent, TICK, World};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    Idle,
    /// Knows of no claim, and claims by itself.
    Claiming(Ulid),
    Beginning {
        run: Option<Ulid>,
        claimed: bool,
    },
    /// Begun without knowing what is in the pool.
    Unseen(Run),
    /// Makes the parts, where there are any. Extends before its final write, where too little is
    /// left of its lease.
    Ready(Run, Last),
    /// The final write may go out while the lease lasts.
    Writing(Run, Last),
    /// The final write has been answered, or has not: what is there decides.
    Written(Run, Last, Write),
    /// A good object is there. What the run knows of an upload is needless.
    Found(Run, Object),
    Settling(Ulid, Object),
    /// `told`: what it knows of its upload need not be recorded any more.
    Failing {
        run: Run,
        kind: Kind,
        told: bool,
    },
    /// Hands its work on.
    Stopping(Stopping),
    /// Works on a purge that had to wait.
    Purging(Box<Purge>),
}

/// How a final write was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Write {
    Made,
    Refused,
    /// The pool has failed.
    Failed,
    /// Nobody knows: it may still be made.
    Unanswered,
}

/// What comes of a step: another stage, or what becomes of the message.
pub(crate) enum Next {
    Stage(Box<Stage>),
    Done,
    After(Duration),
}

impl Stage {
    pub(crate) fn step(&self, message: &Sent, world: &mut World) -> Next {
        match self {
            Self::Idle => Next::Done,
            Self::Claiming(attempt) => claim(*attempt, world),
            Self::Beginning { run, claimed } => begin(*run, *claimed, message, world),
            Self::Unseen(run) => run.clone().look(world),
            Self::Ready(run, last) => run.clone().go_on(*last, world),
            Self::Writing(run, last) => run.clone().write(*last, world),
            Self::Written(run, last, write) => run.clone().verify(*last, *write, world),
            Self::Found(run, object) => {
                run.clone().abort_upload(world);
                of_stage(Self::Settling(run.id, *object))
            }
            Self::Settling(run, object) => settle(*run, *object, world),
            Self::Failing { run, kind, told } => run.clone().fail(*kind, *told, world),
            Self::Stopping(stopping) => stopping.clone().step(world),
            Self::Purging(purge) => purged(purge.step(world)),
        }
    }

    /// The call that it would make now has no effect, and an error for an answer.
    pub(crate) fn fails(&self, world: &mut World) -> Next {
        match self {
            Self::Idle | Self::Settling(..) => Next::Done,
            Self::Claiming(_) | Self::Beginning { .. } => soon(),
            Self::Ready(run, last) if run.asks_the_table(world) => match run.left(world) {
                Duration::ZERO => lost(run, None, world),
                _ if world.mutated(Mutation::SilenceIsFenced) => lost(run, None, world),
                _ if run.has_unrecorded() => of_stage(self.clone()),
                _ => of_stage(Self::Writing(run.clone(), *last)),
            },
            Self::Unseen(run) | Self::Ready(run, _) | Self::Written(run, ..) => {
                run.clone().fails_by_the_pool()
            }
            Self::Writing(run, last) => of_stage(Self::Written(run.clone(), *last, Write::Failed)),
            Self::Found(run, object) => {
                run.give_up_upload(world);
                of_stage(Self::Settling(run.id, *object))
            }
            Self::Failing { run, .. } => Next::After(over(run.lease(), world)),
            Self::Stopping(stopping) => stopping.clone().fails(world),
            Self::Purging(purge) => purged(purge.fails(world)),
        }
    }

    /// Whether the call that it would make now is made again, with the same id, if nothing is
    /// heard of it.
    pub(crate) fn may_be_repeated(&self, world: &World) -> bool {
        match self {
            Self::Idle | Self::Unseen(_) | Self::Written(..) | Self::Found(..) => false,
            Self::Ready(run, _) => run.asks_the_table(world),
            _ => true,
        }
    }

    /// The same, with the id that a call is made with and made again.
    pub(crate) fn with_id(&self, world: &mut World) -> Self {
        match self {
            Self::Beginning { run: None, claimed } => Self::Beginning {
                run: Some(world.mint()),
                claimed: *claimed,
            },
            stage => stage.clone(),
        }
    }

    /// A heartbeat, where it would make a difference.
    pub(crate) fn beats(&self, world: &mut World) -> Option<Next> {
        let (Self::Ready(run, _) | Self::Writing(run, _)) = self else {
            return None;
        };
        let fresh = run.lease() == world.now + lifetimes().lease;
        if fresh || run.left(world).is_zero() {
            return None;
        }
        let next = match run.clone().extend(world) {
            Ok(run) => of_stage(self.with(run)),
            Err(next) => next,
        };
        Some(next)
    }

    /// The source fails, or says that there is no such object.
    pub(crate) fn source_fails(&self, kind: Kind) -> Option<Next> {
        match self {
            Self::Ready(run, _) => Some(run.clone().failing(kind)),
            _ => None,
        }
    }

    /// The final write goes out, and nothing is heard of it while the lease lasts.
    pub(crate) fn hangs(&self, world: &mut World) -> Option<Next> {
        let Self::Writing(run, last) = self else {
            return None;
        };
        if run.has_nothing_left(world) {
            return None;
        }
        world.flights.push(Flight {
            name: run.name(),
            seen: last.seen,
            upload: run.held.map(|held| held.id),
            until: run.lease() + lifetimes().write_limit(),
        });
        let unanswered = Self::Written(run.clone(), *last, Write::Unanswered);
        Some(of_stage(unanswered))
    }

    /// The invocation ends: the run stops before its work is done.
    pub(crate) fn stops(&self, world: &mut World) -> Option<Next> {
        match self {
            Self::Written(run, _, Write::Unanswered) => Some(lost(run, None, world)),
            Self::Unseen(run)
            | Self::Ready(run, _)
            | Self::Written(run, ..)
            | Self::Found(run, _)
            | Self::Failing { run, .. } => Some(of_stage(Self::Stopping(Stopping::of(run)))),
            _ => None,
        }
    }

    /// The run that it is in, as long as that has something left to write to the pool.
    pub(crate) fn run(&self) -> Option<&Run> {
        match self {
            Self::Unseen(run)
            | Self::Ready(run, _)
            | Self::Writing(run, _)
            | Self::Written(run, ..)
            | Self::Found(run, _)
            | Self::Failing { run, .. } => Some(run),
            Self::Stopping(stopping) => Some(&stopping.run),
            _ => None,
        }
    }

    fn with(&self, run: Run) -> Self {
        match self {
            Self::Writing(_, last) => Self::Writing(run, *last),
            Self::Ready(_, last) => Self::Ready(run, *last),
            _ => Self::Unseen(run),
        }
    }
}

fn purged(purge: Purge) -> Next {
    match purge {
        Purge::Done => Next::Done,
        Purge::Failed => Next::After(TICK),
        purge => of_stage(Stage::Purging(Box::new(purge))),
    }
}

pub(crate) fn of_stage(stage: Stage) -> Next {
    Next::Stage(Box::new(stage))
}
