//! The state space: who may step, and what may go wrong.

use std::time::Duration;

use cloud_mirror_domain::entry::State as EntryState;
use stateright::{Model, Property};
use ulid::Ulid;

use crate::copier::Copier;
use crate::properties;
use crate::purge::Purge;
use crate::requester::Requester;
use crate::world::{Copies, LEASE, LIFESPAN, Sent, World};

/// How much may happen in one exploration.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Budget {
    pub(crate) requesters: usize,
    pub(crate) purges: u8,
    pub(crate) crashes: u8,
    pub(crate) losses: u8,
    pub(crate) duplicates: u8,
    pub(crate) table_losses: u8,
    /// Milliseconds that may pass; a lease is two.
    pub(crate) time: u8,
    /// How often time may jump to where a replica is near its end.
    pub(crate) jumps: u8,
    /// Exactly one copy is promised: nothing is lost, nobody dies and no lease ends.
    pub(crate) one_copy: bool,
    pub(crate) copies_are: Copies,
    /// Runs that may stop early and hand their work on, and how often that cannot be sent.
    pub(crate) handovers: u8,
    pub(crate) failed_sends: u8,
}

pub(crate) struct Protocol {
    pub(crate) budget: Budget,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) requesters: Vec<Requester>,
    pub(crate) copiers: [Copier; 2],
    pub(crate) purge: Option<Purge>,
    pub(crate) left: Left,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    pub(crate) purges: u8,
    pub(crate) crashes: u8,
    pub(crate) losses: u8,
    pub(crate) duplicates: u8,
    pub(crate) table_losses: u8,
    pub(crate) time: u8,
    pub(crate) jumps: u8,
    pub(crate) handovers: u8,
    pub(crate) failed_sends: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Request(usize),
    Receive(usize, Sent),
    ReceiveCopy(usize, Sent),
    Copy(usize),
    StopEarly(usize),
    FailToSend(usize),
    AskPurge,
    Purge,
    CrashRequester(usize),
    CrashCopier(usize),
    CrashPurge,
    Lose(Sent),
    LoseTable,
    Tick,
    Jump,
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let budget = self.budget;
        vec![State {
            world: World::new(budget.copies_are),
            requesters: vec![Requester::new(); budget.requesters],
            copiers: [Copier::Idle, Copier::Idle],
            purge: None,
            left: Left {
                purges: budget.purges,
                crashes: budget.crashes,
                losses: budget.losses,
                duplicates: budget.duplicates,
                table_losses: budget.table_losses,
                time: budget.time,
                jumps: budget.jumps,
                handovers: budget.handovers,
                failed_sends: budget.failed_sends,
            },
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let left = &state.left;
        for n in 0..state.requesters.len() {
            actions.push(Action::Request(n));
            if left.crashes > 0 && state.requesters[n] != Requester::Done {
                actions.push(Action::CrashRequester(n));
            }
        }
        for n in 0..state.copiers.len() {
            state.copier_may(n, actions);
        }
        match &state.purge {
            Some(_) => actions.push(Action::Purge),
            None if left.purges > 0 => actions.push(Action::AskPurge),
            None => {}
        }
        if left.crashes > 0 && state.purge.is_some() {
            actions.push(Action::CrashPurge);
        }
        if left.losses > 0 {
            actions.extend(state.world.messages.iter().cloned().map(Action::Lose));
        }
        if left.table_losses > 0 {
            actions.push(Action::LoseTable);
        }
        if left.jumps > 0 && state.is_present() {
            actions.push(Action::Jump);
        }
        if left.time > 0 {
            actions.push(Action::Tick);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        state.act(action)?;
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(&self.budget)
    }
}

impl State {
    fn visible(&self) -> Vec<Sent> {
        let mut visible: Vec<_> = self
            .world
            .messages
            .iter()
            .filter(|message| match message {
                Sent::Put { .. } => true,
                Sent::Purge { not_before, .. } => *not_before <= self.world.now,
            })
            .cloned()
            .collect();
        visible.dedup();
        visible
    }

    /// A purge whose table was lost may delete what was copied since. It notices at its end, and
    /// purges that too.
    pub(crate) fn somebody_purges(&self) -> bool {
        let purging = |copier| matches!(copier, &Copier::Purging(_));
        self.purge.is_some() || self.copiers.iter().any(purging)
    }

    /// Whether somebody will go on with this upload, or end it.
    pub(crate) fn has_in_hand(&self, upload: Ulid) -> bool {
        let copiers = self.copiers.iter().filter_map(Copier::upload);
        let purge = self.purge.as_ref().and_then(Purge::upload);
        copiers.chain(purge).any(|held| held == upload)
    }

    pub(crate) fn is_anybody_at_work(&self) -> bool {
        self.purge.is_some() || self.copiers.iter().any(|copier| *copier != Copier::Idle)
    }

    pub(crate) fn is_present(&self) -> bool {
        matches!(
            self.world.table.as_ref().map(|e| &e.state),
            Some(EntryState::Present(_))
        )
    }

    fn copier_may(&self, n: usize, actions: &mut Vec<Action>) {
        let left = &self.left;
        if self.copiers[n] == Copier::Idle {
            for message in self.visible() {
                actions.push(Action::Receive(n, message.clone()));
                if left.duplicates > 0 {
                    actions.push(Action::ReceiveCopy(n, message));
                }
            }
            return;
        }
        actions.push(Action::Copy(n));
        if left.handovers > 0 {
            actions.push(Action::StopEarly(n));
        }
        if left.failed_sends > 0 {
            actions.push(Action::FailToSend(n));
        }
        if left.crashes > 0 {
            actions.push(Action::CrashCopier(n));
        }
    }

    fn take(&mut self, message: &Sent) -> Option<()> {
        let at = self
            .world
            .messages
            .iter()
            .position(|sent| sent == message)?;
        self.world.messages.remove(at);
        Some(())
    }

    fn act(&mut self, action: Action) -> Option<()> {
        match action {
            Action::Request(n) => {
                self.requesters[n] = self.requesters[n].step(&mut self.world)?;
            }
            Action::Receive(n, message) => {
                self.take(&message)?;
                self.copiers[n] = Copier::receive(&mut self.world, &message);
            }
            Action::ReceiveCopy(n, message) => {
                self.left.duplicates -= 1;
                self.copiers[n] = Copier::receive(&mut self.world, &message);
            }
            Action::Copy(n) => self.copiers[n] = self.copiers[n].step(&mut self.world)?,
            Action::StopEarly(n) => {
                self.left.handovers -= 1;
                self.copiers[n] = self.copiers[n].stops(&mut self.world)?;
            }
            Action::FailToSend(n) => {
                self.left.failed_sends -= 1;
                let Copier::Released(handover) = &self.copiers[n] else {
                    return None;
                };
                self.copiers[n] = handover.fail(&mut self.world);
            }
            Action::AskPurge => {
                self.left.purges -= 1;
                self.purge = Some(Purge::asked(&mut self.world));
            }
            Action::Purge => {
                let next = self.purge.as_ref()?.step(&mut self.world)?;
                self.purge = (next != Purge::Done).then_some(next);
            }
            Action::CrashRequester(n) => {
                self.left.crashes -= 1;
                self.requesters[n] = Requester::Done;
            }
            Action::CrashCopier(n) => {
                self.left.crashes -= 1;
                self.copiers[n] = Copier::Idle;
            }
            Action::CrashPurge => {
                self.left.crashes -= 1;
                self.purge = None;
            }
            Action::Lose(message) => {
                self.left.losses -= 1;
                self.take(&message)?;
            }
            Action::LoseTable => {
                self.left.table_losses -= 1;
                self.world.lose_table()?;
            }
            Action::Jump => {
                self.left.jumps -= 1;
                self.world.now = self.world.now + LIFESPAN - LEASE * 3;
            }
            Action::Tick => {
                self.left.time -= 1;
                self.world.now = self.world.now + Duration::from_millis(1);
            }
        }
        Some(())
    }
}
