//! The state space: who may step, and what may go wrong.

use std::time::Duration;

use cloud_mirror_domain::entry::{Entry, State as EntryState};
use cloud_mirror_domain::error::Kind;
use stateright::{Model, Property};
use ulid::Ulid;

use crate::calm::Memory;
use crate::copier::Copier;
use crate::properties;
use crate::purge::Purge;
use crate::requester::Requester;
use crate::world::{NOW, Sent, TICK, What, World};

pub(crate) use crate::budget::Budget;

pub(crate) struct Protocol {
    pub(crate) budget: Budget,
    /// Where calm schedules are known to end well.
    pub(crate) memory: Memory,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) requesters: Vec<Requester>,
    pub(crate) copiers: [Copier; 2],
    pub(crate) purge: Option<Purge>,
    /// One actor's clock, which is wrong by so many ticks.
    pub(crate) clock: Option<(Who, i8)>,
    pub(crate) left: Left,
}

/// What is left of the budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
    pub(crate) lost_replies: u8,
    pub(crate) failed_calls: u8,
    pub(crate) failed_copies: u8,
    pub(crate) clock_steps: u8,
    pub(crate) vanishings: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Requester(usize),
    Copier(usize),
    Purge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Step(Who),
    Receive(usize, Sent),
    /// The message stays in the queue.
    ReceiveCopy(usize, Sent),
    /// A heartbeat.
    Beat(usize),
    AskPurge,
    /// The call that it would make now fails, or has its effect and no answer.
    Fail(Who),
    FailToSend(Who),
    Unheard(Who),
    /// The final write is made later, or never.
    Hang(usize),
    Land(usize),
    SourceFails(usize, Kind),
    StopEarly(usize),
    Crash(Who),
    Lose(Sent),
    LoseTable,
    /// The table deletes what has expired; the pool what is older than its life.
    Expire,
    EndOfLife,
    Vanish,
    Tick,
    Jump(Duration),
    StepClock(Who, i8),
    MendClock,
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut first = State::first(&self.budget);
        if let Some(story) = self.budget.story {
            story(&mut first);
            first.settle_down(&self.budget);
        }
        vec![first]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        state.actions(&self.budget, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        state.act(action)?;
        if self.budget.claims > 0 && state.world.claims > self.budget.claims {
            return None;
        }
        state.settle_down(&self.budget);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(&self.budget)
    }
}

impl State {
    fn first(budget: &Budget) -> Self {
        let mut world = World::new(budget.copies_are);
        for _ in 0..budget.prefetches {
            world.send(What::Put {
                attempt: None,
                seen: None,
                upload: None,
            });
        }
        Self {
            world,
            requesters: vec![Requester::new(); budget.requesters],
            copiers: [Copier::idle(), Copier::idle()],
            purge: None,
            clock: None,
            left: Left::of(budget),
        }
    }

    pub(crate) fn everybody(&self) -> impl Iterator<Item = Who> {
        let requesters = (0..self.requesters.len()).map(Who::Requester);
        requesters
            .chain((0..2).map(Who::Copier))
            .chain([Who::Purge])
    }

    pub(crate) fn visible(&self) -> Vec<Sent> {
        let visible = self.world.messages.iter().filter(|sent| sent.is_visible());
        let mut visible: Vec<_> = visible.copied().collect();
        visible.dedup();
        visible
    }

    /// Whether a purge is at it, or will be by its message: what it deletes although its entry is
    /// another's by now, it purges at its end.
    pub(crate) fn a_purge_will_notice(&self) -> bool {
        let held = self
            .copiers
            .iter()
            .filter_map(|copier| copier.message.as_ref());
        let mut messages = self.world.messages.iter().chain(held);
        self.purge.is_some() || messages.any(Sent::is_a_purges)
    }

    /// Whether somebody will go on with this upload, or end it.
    pub(crate) fn has_in_hand(&self, upload: Ulid) -> bool {
        let copiers = self.copiers.iter().filter_map(Copier::upload);
        let purge = self.purge.as_ref().and_then(Purge::upload);
        copiers.chain(purge).any(|held| held == upload)
    }

    pub(crate) fn is_anybody_at_work(&self) -> bool {
        self.purge.is_some() || self.copiers.iter().any(|copier| !copier.is_idle())
    }

    pub(crate) fn is_present(&self) -> bool {
        let live = Entry::live(self.world.table.as_ref(), NOW);
        matches!(live.map(|e| &e.state), Some(EntryState::Present(_)))
    }

    /// By how much this actor's clock is ahead, and by how much behind.
    pub(crate) fn clock_of(&self, who: Who) -> (Duration, Duration) {
        match self.clock {
            Some((wrong, by)) if wrong == who => {
                let off = TICK * u32::from(by.unsigned_abs());
                if by > 0 {
                    (off, Duration::ZERO)
                } else {
                    (Duration::ZERO, off)
                }
            }
            _ => (Duration::ZERO, Duration::ZERO),
        }
    }
}

impl Left {
    fn of(budget: &Budget) -> Self {
        Self {
            purges: budget.purges,
            crashes: budget.crashes,
            losses: budget.losses,
            duplicates: budget.duplicates,
            table_losses: budget.table_losses,
            time: budget.time,
            jumps: budget.jumps,
            handovers: budget.handovers,
            failed_sends: budget.failed_sends,
            lost_replies: budget.lost_replies,
            failed_calls: budget.failed_calls,
            failed_copies: budget.failed_copies,
            clock_steps: budget.clock_steps,
            vanishings: budget.vanishings,
        }
    }
}
