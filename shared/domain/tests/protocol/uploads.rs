//! Copies that go in parts, and runs that stop early and hand their work on.

use stateright::Checker;

use crate::model::Budget;
use crate::world::{Copies, Verb};
use crate::{check, explore};

const IN_PARTS: Copies = Copies {
    in_parts: true,
    lost_by: None,
};

/// One requester, and one run that may hand its work on.
fn in_parts() -> Budget {
    Budget {
        requesters: 1,
        handovers: 1,
        copies_are: IN_PARTS,
        ..Budget::default()
    }
}

fn with_a_crash() -> Budget {
    Budget {
        crashes: 1,
        time: 4,
        ..in_parts()
    }
}

fn with_a_purge() -> Budget {
    Budget {
        purges: 1,
        crashes: 1,
        time: 2,
        ..in_parts()
    }
}

#[test]
fn work_that_is_handed_on_is_one_copy_however_often_its_messages_come() {
    let budget = Budget {
        requesters: 2,
        duplicates: 2,
        failed_sends: 1,
        one_copy: true,
        ..in_parts()
    };
    println!("hand-overs and duplicates: {} states", explore(budget));
}

#[test]
fn no_crash_around_a_hand_over_loses_an_upload() {
    println!(
        "a hand-over and a crash: {} states",
        explore(with_a_crash())
    );
}

#[test]
fn no_message_around_a_hand_over_loses_an_upload() {
    let budget = Budget {
        duplicates: 1,
        losses: 1,
        failed_sends: 1,
        time: 3,
        ..in_parts()
    };
    println!("a hand-over and its messages: {} states", explore(budget));
}

#[test]
fn a_purge_ends_the_upload_that_it_meets() {
    println!(
        "a hand-over and a purge: {} states",
        explore(with_a_purge())
    );
}

#[test]
fn what_a_lost_table_leaves_is_ended_by_the_next_run() {
    let budget = Budget {
        table_losses: 1,
        time: 2,
        ..in_parts()
    };
    println!("a hand-over and a lost table: {} states", explore(budget));
}

#[test]
fn a_renewal_may_be_handed_on() {
    let budget = Budget {
        jumps: 1,
        time: 2,
        ..in_parts()
    };
    println!("a hand-over of a renewal: {} states", explore(budget));
}

#[test]
fn a_verb_that_drops_an_upload_is_caught() {
    for (verb, budget) in [
        (Verb::Release, in_parts()),
        (Verb::Begin, in_parts()),
        (Verb::Claim, with_a_crash()),
        (Verb::BeginPurge, with_a_purge()),
    ] {
        let copies_are = Copies {
            lost_by: Some(verb),
            ..IN_PARTS
        };
        let budget = Budget {
            copies_are,
            ..budget
        };
        let found = check(budget).discoveries();
        let caught = "every upload has somebody who ends it";
        assert!(found.contains_key(caught), "{verb:?}: {:?}", found.keys());
    }
}
