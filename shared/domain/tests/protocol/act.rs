//! What comes of what happens.

use std::time::Duration;

use cloud_mirror_domain::error::Kind;

use crate::budget::FOREVER;
use crate::copier::Copier;
use crate::model::{Action, State, Who};
use crate::purge::Purge;
use crate::requester::Requester;
use crate::stage::Stage;
use crate::terms::LIFESPAN;
use crate::world::{NOW, Sent, TICK};

impl State {
    fn take(&mut self, message: &Sent) -> Option<()> {
        let mut messages = self.world.messages.iter();
        let at = messages.position(|sent| sent == message)?;
        self.world.messages.remove(at);
        Some(())
    }

    /// What comes of an action; nothing where nothing does.
    pub(crate) fn act(&mut self, action: Action) -> Option<()> {
        match action {
            Action::Step(who) => self.by(who, &Deed::Step)?,
            Action::Fail(who) => {
                self.left.failed_calls -= 1;
                self.by(who, &Deed::Fail)?;
            }
            Action::FailToSend(who) => {
                self.left.failed_sends -= 1;
                self.is_about_to_send(who).then_some(())?;
                self.by(who, &Deed::Fail)?;
            }
            Action::Unheard(who) => {
                self.left.lost_replies -= 1;
                self.by(who, &Deed::Unheard)?;
            }
            Action::Crash(who) => {
                self.left.crashes -= 1;
                self.by(who, &Deed::Crash)?;
            }
            Action::Hang(n) => {
                self.left.lost_replies -= 1;
                self.by(Who::Copier(n), &Deed::Hang)?;
            }
            Action::StopEarly(n) => {
                self.left.handovers -= 1;
                self.by(Who::Copier(n), &Deed::Stop)?;
            }
            Action::SourceFails(n, kind) => {
                self.left.failed_copies -= 1;
                self.by(Who::Copier(n), &Deed::SourceFails(kind))?;
            }
            Action::Beat(n) => self.by(Who::Copier(n), &Deed::Beat)?,
            Action::Receive(n, message) => {
                self.take(&message)?;
                self.copiers[n] = Copier::receive(message, &mut self.world);
            }
            Action::ReceiveCopy(n, message) => {
                self.left.duplicates -= 1;
                self.copiers[n] = Copier::receive(message, &mut self.world);
            }
            Action::AskPurge => {
                self.left.purges -= 1;
                self.purge = Some(Purge::asked(&mut self.world));
            }
            action => self.happens(action)?,
        }
        Some(())
    }

    /// What nobody does.
    fn happens(&mut self, action: Action) -> Option<()> {
        match action {
            Action::Land(n) => {
                let flight = self.world.flights.remove(n);
                self.world.land(flight);
            }
            Action::Lose(message) => {
                self.left.losses -= 1;
                self.take(&message)?;
            }
            Action::LoseTable => {
                self.left.table_losses -= 1;
                self.world.lose_table()?;
            }
            Action::Expire => {
                self.world.forget_uploads();
                self.world.table = None;
            }
            Action::EndOfLife => self.world.object = None,
            Action::Vanish => {
                self.left.vanishings -= 1;
                self.world.object = None;
            }
            Action::Jump(time) => {
                self.left.jumps -= 1;
                self.jump(time);
            }
            Action::Tick => {
                if self.left.time != FOREVER {
                    self.left.time -= 1;
                }
                self.pass(TICK);
            }
            Action::StepClock(who, by) => {
                self.left.clock_steps -= 1;
                self.clock = Some((who, by));
            }
            Action::MendClock => self.clock = None,
            _ => return None,
        }
        Some(())
    }

    /// In a week the pool's lifecycle ends every upload.
    fn jump(&mut self, time: Duration) {
        self.pass(time);
        if time > LIFESPAN {
            self.world.uploads.clear();
        }
    }

    fn is_about_to_send(&self, who: Who) -> bool {
        match who {
            Who::Requester(n) => self.requesters[n].sends(&self.world),
            Who::Copier(n) => matches!(&self.copiers[n].stage, Stage::Stopping(it) if it.sends()),
            Who::Purge => matches!(self.purge, Some(Purge::Sending(_))),
        }
    }

    /// Lets somebody do something, by his own clock.
    fn by(&mut self, who: Who, deed: &Deed) -> Option<()> {
        let (ahead, behind) = self.clock_of(who);
        self.world.now = NOW + ahead - behind;
        let done = match who {
            Who::Requester(n) => self.by_requester(n, deed),
            Who::Copier(n) => self.by_copier(n, deed),
            Who::Purge => self.by_purge(deed),
        };
        self.world.now = NOW;
        if !self.is_there(who) && self.clock.is_some_and(|(wrong, _)| wrong == who) {
            self.clock = None;
        }
        done
    }

    fn by_requester(&mut self, n: usize, deed: &Deed) -> Option<()> {
        let (requester, world) = (&self.requesters[n], &mut self.world);
        self.requesters[n] = match deed {
            Deed::Step => requester.step(world)?,
            Deed::Fail => requester.fails(world)?,
            Deed::Unheard => requester.unheard(world)?,
            _ => Requester::Done,
        };
        Some(())
    }

    fn by_copier(&mut self, n: usize, deed: &Deed) -> Option<()> {
        let (copier, world) = (&self.copiers[n], &mut self.world);
        self.copiers[n] = match deed {
            Deed::Step => copier.step(world)?,
            Deed::Fail => copier.fails(world)?,
            Deed::Unheard => copier.unheard(world)?,
            Deed::Crash => copier.crash(world)?,
            Deed::Hang => copier.moves(Stage::hangs, world)?,
            Deed::Beat => copier.moves(Stage::beats, world)?,
            Deed::Stop => copier.moves(Stage::stops, world)?,
            Deed::SourceFails(kind) => copier.moves(|at, _| at.source_fails(*kind), world)?,
        };
        Some(())
    }

    fn by_purge(&mut self, deed: &Deed) -> Option<()> {
        let (purge, world) = (self.purge.as_ref()?, &mut self.world);
        let next = match deed {
            Deed::Step => purge.step(world),
            Deed::Fail => purge.fails(world),
            Deed::Unheard => purge.unheard(world),
            _ => Purge::Failed,
        };
        self.purge = (!next.is_over()).then_some(next);
        Some(())
    }
}

enum Deed {
    Step,
    Fail,
    Unheard,
    Crash,
    Hang,
    Beat,
    Stop,
    SourceFails(Kind),
}
