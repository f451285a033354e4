//! The calm: from any state on, everybody who is there goes on, messages are delivered, time
//! passes, and nothing fails. This must come to rest, and well.
//!
//! It is one schedule, not all: but it is followed from every state that any interleaving with
//! any fault has led to. What a calm schedule has come through once need not be gone through
//! again, so the states from which one is known to end well are remembered.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, PoisonError};

use cloud_mirror_domain::entry::{Entry, State as EntryState, Work, lease_is_over};
use cloud_mirror_domain::error::Fault;

use crate::budget::Budget;
use crate::model::{Action, Left, State, Who};
use crate::requester::Requester;
use crate::terms::{RECHECK, is_good};
use crate::world::{LEASE, NOW, TICK};

/// A calm comes to rest within so many steps, ticks among them.
const LONGEST: u16 = 150;

/// How many steps it is from a state, by its hash, to rest.
#[derive(Debug)]
pub(crate) struct Memory {
    shards: Vec<Mutex<HashMap<u64, u16>>>,
    hasher: std::hash::RandomState,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            shards: (0..64).map(|_| Mutex::default()).collect(),
            hasher: std::hash::RandomState::new(),
        }
    }
}

impl Memory {
    fn hash(&self, state: &impl Hash) -> u64 {
        self.hasher.hash_one(state)
    }

    fn shard(&self, hash: u64) -> &Mutex<HashMap<u64, u16>> {
        &self.shards[(hash % 64) as usize]
    }

    fn get(&self, hash: u64) -> Option<u16> {
        let shard = self.shard(hash).lock();
        let shard = shard.unwrap_or_else(PoisonError::into_inner);
        shard.get(&hash).copied()
    }

    fn note(&self, hash: u64, steps: u16) {
        let shard = self.shard(hash).lock();
        let mut shard = shard.unwrap_or_else(PoisonError::into_inner);
        shard.insert(hash, steps);
    }

    /// The longest way to rest from any state so far.
    pub(crate) fn longest(&self) -> u16 {
        let longest = self.shards.iter().filter_map(|shard| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.values().copied().max()
        });
        longest.max().unwrap_or(0)
    }
}

impl State {
    /// Whether the calm that begins here ends well; else, what is wrong with its end.
    pub(crate) fn ends_well(&self, budget: &Budget, memory: &Memory) -> Result<(), &'static str> {
        let mut state = self.calmed(budget);
        let mut way = Vec::new();
        let steps = loop {
            let hash = memory.hash(&state);
            if let Some(known) = memory.get(hash) {
                break known;
            }
            way.push(hash);
            match state.calm_step(budget) {
                Some(next) => state = next,
                None => {
                    state.rests_well(budget)?;
                    break 0;
                }
            }
            if way.len() > usize::from(LONGEST) {
                return Err("it never comes to rest");
            }
        };
        for (hash, further) in way.into_iter().rev().zip(1..) {
            if steps + further > LONGEST {
                return Err("it takes too long to come to rest");
            }
            memory.note(hash, steps + further);
        }
        Ok(())
    }

    /// Nothing fails from now on, so nothing depends on what is left of the budget.
    fn calmed(&self, budget: &Budget) -> Self {
        let mut state = self.clone();
        (state.left, state.clock) = (Left::default(), None);
        state.settle_down(&budget.of_a_calm());
        state
    }

    fn calm_step(&self, budget: &Budget) -> Option<Self> {
        let mut next = self.clone();
        next.goes_on().or_else(|| {
            next = self.clone();
            self.is_waiting().then(|| next.pass(TICK))
        })?;
        next.settle_down(&budget.of_a_calm());
        Some(next)
    }

    /// The first that can do anything does it.
    pub(crate) fn goes_on(&mut self) -> Option<()> {
        if !self.world.flights.is_empty() {
            return self.act(Action::Land(0));
        }
        for who in [Who::Purge, Who::Copier(0), Who::Copier(1)] {
            if self.is_there(who) {
                return self.act(Action::Step(who));
            }
        }
        if let Some(message) = self.visible().first() {
            return self.act(Action::Receive(0, *message));
        }
        (0..self.requesters.len()).find_map(|n| self.act(Action::Step(Who::Requester(n))))
    }

    /// Whether time changes anything: for somebody who waits, or for a lease.
    fn is_waiting(&self) -> bool {
        let asked = self.requesters.iter().any(|one| *one != Requester::Done);
        let live = Entry::live(self.world.table.as_ref(), NOW);
        asked || !self.world.messages.is_empty() || live.is_some_and(holds)
    }

    /// At rest nobody works, nothing is in the queue, and no entry is held. What must hold then.
    fn rests_well(&self, budget: &Budget) -> Result<(), &'static str> {
        let missed_late = budget.may_miss_a_replica() && self.world.object.is_none();
        if self.is_present() && !self.is_served() && !missed_late {
            return Err("an entry is present without its good replica");
        }
        self.whoever_asks_is_served(budget)?;
        self.the_next_run_ends_what_is_left(budget)
    }

    /// With a replica; or, where the source has said that there is no such object, with that, and
    /// with a replica when the error is forgotten. Where a replica may be missed late, it is when
    /// it is looked at again.
    fn whoever_asks_is_served(&self, budget: &Budget) -> Result<(), &'static str> {
        let asked = self.asked(budget)?;
        if asked.is_served() {
            return Ok(());
        }
        let mut later = asked.clone();
        match Entry::live(asked.world.table.as_ref(), NOW).map(|entry| &entry.state) {
            Some(EntryState::Error(failed)) if failed.failure.kind.fault() == Fault::Absent => {
                later.pass(failed.retry_at.since(NOW));
            }
            Some(EntryState::Present(_)) if budget.may_miss_a_replica() => later.pass(RECHECK),
            _ => return Err("whoever asks is not served"),
        }
        later.settle_down(&budget.of_a_calm());
        if later.asked(budget)?.is_served() {
            Ok(())
        } else {
            Err("whoever asks again is not served")
        }
    }

    /// Whatever has become of entry and object: the next run that needs an upload ends all others.
    fn the_next_run_ends_what_is_left(&self, budget: &Budget) -> Result<(), &'static str> {
        if self.world.uploads.is_empty() {
            return Ok(());
        }
        let mut bare = self.clone();
        (bare.world.table, bare.world.object) = (None, None);
        let asked = bare.asked(budget)?;
        if asked.is_served() && asked.world.uploads.is_empty() {
            Ok(())
        } else {
            Err("the next run leaves an upload")
        }
    }

    /// What comes of one more request.
    fn asked(&self, budget: &Budget) -> Result<Self, &'static str> {
        let mut state = self.clone();
        state.requesters = vec![Requester::new()];
        for _ in 0..LONGEST {
            match state.calm_step(budget) {
                Some(next) => state = next,
                None => return Ok(state),
            }
        }
        Err("one more request never comes to rest")
    }

    pub(crate) fn is_served(&self) -> bool {
        let world = &self.world;
        let good = |object: &_| is_good(*object, NOW) && world.is_good(object.run);
        self.is_present() && world.object.as_ref().is_some_and(good)
    }
}

/// Whether something about this entry has to be waited for.
fn holds(entry: &Entry) -> bool {
    let held = |work: &Work| !lease_is_over(work.lease, NOW, LEASE);
    match &entry.state {
        EntryState::Pending(pending) => held(&pending.work),
        EntryState::Present(present) => present.renewal.as_ref().is_some_and(held),
        EntryState::Purging(purging) => !purging.is_over(NOW, LEASE),
        EntryState::Error(_) => false,
    }
}
