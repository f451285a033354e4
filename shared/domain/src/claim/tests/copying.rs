//! What copiers may write: runs that begin, live, hand on and end.

use super::*;

#[test]
fn of_two_deliveries_one_begins() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW));
    assert!(table.begin(2, NOW));
    assert!(table.begin(2, NOW), "its own write is recognised");
    assert!(!table.begin(3, NOW + SECOND), "the other leaves");
    assert!(table.begin(3, NOW + LEASE), "unless the first has died");
}

#[test]
fn a_message_without_an_entry_or_over_a_present_one_begins_nothing() {
    assert!(!Table::default().begin(2, NOW));
    let mut table = Table::with_a_present_entry();
    assert!(!table.begin(3, NOW), "fault 10 of the Node original");
    assert_eq!(table.status(), "present");
}

#[test]
fn what_queued_for_longer_than_its_lease_is_still_good_work() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW));
    assert!(table.begin(2, NOW + 10 * LEASE));
}

#[test]
fn no_entry_ends_under_a_run_however_late_that_began() {
    let mut table = Table::default();
    let late = NOW + terms().keep() - SECOND;
    assert!(table.claim(1, NOW) && table.begin(2, late));
    let own = table.entry().clone();
    assert!(table.extend(2, &own, late));
    assert!(
        !table.claim(3, late + 2 * SECOND),
        "nobody copies beside it"
    );
}

#[test]
fn a_run_that_was_overtaken_is_fenced_from_every_write() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    let own = table.entry().clone();
    assert!(table.claim(3, NOW + LEASE));
    let later = NOW + LEASE;
    assert!(!table.extend(2, &own, later));
    assert!(!table.settle(Holder::Run(id(2)), &present_for(HOUR), later));
    assert!(!table.release(Holder::Run(id(2)), later));
}

#[test]
fn a_run_whose_table_was_lost_inserts_itself_again_while_its_lease_lasts() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    let own = table.entry().clone();
    table.0 = None;
    assert!(
        !table.extend(2, &own, NOW + LEASE),
        "not once its lease is over"
    );
    assert!(table.extend(2, &own, NOW + LEASE - SECOND));
    assert_eq!(table.status(), "pending");
    assert!(table.settle(Holder::Run(id(2)), &present_for(HOUR), NOW + LEASE));
}

#[test]
fn transient_errors_back_off_and_then_give_up_for_a_while() {
    let mut table = Table::default();
    let mut now = NOW;
    let mut pauses = Vec::new();
    for n in 1..=4 {
        assert!(table.claim(2 * n, now) && table.begin(2 * n + 1, now));
        assert!(table.settle(Holder::Run(id(2 * n + 1)), &error(Kind::SourceFailed), now));
        assert!(
            !table.claim(99, table.retry_at() - SECOND / 2),
            "not before its time"
        );
        pauses.push(table.retry_at().since(now).as_secs());
        now = table.retry_at();
    }
    assert_eq!(pauses, [1, 2, 60, 60]);
}

#[test]
fn why_a_copy_died_is_remembered_until_somebody_can_have_looked_at_its_letter() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    assert!(table.settle(Holder::Run(id(2)), &error(Kind::NotPermitted), NOW));
    let in_a_week = NOW + HOUR * 24 * 7 - SECOND;
    let remembered = Entry::live(table.0.as_ref(), in_a_week);
    assert!(remembered.is_some_and(|entry| matches!(entry.state, State::Error(_))));
    assert!(table.claim(3, in_a_week), "and keeps nobody from trying");
}

#[test]
fn a_message_may_begin_again_after_a_transient_error_only() {
    for (kind, may) in [(Kind::SourceFailed, true), (Kind::SourceNotFound, false)] {
        let mut table = Table::default();
        assert!(table.claim(1, NOW) && table.begin(2, NOW));
        assert!(table.settle(Holder::Run(id(2)), &error(kind), NOW));
        assert!(!table.begin(3, NOW), "{kind}: not before its time");
        assert_eq!(table.begin(3, NOW + LEASE), may, "{kind}");
    }
}

#[test]
fn a_run_that_stops_early_hands_its_work_on_to_a_message() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    assert!(table.advance(2, 1, NOW) && table.release(Holder::Run(id(2)), NOW));
    let waits = NOW + LEASE - SECOND;
    assert!(!table.claim(3, waits), "the message has its time");
    assert_eq!(table.parts(), 1, "and the upload is kept");
    assert!(!table.extend(2, &table.entry().clone(), waits), "fenced");
    assert!(table.begin(4, waits));
}

#[test]
fn a_run_that_gets_further_is_no_failed_try() {
    let mut table = Table::default();
    let (mut at, mut ids) = (NOW, 1..);
    for parts in 1..=10 {
        let (attempt, run) = (ids.next().unwrap(), ids.next().unwrap());
        assert!(table.claim(attempt, at), "never given up: {parts}");
        assert!(table.begin(run, at) && table.advance(run, parts, at));
        assert_eq!(table.entry().tries, 1);
        at = at + LEASE * 2;
    }
    let (attempt, run) = (ids.next().unwrap(), ids.next().unwrap());
    assert!(table.claim(attempt, at) && table.begin(run, at));
    assert!(table.advance(run, 10, at));
    assert_eq!(table.entry().tries, 2, "the same parts again are none");
}
