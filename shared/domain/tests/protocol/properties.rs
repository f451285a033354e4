//! What must always hold, and what must be possible.

use cloud_mirror_domain::entry::{Entry, Purging, State as EntryState, Work, lease_is_over};
use stateright::Property;

use crate::copier::Copier;
use crate::hands;
use crate::model::{Budget, Protocol, State};
use crate::requester::Requester;
use crate::terms::lifetimes;
use crate::undisturbed;
use crate::upload::carried_by;
use crate::world::{LEASE, NOW, purges_before};

pub(crate) fn of(budget: &Budget) -> Vec<Property<Protocol>> {
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
        Property::always("a replica is whole", |_, state: &State| !state.world.torn),
        Property::always("it ends well", |model: &Protocol, state: &State| {
            state.ends_well(&model.budget, &model.memory).is_ok()
        }),
        Property::sometimes("a copy is made and served", |_, state: &State| {
            state.is_present() && state.requesters.contains(&Requester::Done)
        }),
    ];
    if budget.closely {
        properties.extend(undisturbed::of(budget));
        properties.extend(hands::of(budget));
    }
    if budget.one_copy {
        properties.push(Property::always("exactly one copy", one_copy_is_made));
    }
    if budget.jumps > 0 && budget.purges == 0 {
        properties.push(Property::sometimes(
            "a replica is renewed",
            |_, state: &State| state.is_present() && state.world.copies > 1,
        ));
    }
    if budget.purges > 0 {
        properties.push(Property::sometimes(
            "a purge is done",
            |_, state: &State| state.world.purge_done > 0,
        ));
    }
    if budget.copies_are.in_parts {
        properties.extend(of_uploads(budget));
    }
    properties
}

fn of_uploads(budget: &Budget) -> Vec<Property<Protocol>> {
    let mut properties = vec![
        Property::always(
            "every upload has somebody who ends it",
            every_upload_has_somebody,
        ),
        Property::sometimes("a run goes on with another's upload", |_, state: &State| {
            state.copiers.iter().any(Copier::goes_on_with_anothers)
        }),
    ];
    if budget.table_losses == 0 && budget.clock_steps == 0 && budget.jumps == 0 {
        properties.push(Property::always(
            "no part is copied twice",
            |_, state: &State| !state.world.wasted,
        ));
    }
    properties
}

/// Every hand-over is one more run, which writes nothing that is there already. What was sent and
/// not heard is sent again.
fn one_copy_is_made(model: &Protocol, state: &State) -> bool {
    let (budget, left, world) = (&model.budget, &state.left, &state.world);
    let handed_on = budget.handovers - left.handovers;
    let unheard = budget.lost_replies - left.lost_replies;
    let puts = world.messages.iter().filter(|sent| !sent.is_a_purges());
    let sent_once = puts.count() <= usize::from(1 + handed_on + unheard);
    sent_once && world.copies <= 1 && world.runs <= 1 + handed_on
}

/// An upload that an entry has carried is carried on, or somebody has it in hand. Any may be left
/// by a table that was lost, and one that was never recorded by a run that could not go on: "it
/// ends well" asks that the next run ends those.
fn every_upload_has_somebody(_: &Protocol, state: &State) -> bool {
    let carried = state.world.table.as_ref().and_then(carried_by);
    let is_carried = |id| carried.is_some_and(|carried| carried.id == id);
    state.world.uploads.iter().all(|upload| {
        let known = is_carried(upload.id) || state.has_in_hand(upload.id);
        known || upload.forgotten || !upload.recorded
    })
}

/// Neither by its entry nor, once it is answered, by what a purge has left.
fn not_served_after_a_purge(_: &Protocol, state: &State) -> bool {
    let live = Entry::live(state.world.table.as_ref(), NOW);
    match live.map(|entry| &entry.state) {
        Some(EntryState::Present(present)) => {
            let run = present.replica.written_by;
            state
                .world
                .is_good(run.expect("every replica names its run"))
        }
        _ => true,
    }
}

/// A good replica: one whose run began after the last purge that is done. Which run's it is does
/// not matter, for every run copies the same immutable source.
///
/// A purge whose own entry is gone, because the table was lost or somebody's clock was wrong, may
/// delete what was copied since. It notices at its end, and purges that too; where it may come to
/// no end, what it deleted is missed when it is looked at again.
fn present_has_its_replica(model: &Protocol, state: &State) -> bool {
    let world = &state.world;
    let budget = &model.budget;
    let clock_was_wrong = budget.clock_steps > state.left.clock_steps;
    let notices = (world.table_was_lost || clock_was_wrong) && state.a_purge_will_notice();
    let missed_late = budget.may_miss_a_replica() && world.object.is_none();
    let good = world
        .object
        .is_some_and(|object| purges_before(object.run) >= world.purge_done);
    !state.is_present() || good || notices || missed_late
}

/// A claim holds for a lease and a half at most, a run for one, and a purge for one after what it
/// waits for. A fast clock's may end later, and then counts as over until it is so near.
fn nothing_holds_beyond_its_lease(model: &Protocol, state: &State) -> bool {
    let fast = model.budget.clocks.iter().any(|by| *by > 0);
    let live = Entry::live(state.world.table.as_ref(), NOW);
    match live.map(|entry| &entry.state) {
        Some(EntryState::Pending(pending)) => work_ends(&pending.work, fast),
        Some(EntryState::Present(present)) => {
            present.renewal.is_none_or(|work| work_ends(&work, fast))
        }
        Some(EntryState::Purging(purging)) => purging_ends(purging, fast),
        _ => true,
    }
}

fn work_ends(work: &Work, fast: bool) -> bool {
    let longest = match work.run {
        Some(_) => LEASE,
        None => LEASE + LEASE / 2,
    };
    let limit = if fast { LEASE * 2 } else { longest };
    lease_is_over(work.lease, NOW, LEASE) && fast || work.lease <= NOW + limit
}

fn purging_ends(purging: &Purging, fast: bool) -> bool {
    let waits = LEASE + lifetimes().write_limit() + lifetimes().skew();
    let limit = if fast { LEASE * 4 } else { LEASE };
    purging.is_over(NOW, LEASE) && fast || purging.lease <= NOW + waits + limit
}
