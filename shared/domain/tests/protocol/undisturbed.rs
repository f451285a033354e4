//! What comes of any state if from then on nothing goes wrong, but what is said of each.

use cloud_mirror_domain::claim::MAX_TRIES;
use cloud_mirror_domain::entry::{Entry, State as EntryState};
use stateright::Property;

use crate::copier::{Copier, responsible};
use crate::model::{Budget, Protocol, State};
use crate::purge::Purge;
use crate::requester::Requester;
use crate::run::Run;
use crate::stage::Stage;
use crate::terms::{LIFESPAN, is_good};
use crate::world::{LEASE, NOW, Object, Sent, What};

/// More steps than any of these takes.
const ENOUGH: usize = 60;

pub(crate) fn of(budget: &Budget) -> Vec<Property<Protocol>> {
    let mut properties = vec![
        Property::always("work that comes late is good work", late_work_is_good_work),
        Property::always("what is never brought to an end is given up", is_given_up),
        Property::always("an error is not tried again too early", errors_hold),
        Property::always("a purge that is asked for is done", a_purge_is_done),
        Property::always(
            "a lost table costs a look, and no copy",
            a_lost_table_costs_a_look,
        ),
    ];
    if budget.table_losses + budget.clock_steps == 0 {
        // What a run knows of its upload may be wrong where it was hidden from another.
        let name = "a run outlives a lost table";
        properties.push(Property::always(name, a_run_outlives_a_lost_table));
        let name = "a run outlives a table that does not answer";
        properties.push(Property::always(name, a_run_outlives_a_silent_table));
    }
    properties
}

/// One copier and the message that it receives: a replica comes of it, however long it has queued,
/// where nobody else is at work.
fn late_work_is_good_work(_: &Protocol, state: &State) -> bool {
    let Some(message) = state.world.messages.iter().find(|sent| sent.is_put()) else {
        return true;
    };
    let live = Entry::live(state.world.table.as_ref(), NOW);
    let work = live.and_then(responsible);
    let to_be_begun = work.map_or(live.is_none(), |work| !work.has_live_run(NOW, LEASE));
    if state.is_anybody_at_work() || !to_be_begun {
        return true;
    }
    let mut late = state.alone();
    late.copiers[0] = Copier::receive(*message, &mut late.world);
    late.goes_on_for_long();
    let is_new = |object: &Object| object.stored == NOW;
    late.is_served() && (!state.is_present() || late.world.object.as_ref().is_some_and(is_new))
}

/// Claimed again and again, and never begun.
fn is_given_up(_: &Protocol, state: &State) -> bool {
    if state.is_present() {
        return true;
    }
    let mut state = state.alone();
    (0..=MAX_TRIES + 1).any(|_| {
        state.pass(LEASE * 4);
        let attempt = state.world.mint();
        state.world.claim(attempt);
        matches!(state.entry(), Some(EntryState::Error(_)))
    })
}

/// Neither by who asks nor by a message that comes.
fn errors_hold(_: &Protocol, state: &State) -> bool {
    match state.entry() {
        Some(EntryState::Error(failed)) if failed.retry_at > NOW => {}
        _ => return true,
    }
    let mut tried = state.alone();
    tried.requesters = vec![Requester::new()];
    let puts = state.world.messages.iter().filter(|sent| sent.is_put());
    tried.world.messages.extend(puts);
    let runs = tried.world.runs;
    tried.goes_on_for_long();
    tried.world.runs == runs
}

/// Whatever others have left, whose leases are over.
fn a_purge_is_done(_: &Protocol, state: &State) -> bool {
    let mut state = state.alone();
    state.pass(LEASE * 4);
    state.purge = Some(Purge::asked(&mut state.world));
    state.goes_on_for_long();
    let world = &state.world;
    world.purge_done == world.purges_begun && world.object.is_none() && world.messages.is_empty()
}

/// All of it, when nobody is at work: the first who asks finds the replica.
fn a_lost_table_costs_a_look(_: &Protocol, state: &State) -> bool {
    let has_life = |object: &_| is_good(*object, NOW + LIFESPAN / 2);
    let at_rest = state.is_present() && !state.is_anybody_at_work();
    if !at_rest || !state.world.object.as_ref().is_some_and(has_life) {
        return true;
    }
    let mut lost = state.alone();
    lost.world.lose_table();
    lost.requesters = vec![Requester::new()];
    lost.goes_on_for_long();
    lost.is_served() && lost.world.runs == state.world.runs
}

/// A run inserts its entry again and settles it, or has done already what is then found.
fn a_run_outlives_a_lost_table(_: &Protocol, state: &State) -> bool {
    state.copiers.iter().all(|copier| {
        if !is_at_it(copier, state) {
            return true;
        }
        let mut lost = state.alone();
        lost.copiers[0] = copier.clone();
        lost.world.lose_table();
        lost.goes_on_for_long();
        lost.requesters = vec![Requester::new()];
        lost.goes_on_for_long();
        lost.is_served() && lost.world.runs == state.world.runs
    })
}

/// A heartbeat that is not answered stops nobody whose lease is alive.
fn a_run_outlives_a_silent_table(_: &Protocol, state: &State) -> bool {
    let beats = |copier: &Copier| match &copier.stage {
        Stage::Ready(run, _) => run.asks_the_table(&state.world),
        _ => false,
    };
    let mut at_it = state
        .copiers
        .iter()
        .filter(|copier| is_at_it(copier, state));
    at_it.all(|copier| {
        let mut unheard = state.alone();
        match copier.fails(&mut unheard.world) {
            Some(next) if beats(copier) => unheard.copiers[0] = next,
            _ => return true,
        }
        unheard.goes_on_for_long();
        unheard.is_served() && unheard.world.runs == state.world.runs
    })
}

/// Before its final write, with time for it, and the only one.
fn is_at_it(copier: &Copier, state: &State) -> bool {
    let own = |run: &Run| {
        let lasts = |entry: &&Entry| entry.is_live(NOW + LEASE);
        let holds = |entry: &Entry| responsible(entry).and_then(|work| work.run) == Some(run.id);
        !run.has_nothing_left(&state.world)
            && state.world.table.as_ref().filter(lasts).is_some_and(holds)
    };
    match &copier.stage {
        Stage::Ready(run, _) => own(run) && !state.is_present() && !run.opened,
        _ => false,
    }
}

impl State {
    fn entry(&self) -> Option<&EntryState> {
        Some(&Entry::live(self.world.table.as_ref(), NOW)?.state)
    }

    /// Nobody is there, and nothing on its way.
    fn alone(&self) -> Self {
        let mut alone = self.clone();
        (alone.requesters, alone.purge, alone.clock) = (Vec::new(), None, None);
        alone.copiers = [Copier::idle(), Copier::idle()];
        alone.world.messages.clear();
        alone.world.flights.clear();
        alone
    }

    fn goes_on_for_long(&mut self) {
        for _ in 0..ENOUGH {
            if self.goes_on().is_none() {
                return;
            }
        }
    }
}

impl Sent {
    fn is_put(&self) -> bool {
        matches!(self.what, What::Put { .. })
    }
}
