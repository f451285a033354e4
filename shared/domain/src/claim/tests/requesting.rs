//! What requesters may write: claims, renewals and confirmations.

use super::*;

#[test]
fn a_claim_holds_for_a_lease_and_is_then_taken_over() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW));
    assert!(table.claim(1, NOW), "its own write is recognised");
    assert!(
        !table.claim(2, NOW + LEASE - SECOND),
        "while the lease is alive"
    );
    assert!(table.claim(2, NOW + LEASE), "when it is over");
    assert_eq!(table.entry().tries, 2);
}

#[test]
fn a_claim_keeps_the_unfinished_upload_of_whoever_died() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    let upload = upload_with_parts(0);
    let own = Entry {
        upload: Some(upload.clone()),
        ..table.entry().clone()
    };
    assert!(table.extend(2, &own, NOW));
    assert!(table.claim(3, NOW + LEASE));
    assert_eq!(table.entry().upload, Some(upload));
}

#[test]
fn the_fourth_claim_in_a_row_that_nobody_ended_gives_up_for_a_while() {
    let mut table = Table::default();
    let mut now = NOW;
    for attempt in 1..=3 {
        assert!(table.claim(attempt, now), "claim {attempt}");
        now = now + 2 * LEASE;
    }
    assert!(!table.claim(4, now), "the fourth settles an error instead");
    assert_eq!(table.status(), "error");
    assert_eq!(table.retry_at(), now + LEASE, "the longest pause");
    assert!(!table.claim(5, now + LEASE - SECOND));
    assert!(table.claim(5, now + LEASE), "and then it is tried again");
}

#[test]
fn only_an_unbegun_claim_may_settle_by_its_attempt() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW));
    assert!(
        !table.settle(Holder::Attempt(id(9)), &present_for(HOUR), NOW),
        "not another's"
    );
    assert!(table.begin(2, NOW));
    assert!(
        !table.settle(Holder::Attempt(id(1)), &present_for(HOUR), NOW),
        "a copier is at it"
    );
    assert!(table.settle(Holder::Run(id(2)), &present_for(HOUR), NOW));
    assert!(
        table.settle(Holder::Run(id(2)), &present_for(HOUR), NOW),
        "its own write"
    );
}

#[test]
fn a_released_claim_is_free_at_once_and_counts_as_no_try() {
    let mut table = Table::default();
    for attempt in 1..=10 {
        assert!(table.claim(attempt, NOW), "claim {attempt}");
        assert!(table.release(Holder::Attempt(id(attempt)), NOW));
        assert!(
            table.release(Holder::Attempt(id(attempt)), NOW),
            "its own write"
        );
    }
    assert!(table.claim(11, NOW));
    assert_eq!(table.entry().tries, 1);
}

#[test]
fn a_renewal_leaves_the_entry_present_until_it_settles() {
    let mut table = Table::with_a_present_entry();
    assert!(
        !table.claim(3, NOW),
        "far from its end there is nothing to claim"
    );
    let late = NOW + 4 * HOUR;
    assert!(table.claim(3, late), "in the last eighth of a day");
    assert!(table.claim(3, late), "its own write is recognised");
    assert!(!table.claim(4, late), "once");
    assert!(table.begin(5, late));
    assert_eq!(table.status(), "present");
    assert!(table.settle(Holder::Run(id(5)), &present_for(20 * HOUR), late));
    assert_eq!((table.status(), table.renewal()), ("present", None));
    assert_eq!(table.entry().expires, NOW + 20 * HOUR);
}

#[test]
fn a_failed_renewal_changes_nothing_but_its_own_pause() {
    let mut table = Table::with_a_present_entry();
    let late = NOW + 4 * HOUR;
    assert!(table.claim(3, late) && table.begin(5, late));
    assert!(table.settle(Holder::Run(id(5)), &error(Kind::SourceNotFound), late));
    assert_eq!((table.status(), table.renewal()), ("present", None));
    assert_eq!(table.entry().expires, NOW + 6 * HOUR);
    assert!(!table.claim(6, late + SECOND), "not again at once");
    assert!(table.claim(6, late + LEASE));
}

#[test]
fn a_confirmation_counts_only_for_the_settlement_that_was_seen() {
    let mut table = Table::with_a_present_entry();
    let later = NOW + HOUR;
    assert!(!table.tell(confirm(table.0.as_ref(), id(9), later)));
    assert!(table.tell(confirm(table.0.as_ref(), id(2), later)));
    let State::Present(present) = &table.entry().state else {
        panic!("not present")
    };
    assert_eq!(present.checked, later);
}

#[test]
fn waiters_know_the_size_of_a_copy_whoever_has_it_in_hand() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    table.note_size(2, 7, NOW);
    let later = NOW + SECOND;
    assert!(table.release(Holder::Run(id(2)), later));
    assert_eq!(table.underway(), Some((7, NOW)));
    assert!(table.begin(3, later));
    assert_eq!(table.underway(), Some((7, later)));
    assert!(table.claim(4, later + LEASE));
    assert_eq!(table.underway(), Some((7, later + LEASE)));
}

#[test]
fn a_requester_who_finds_the_replica_leaves_the_upload_to_the_next_renewal() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW) && table.advance(2, 1, NOW));
    assert!(table.claim(3, NOW + LEASE));
    assert!(table.settle(Holder::Attempt(id(3)), &present_for(HOUR), NOW + LEASE));
    assert_eq!(table.parts(), 1);
}
