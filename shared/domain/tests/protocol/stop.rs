//! A run that stops before its work is done, and hands it on.

use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Holder};
use cloud_mirror_domain::entry::Entry;
use ulid::Ulid;

use crate::copier::responsible;
use crate::run::{Run, lost, over};
use crate::stage::{Next, Stage, of_stage};
use crate::terms::lifetimes;
use crate::world::{What, World};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stopping {
    pub(crate) run: Run,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// Says how far it is.
    Tell,
    /// Gives its work out of its hands.
    Release,
    /// The table was lost: inserts its entry again, to release it.
    Insert,
    ReleaseAtLast,
    /// Sends the continuation.
    Send,
}

impl Stopping {
    pub(crate) fn of(run: &Run) -> Self {
        let step = if run.has_news() {
            Step::Tell
        } else {
            Step::Release
        };
        Self {
            run: run.clone(),
            step,
        }
    }

    /// Whether its next call is one to the queue.
    pub(crate) fn sends(&self) -> bool {
        self.step == Step::Send
    }

    pub(crate) fn step(mut self, world: &mut World) -> Next {
        match self.step {
            Step::Tell | Step::Insert => match self.run.ask_to_extend(world) {
                Answer::Done(own) => {
                    self.run.own = own;
                    self.run.is_recorded(world);
                    self.go_on()
                }
                Answer::Refused(_) if self.step == Step::Tell => self.go_on(),
                Answer::Refused(fencing) => gives_up(&self.run, fencing.as_ref(), world),
            },
            Step::Release | Step::ReleaseAtLast => self.release(world),
            Step::Send => {
                world.send(What::Put {
                    attempt: self.attempt(),
                    seen: None,
                    upload: self.run.held,
                });
                Next::Done
            }
        }
    }

    /// The call that it would make now has no effect, and an error for an answer.
    pub(crate) fn fails(self, world: &mut World) -> Next {
        match self.step {
            Step::Tell => self.go_on(),
            Step::Send => Next::After(lifetimes().retry_backoff.1),
            _ => Next::After(over(self.run.lease(), world)),
        }
    }

    fn go_on(self) -> Next {
        let step = match self.step {
            Step::Tell => Step::Release,
            _ => Step::ReleaseAtLast,
        };
        of_stage(Stage::Stopping(Self { step, ..self }))
    }

    fn release(self, world: &mut World) -> Next {
        match world.release(Holder::Run(self.run.id)) {
            Answer::Refused(None) if self.step == Step::Release => {
                let step = Step::Insert;
                of_stage(Stage::Stopping(Self { step, ..self }))
            }
            Answer::Refused(Some(entry)) if self.was_released(&entry) => self.released(),
            Answer::Refused(fencing) => gives_up(&self.run, fencing.as_ref(), world),
            Answer::Done(_) => self.released(),
        }
    }

    /// Without progress its own message comes back, which is counted.
    fn released(self) -> Next {
        let parts = self.run.held.map_or(0, |held| held.parts);
        if parts <= self.run.before {
            return Next::After(Duration::ZERO);
        }
        let step = Step::Send;
        of_stage(Stage::Stopping(Self { step, ..self }))
    }

    /// A release whose answer was lost meets its own work.
    fn was_released(&self, entry: &Entry) -> bool {
        let own = self.attempt();
        responsible(entry).is_some_and(|work| work.run.is_none() && Some(work.attempt) == own)
    }

    fn attempt(&self) -> Option<Ulid> {
        responsible(&self.run.own).map(|work| work.attempt)
    }
}

/// What it knows of an upload is left to whoever has fenced it, and to the next run.
fn gives_up(run: &Run, fencing: Option<&Entry>, world: &mut World) -> Next {
    match fencing {
        Some(_) => Next::Done,
        None => lost(run, None, world),
    }
}
