//! What must always hold, and what must be possible.

use cloud_mirror_domain::entry::{Entry, State as EntryState};
use stateright::Property;

use crate::copier::Copier;
use crate::model::{Budget, Protocol, State};
use crate::requester::Requester;
use crate::upload::carried_by;
use crate::world::{LEASE, World, purges_before};

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
        Property::always("whoever asks later is served", whoever_asks_later_is_served),
        Property::sometimes("a copy is made and served", |_, state: &State| {
            state.is_present() && state.requesters.contains(&Requester::Done)
        }),
    ];
    if budget.one_copy {
        properties.push(Property::always("exactly one copy", one_copy_is_made));
    }
    if budget.jumps > 0 {
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
        Property::always("the next run ends what is left", the_next_run_ends_the_rest),
        Property::sometimes("a run goes on with another's upload", |_, state: &State| {
            state.copiers.iter().any(Copier::goes_on_with_anothers)
        }),
    ];
    if budget.table_losses == 0 {
        properties.push(Property::always(
            "no part is copied twice",
            |_, state: &State| !state.world.wasted,
        ));
    }
    properties
}

/// Every hand-over is one more run, which writes nothing that is there already.
fn one_copy_is_made(model: &Protocol, state: &State) -> bool {
    let handed_on = model.budget.handovers - state.left.handovers;
    state.world.copies <= 1 && state.world.runs <= 1 + handed_on
}

/// An upload that an entry has carried is carried on, or somebody has it in hand. One that was
/// never recorded may be left by a run that crashed, and any by a table that was lost.
fn every_upload_has_somebody(model: &Protocol, state: &State) -> bool {
    let carried = state.world.table.as_ref().and_then(carried_by);
    let mut adrift = state.world.uploads.iter().filter(|(id, upload)| {
        Some(**id) != carried && !upload.forgotten && !state.has_in_hand(**id)
    });
    let crashes = usize::from(model.budget.crashes - state.left.crashes);
    adrift.clone().count() <= crashes && adrift.all(|(_, upload)| !upload.recorded)
}

/// Whatever has become of entry and object: the next run that needs an upload ends all others.
fn the_next_run_ends_the_rest(_: &Protocol, state: &State) -> bool {
    if state.world.uploads.is_empty() || state.is_anybody_at_work() {
        return true;
    }
    let mut world = state.world.clone();
    world.messages.clear();
    (world.table, world.object) = (None, None);
    ask_undisturbed(&mut world);
    is_served(&world) && world.uploads.is_empty()
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
