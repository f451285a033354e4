//! A copier, between two of its requests to the outside: from a message to its verdict.

use std::time::Duration;

use cloud_mirror_domain::claim::Answer;
use cloud_mirror_domain::entry::{Entry, State, Work};
use cloud_mirror_domain::error::{Fault, Kind};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::mutation::Mutation;
use crate::purge::Purge;
use crate::run::{Run, over};
use crate::stage::{Next, Stage, of_stage};
use crate::terms::lifetimes;
use crate::world::{Sent, What, World, purges_before};

/// What it is doing, and the message that it has received for that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Copier {
    pub(crate) stage: Stage,
    pub(crate) message: Option<Sent>,
}

impl Copier {
    pub(crate) fn idle() -> Self {
        Self {
            stage: Stage::Idle,
            message: None,
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.stage == Stage::Idle
    }

    /// Receives a message, and makes its first call.
    pub(crate) fn receive(message: Sent, world: &mut World) -> Self {
        let received = Self::received(message, world);
        received.step(world).unwrap_or(received)
    }

    /// Receives a message, makes its first call, and hears nothing.
    pub(crate) fn received(message: Sent, world: &mut World) -> Self {
        let stage = match message.what {
            What::Put {
                attempt: Some(_), ..
            } => Stage::Beginning {
                run: None,
                claimed: false,
            },
            What::Put { attempt: None, .. } if world.mutated(Mutation::UnclaimedMessageDropped) => {
                Stage::Idle
            }
            What::Put { attempt: None, .. } => Stage::Claiming(world.mint()),
            What::Purge { id, number } => {
                Stage::Purging(Box::new(Purge::resumed(number, id, world)))
            }
        };
        let message = Some(message);
        Self { stage, message }
    }

    pub(crate) fn step(&self, world: &mut World) -> Option<Self> {
        let message = self.message?;
        let next = self.stage.step(&message, world);
        Some(self.goes_to(next, world))
    }

    /// The call that it would make now has no effect, and an error for an answer.
    pub(crate) fn fails(&self, world: &mut World) -> Option<Self> {
        self.message?;
        let next = self.stage.fails(world);
        Some(self.goes_to(next, world))
    }

    /// The call that it would make now has its effect and no answer, so it will be made again.
    pub(crate) fn unheard(&self, world: &mut World) -> Option<Self> {
        if !self.stage.may_be_repeated(world) {
            return None;
        }
        let again = Self {
            stage: self.stage.with_id(world),
            message: self.message,
        };
        again.step(world)?;
        Some(again)
    }

    /// Any other move of its run.
    pub(crate) fn moves(
        &self,
        how: impl FnOnce(&Stage, &mut World) -> Option<Next>,
        world: &mut World,
    ) -> Option<Self> {
        let next = how(&self.stage, world)?;
        Some(self.goes_to(next, world))
    }

    /// It dies: its message comes back.
    pub(crate) fn crash(&self, world: &mut World) -> Option<Self> {
        let message = self.message?;
        if !world.mutated(Mutation::AcknowledgedAtOnce) {
            world.comes_back(message, Duration::ZERO);
        }
        Some(Self::idle())
    }

    /// The upload that it will go on with, or end.
    pub(crate) fn upload(&self) -> Option<Ulid> {
        match &self.stage {
            Stage::Purging(purge) => purge.upload(),
            stage => stage.run()?.held.map(|held| held.id),
        }
    }

    /// Whether it is about to make an object of parts that another run has begun.
    pub(crate) fn goes_on_with_anothers(&self) -> bool {
        matches!(&self.stage, Stage::Writing(run, _) if run.name() != run.id)
    }

    fn goes_to(&self, next: Next, world: &mut World) -> Self {
        match next {
            Next::Stage(stage) => Self {
                stage: *stage,
                message: self.message,
            },
            Next::Done => Self::idle(),
            Next::After(wait) => {
                if let Some(message) = self.message {
                    world.comes_back(message, wait);
                }
                Self::idle()
            }
        }
    }
}

/// Claims first, because nobody is known to have claimed. Losing the claim is no harm.
pub(crate) fn claim(attempt: Ulid, world: &mut World) -> Next {
    if world.claim(attempt).is_done() {
        world.claims += 1;
    }
    of_stage(Stage::Beginning {
        run: None,
        claimed: true,
    })
}

/// A run is named when it begins, so that its name says which purges were asked for before. One
/// that meets its own write keeps its name.
pub(crate) fn begin(known: Option<Ulid>, claimed: bool, message: &Sent, world: &mut World) -> Next {
    let running = world.table.as_ref().and_then(responsible);
    let running = running.and_then(|work| work.run);
    let is_current =
        |run: &Ulid| running == Some(*run) || purges_before(*run) == world.purges_begun;
    let id = known.filter(is_current).unwrap_or_else(|| world.mint());
    match world.begin(id, message.attempt().filter(|_| !claimed)) {
        Answer::Done(own) => {
            let run = Run::begun(id, own, message);
            world.runs += u8::from(running != Some(id));
            match run.hint(message) {
                Some(seen) => run.ready(seen),
                None => of_stage(Stage::Unseen(run)),
            }
        }
        Answer::Refused(entry) => refused(entry.as_ref(), claimed, message, world),
    }
}

fn refused(entry: Option<&Entry>, claimed: bool, message: &Sent, world: &mut World) -> Next {
    let may_claim =
        |entry: &Entry| matches!(&entry.state, State::Error(error) if error.retry_at <= world.now);
    if !claimed && entry.is_none_or(|entry| may_claim(entry) && !message.redelivered) {
        let attempt = world.mint();
        return of_stage(Stage::Claiming(attempt));
    }
    let may_be_its_own = |work: &Work| message.redelivered && work.run.is_some();
    match entry.and_then(responsible).filter(may_be_its_own) {
        Some(work) => Next::After(over(work.lease, world)),
        None => of_refusal(entry, world.now),
    }
}

/// After a refused begin: an entry in error sends the message where its own would go.
fn of_refusal(entry: Option<&Entry>, now: Timestamp) -> Next {
    match entry.map(|entry| &entry.state) {
        Some(State::Error(failed)) => after(failed.failure.kind, failed.retry_at.since(now)),
        _ => Next::Done,
    }
}

/// After a copy that failed.
pub(crate) fn after(kind: Kind, pause: Duration) -> Next {
    match kind.fault() {
        Fault::Absent | Fault::Source => Next::Done,
        Fault::Transient => Next::After(pause),
        Fault::Ours => panic!("no fault of ours is explored"),
    }
}

/// Who is responsible for the copy in this entry.
pub(crate) fn responsible(entry: &Entry) -> Option<Work> {
    match &entry.state {
        State::Pending(pending) => Some(pending.work),
        State::Present(present) => present.renewal,
        State::Error(_) | State::Purging(_) => None,
    }
}

/// When a call before the first one of a run has failed.
pub(crate) fn soon() -> Next {
    Next::After(lifetimes().retry_backoff.0)
}
