//! What may happen next.

use std::time::Duration;

use cloud_mirror_domain::entry::{Entry, State as EntryState};
use cloud_mirror_domain::error::Kind;

use crate::budget::Budget;
use crate::copier::Copier;
use crate::model::{Action, State, Who};
use crate::requester::Requester;
use crate::terms::{RECHECK, is_good};
use crate::world::{NOW, TICK};

impl State {
    pub(crate) fn actions(&self, budget: &Budget, actions: &mut Vec<Action>) {
        for who in self.everybody() {
            self.moves_of(who, budget, actions);
        }
        if self.purge.is_none() && self.left.purges > 0 {
            actions.push(Action::AskPurge);
        }
        self.what_messages_may(actions);
        self.what_the_world_may(actions);
        self.what_time_may(actions);
    }

    fn moves_of(&self, who: Who, budget: &Budget, actions: &mut Vec<Action>) {
        if !self.is_there(who) {
            return;
        }
        let left = &self.left;
        actions.push(Action::Step(who));
        let faults = [
            (left.failed_calls, Action::Fail(who)),
            (left.failed_sends, Action::FailToSend(who)),
            (left.lost_replies, Action::Unheard(who)),
            (left.crashes, Action::Crash(who)),
        ];
        let may = faults.into_iter().filter(|(left, _)| *left > 0);
        actions.extend(may.map(|(_, fault)| fault));
        if let Who::Copier(n) = who {
            self.moves_of_a_run(n, actions);
        }
        if left.clock_steps > 0 && self.clock.is_none() {
            actions.extend(budget.clocks.iter().map(|by| Action::StepClock(who, *by)));
        }
    }

    fn moves_of_a_run(&self, n: usize, actions: &mut Vec<Action>) {
        let left = &self.left;
        if self.world.copies_are.in_parts && left.time > 0 {
            actions.push(Action::Beat(n));
        }
        if left.handovers > 0 {
            actions.push(Action::StopEarly(n));
        }
        if left.lost_replies > 0 {
            actions.push(Action::Hang(n));
        }
        if left.failed_copies > 0 {
            let kinds = [Kind::SourceFailed, Kind::SourceNotFound];
            actions.extend(kinds.map(|kind| Action::SourceFails(n, kind)));
        }
    }

    fn what_messages_may(&self, actions: &mut Vec<Action>) {
        let visible = self.visible();
        // Two idle copiers are alike.
        if let Some(n) = self.copiers.iter().position(Copier::is_idle) {
            for message in &visible {
                actions.push(Action::Receive(n, *message));
                if self.left.duplicates > 0 {
                    actions.push(Action::ReceiveCopy(n, *message));
                }
            }
        }
        if self.left.losses > 0 {
            actions.extend(self.world.messages.iter().copied().map(Action::Lose));
        }
    }

    fn what_the_world_may(&self, actions: &mut Vec<Action>) {
        actions.extend((0..self.world.flights.len()).map(Action::Land));
        let (table, object) = (&self.world.table, &self.world.object);
        if table.is_some() && self.left.table_losses > 0 {
            actions.push(Action::LoseTable);
        }
        if table.as_ref().is_some_and(|entry| !entry.is_live(NOW)) {
            actions.push(Action::Expire);
        }
        if object.is_some_and(|object| !is_good(object, NOW)) {
            actions.push(Action::EndOfLife);
        }
        if object.is_some() && self.left.vanishings > 0 {
            actions.push(Action::Vanish);
        }
    }

    fn what_time_may(&self, actions: &mut Vec<Action>) {
        if self.left.time > 0 {
            actions.push(Action::Tick);
        }
        if self.left.jumps > 0 {
            actions.extend(self.jumps().map(Action::Jump));
        }
        if self.clock.is_some() {
            actions.push(Action::MendClock);
        }
    }

    /// To where a present replica is to be looked at again, and to where the entry is near its end.
    fn jumps(&self) -> impl Iterator<Item = Duration> + use<> {
        let live = Entry::live(self.world.table.as_ref(), NOW);
        let present = live.filter(|entry| matches!(entry.state, EntryState::Present(_)));
        let left = live.map(|entry| entry.expires.since(NOW));
        let ahead = if present.is_some() { 4 } else { 2 };
        let end = left.filter(|left| *left > RECHECK);
        let recheck = present.and(end).map(|_| RECHECK);
        recheck
            .into_iter()
            .chain(end.map(|left| left - TICK * ahead))
    }

    pub(crate) fn is_there(&self, who: Who) -> bool {
        match who {
            Who::Requester(n) => self.requesters[n] != Requester::Done,
            Who::Copier(n) => !self.copiers[n].is_idle(),
            Who::Purge => self.purge.is_some(),
        }
    }
}
