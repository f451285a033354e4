//! The protocol, explored exhaustively.
//!
//! Two requesters, two copiers and a purger share one entry, one replica and one queue, and every
//! interleaving of their steps with crashes, lost and duplicate messages, passing time and a lost
//! table is visited. The requesters' steps are those of `decide`, every write to the table is one
//! of `claim`'s own transitions: model and code cannot part.
//!
//! Copies in parts, whose runs may stop early and hand an unfinished upload on, are explored with
//! smaller budgets of their own: see `uploads`.
//!
//! Not explored here: expiry, clock steps and failed copies. Their rules have stories of their own
//! in `src/claim/tests`, one at a time.

mod copier;
mod model;
mod properties;
mod purge;
mod requester;
mod upload;
mod uploads;
mod world;

use model::{Budget, Protocol};
use stateright::{Checker, HasDiscoveries, Model};

fn check(budget: Budget) -> impl Checker<Protocol> {
    let model = Protocol { budget };
    model
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join()
}

fn explore(budget: Budget) -> usize {
    let checker = check(budget);
    checker.assert_properties();
    assert!(
        checker.unique_state_count() > 500,
        "a budget that allows nothing shows nothing"
    );
    checker.unique_state_count()
}

#[test]
fn no_interleaving_of_a_crash_and_time_breaks_a_promise() {
    let states = explore(Budget {
        crashes: 1,
        time: 4,
        requesters: 2,
        ..Budget::default()
    });
    println!("a crash: {states} states");
}

#[test]
fn no_interleaving_of_duplicate_and_lost_messages_breaks_a_promise() {
    let budget = Budget {
        duplicates: 1,
        losses: 1,
        time: 4,
        requesters: 2,
        ..Budget::default()
    };
    println!("duplicate and lost messages: {} states", explore(budget));
}

#[test]
fn no_interleaving_of_a_lost_table_breaks_a_promise() {
    let budget = Budget {
        table_losses: 1,
        time: 3,
        requesters: 2,
        ..Budget::default()
    };
    println!("a lost table: {} states", explore(budget));
}

#[test]
fn a_purge_is_final_whatever_crashes() {
    let budget = Budget {
        purges: 1,
        crashes: 1,
        time: 5,
        requesters: 1,
        ..Budget::default()
    };
    println!("a purge and a crash: {} states", explore(budget));
}

#[test]
fn a_purge_is_final_even_if_the_table_is_lost() {
    let budget = Budget {
        purges: 1,
        table_losses: 1,
        time: 3,
        requesters: 1,
        ..Budget::default()
    };
    println!("a purge and a lost table: {} states", explore(budget));
}

#[test]
fn a_purge_is_final_whatever_becomes_of_messages() {
    let budget = Budget {
        purges: 1,
        duplicates: 1,
        losses: 1,
        time: 4,
        requesters: 1,
        ..Budget::default()
    };
    println!(
        "a purge, duplicate and lost messages: {} states",
        explore(budget)
    );
}

#[test]
fn two_requesters_and_two_deliveries_make_exactly_one_copy() {
    let budget = Budget {
        requesters: 2,
        duplicates: 2,
        one_copy: true,
        ..Budget::default()
    };
    println!("duplicates alone: {} states", explore(budget));
}

#[test]
fn no_interleaving_around_a_renewal_breaks_a_promise() {
    let renewal = Budget {
        requesters: 2,
        jumps: 1,
        time: 3,
        ..Budget::default()
    };
    let crash = Budget {
        crashes: 1,
        ..renewal
    };
    let purge = Budget {
        purges: 1,
        time: 2,
        ..renewal
    };
    let loss = Budget {
        table_losses: 1,
        time: 2,
        ..renewal
    };
    println!("a renewal and a crash: {} states", explore(crash));
    println!("a renewal and a purge: {} states", explore(purge));
    println!("a renewal and a lost table: {} states", explore(loss));
}
