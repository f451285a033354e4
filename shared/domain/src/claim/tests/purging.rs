//! What purgers may write.

use super::*;

#[test]
fn a_purge_fences_everybody_and_leaves_a_mark() {
    let mut table = Table::with_a_present_entry();
    assert!(table.begin_purge(7, None, NOW));
    assert_eq!(table.purging().run_until, None);
    assert!(!table.claim(8, NOW) && !table.begin(9, NOW));
    assert!(
        !table.begin_purge(10, None, NOW),
        "the first purge covers the second"
    );
    assert!(!table.forget(10, NOW), "only its owner ends it");
    assert!(table.forget(7, NOW));
    assert_eq!(table.status(), "absent");
    assert!(table.claim(8, NOW));
    assert!(
        table.entry().distrust,
        "whatever is found has to be replaced"
    );
    assert!(table.begin(9, NOW));
    assert!(table.settle(Holder::Run(id(9)), &present_for(HOUR), NOW));
    assert!(!table.entry().distrust);
}

#[test]
fn a_purge_over_a_live_run_waits_until_that_can_no_longer_write() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    assert!(table.begin_purge(7, None, NOW));
    let lifetimes = terms().lifetimes;
    let run_until = NOW + LEASE + lifetimes.write_limit() + lifetimes.skew();
    assert_eq!(table.purging().run_until, Some(run_until));
    assert!(!table.claim(3, run_until), "its lease covers the wait");
    assert!(
        table.begin_purge(8, Some(7), run_until),
        "its message goes on with it"
    );
    assert!(
        !table.begin_purge(9, Some(7), run_until),
        "the second delivery leaves"
    );
    assert_eq!(table.purging().run_until, None);
}

#[test]
fn a_purge_whose_owner_died_is_claimed_over_with_distrust() {
    let mut table = Table::with_a_present_entry();
    assert!(table.begin_purge(7, None, NOW));
    assert!(table.claim(8, NOW + LEASE));
    assert!(table.entry().distrust);
    assert!(
        !table.forget(7, NOW + LEASE),
        "the dead owner ends nothing any more"
    );
    assert!(table.claim(9, NOW + 3 * LEASE));
    assert!(table.entry().distrust, "distrust outlives a takeover");
}

#[test]
fn a_purge_from_a_fast_clock_holds_nobody_up() {
    let mut table = Table::default();
    let fast = NOW + HOUR;
    assert!(table.claim(1, fast) && table.begin(2, fast));
    assert!(table.begin_purge(7, None, fast));
    assert!(table.begin_purge(8, None, NOW), "another purge takes over");
    assert_eq!(table.purging().run_until, None, "and waits for nothing");
    assert!(table.begin_purge(7, None, fast) && table.claim(3, NOW));
}

#[test]
fn forgetting_a_present_entry_carries_a_live_renewal_on() {
    let mut table = Table::with_a_present_entry();
    let late = NOW + 4 * HOUR;
    assert!(table.claim(3, late) && table.begin(5, late));
    assert!(!table.forget(9, late), "only the settlement that was seen");
    assert!(table.forget(2, late));
    assert_eq!(table.status(), "pending");
    assert!(table.settle(Holder::Run(id(5)), &present_for(20 * HOUR), late));
    let mut settled = Table::with_a_present_entry();
    assert!(settled.forget(2, NOW));
    assert_eq!(settled.0, None);
}
