//! Whose hands things are in: what is held is worked on, and what was sent is not lost.

use cloud_mirror_domain::entry::{Entry, State as EntryState, Work, lease_is_over};
use stateright::Property;
use ulid::Ulid;

use crate::copier::responsible;
use crate::model::{Budget, Protocol, State};
use crate::requester::{Requester, Seen};
use crate::stage::Stage;
use crate::terms::is_good;
use crate::world::{LEASE, NOW, Object, Sent, What, purges_before};

pub(crate) fn of(budget: &Budget) -> Vec<Property<Protocol>> {
    let mut properties = Vec::new();
    let mut always = |holds, name, promise| {
        if holds {
            properties.push(Property::always(name, promise));
        }
    };
    let hidden = budget.table_losses + budget.clock_steps > 0;
    let vanishes = hidden || budget.losses + budget.crashes + budget.failed_calls > 0;
    always(
        !vanishes,
        "what is held is in somebody's hands",
        is_in_hands as Promise,
    );
    // What has waited for days may expire while somebody begins at last.
    let ages = budget.time > 0 && budget.jumps > 0;
    always(
        !hidden && !ages,
        "a live run keeps its entry",
        a_live_run_keeps_its_entry,
    );
    always(
        budget.losses == 0 && !hidden,
        "a purge that waits has its message",
        a_purge_waits,
    );
    // A final write that nobody waits for lands late, and is not served.
    let late = budget.lost_replies > 0;
    always(
        !hidden && !late,
        "what was purged is gone",
        what_was_purged_is_gone,
    );
    let timeless = budget.time + budget.failed_calls == 0 && !hidden;
    always(
        timeless,
        "a good replica is served",
        a_good_replica_is_served,
    );
    let only_asked_for = budget.requesters == 0 && !vanishes_or_fails(budget);
    always(only_asked_for, "no message is lost", no_message_is_lost);
    properties
}

type Promise = fn(&Protocol, &State) -> bool;

fn vanishes_or_fails(budget: &Budget) -> bool {
    let gone = budget.losses + budget.table_losses + budget.vanishings + budget.jumps;
    gone + budget.purges + budget.failed_copies + budget.clock_steps > 0
}

/// A lease that is alive has somebody at work, or a message that will bring somebody.
fn is_in_hands(_: &Protocol, state: &State) -> bool {
    let live = Entry::live(state.world.table.as_ref(), NOW);
    let held = |work: &Work| !lease_is_over(work.lease, NOW, LEASE);
    let Some(work) = live.and_then(responsible).filter(held) else {
        return true;
    };
    let sent = state.world.messages.iter().any(is_put);
    let received = received(state).any(is_put);
    let asked = |one: &Requester| one.holds(work.attempt);
    sent || received || work.run.is_none() && state.requesters.iter().any(asked)
}

impl Requester {
    fn holds(&self, claim: Ulid) -> bool {
        match self {
            Self::At(seen) => match &**seen {
                Seen::Claimed(entry) | Seen::ClaimedAndLooked(entry, _) => {
                    responsible(entry).is_some_and(|work| work.attempt == claim)
                }
                _ => false,
            },
            Self::Claiming { attempt, .. } | Self::Renewing { attempt, .. } => *attempt == claim,
            Self::Releasing(attempt) => *attempt == claim,
            Self::Done => false,
        }
    }
}

/// Nobody but a purge takes an entry from a run whose lease is alive.
fn a_live_run_keeps_its_entry(_: &Protocol, state: &State) -> bool {
    let found = match Entry::live(state.world.table.as_ref(), NOW) {
        Some(entry) if !matches!(entry.state, EntryState::Purging(_)) => entry,
        _ => return true,
    };
    let running = responsible(found).and_then(|work| work.run);
    state.copiers.iter().all(|copier| match &copier.stage {
        Stage::Unseen(run) | Stage::Ready(run, _) | Stage::Writing(run, _) => {
            let purged = purges_before(run.id) < state.world.purges_begun;
            purged || run.has_nothing_left(&state.world) || running == Some(run.id)
        }
        _ => true,
    })
}

/// What was answered with "later" is done later.
fn a_purge_waits(_: &Protocol, state: &State) -> bool {
    let world = &state.world;
    let sent = world.messages.iter().chain(received(state));
    let waits = world.purge_accepted > world.purge_done;
    !waits || state.purge.is_some() || sent.into_iter().any(|sent| !is_put(sent))
}

fn what_was_purged_is_gone(_: &Protocol, state: &State) -> bool {
    let world = &state.world;
    let is_new = |object: Object| purges_before(object.run) >= world.purge_done;
    world.object.is_none_or(is_new)
}

/// Whatever failed behind it.
fn a_good_replica_is_served(_: &Protocol, state: &State) -> bool {
    let live = Entry::live(state.world.table.as_ref(), NOW);
    match live.map(|entry| &entry.state) {
        Some(EntryState::Error(_)) => !state.world.object.is_some_and(|one| is_good(one, NOW)),
        _ => true,
    }
}

/// What any program has sent is in the queue, or in somebody's hand, or done.
fn no_message_is_lost(model: &Protocol, state: &State) -> bool {
    let sent = state.world.messages.iter().any(is_put);
    let received = received(state).next().is_some();
    model.budget.prefetches == 0 || sent || received || state.is_present()
}

/// The messages that copiers work on.
fn received(state: &State) -> impl Iterator<Item = &Sent> {
    state
        .copiers
        .iter()
        .filter_map(|copier| copier.message.as_ref())
}

fn is_put(sent: &Sent) -> bool {
    matches!(sent.what, What::Put { .. })
}
