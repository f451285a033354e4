//! The state space: who may step, what may go wrong, and what must always hold.

use std::time::Duration;

use cloud_mirror_domain::entry::{Entry, State as EntryState};
use stateright::{Model, Property};

use crate::copier::Copier;
use crate::purge::Purge;
use crate::requester::Requester;
use crate::world::{LEASE, LIFESPAN, Sent, World, purges_before};

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
    purges: u8,
    crashes: u8,
    losses: u8,
    duplicates: u8,
    table_losses: u8,
    time: u8,
    jumps: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Request(usize),
    Receive(usize, Sent),
    ReceiveCopy(usize, Sent),
    Copy(usize),
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
            world: World::new(),
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
            if state.copiers[n] == Copier::Idle {
                for message in state.visible() {
                    actions.push(Action::Receive(n, message.clone()));
                    if left.duplicates > 0 {
                        actions.push(Action::ReceiveCopy(n, message));
                    }
                }
            } else {
                actions.push(Action::Copy(n));
                if left.crashes > 0 {
                    actions.push(Action::CrashCopier(n));
                }
            }
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
        let mut properties = vec![
            Property::always(
                "what was purged is not served again",
                not_served_after_a_purge,
            ),
            Property::always("a present entry has its replica", present_has_its_replica),
            Property::always(
                "nothing holds beyond its lease",
                nothing_holds_beyond_its_lease,
            ),
            Property::always("whoever asks later is served", whoever_asks_later_is_served),
            Property::sometimes("a copy is made and served", |_, state: &State| {
                state.is_present() && state.requesters.contains(&Requester::Done)
            }),
        ];
        if self.budget.one_copy {
            properties.push(Property::always("exactly one copy", |_, state: &State| {
                state.world.copies <= 1 && state.world.runs <= 1
            }));
        }
        if self.budget.jumps > 0 {
            properties.push(Property::sometimes(
                "a replica is renewed",
                |_, state: &State| state.is_present() && state.world.copies > 1,
            ));
        }
        if self.budget.purges > 0 {
            properties.push(Property::sometimes(
                "a purge is done",
                |_, state: &State| state.world.purge_done > 0,
            ));
        }
        properties
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
    fn somebody_purges(&self) -> bool {
        let purging = |copier| matches!(copier, &Copier::Purging(_));
        self.purge.is_some() || self.copiers.iter().any(purging)
    }

    fn is_present(&self) -> bool {
        matches!(
            self.world.table.as_ref().map(|e| &e.state),
            Some(EntryState::Present(_))
        )
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
                self.world.table.take()?;
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

fn not_served_after_a_purge(_: &Protocol, state: &State) -> bool {
    match state.world.table.as_ref().map(|entry| &entry.state) {
        Some(EntryState::Present(present)) => {
            let run = present
                .replica
                .written_by
                .expect("every replica names its run");
            purges_before(run) >= state.world.purge_done
        }
        _ => true,
    }
}

/// A good replica: one whose run began after the last purge that is done. Which run's it is does
/// not matter, for every run copies the same immutable source.
fn present_has_its_replica(_: &Protocol, state: &State) -> bool {
    let world = &state.world;
    let is_good = |object| purges_before(object) >= world.purge_done;
    !state.is_present() || world.object.is_some_and(is_good) || state.somebody_purges()
}

fn nothing_holds_beyond_its_lease(_: &Protocol, state: &State) -> bool {
    let now = state.world.now;
    match state.world.table.as_ref().map(|entry| &entry.state) {
        Some(EntryState::Pending(pending)) => pending.work.lease <= now + LEASE * 2,
        Some(EntryState::Purging(purging)) => purging.lease <= now + LEASE * 3,
        _ => true,
    }
}

/// From here the actors stop for good, time passes, and somebody asks again and again: a replica
/// must come of it, within the claims that it takes to give up once and the time of one recheck.
fn whoever_asks_later_is_served(_: &Protocol, state: &State) -> bool {
    let mut world = state.world.clone();
    world.messages.clear();
    (0..6).any(|_| {
        world.now = world.now + LEASE * 4;
        ask_undisturbed(&mut world);
        is_served(&world)
    })
}

/// One requester and one copier, in turn, until the requester has its answer.
fn ask_undisturbed(world: &mut World) {
    let (mut requester, mut copier) = (Requester::new(), Copier::Idle);
    for _ in 0..20 {
        if requester == Requester::Done {
            return;
        }
        requester = requester.step(world).unwrap_or(requester);
        if let (Copier::Idle, Some(message)) = (&copier, world.messages.pop()) {
            copier = Copier::receive(world, &message);
        }
        copier = copier.step(world).unwrap_or(copier);
    }
}

fn is_served(world: &World) -> bool {
    let entry = Entry::live(world.table.as_ref(), world.now);
    let present = matches!(
        entry.map(|entry| &entry.state),
        Some(EntryState::Present(_))
    );
    present && world.object.is_some()
}
