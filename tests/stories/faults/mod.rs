//! Every story × a fault at every call.
//!
//! A story is told undisturbed first, twice, and its calls to table, queue, pools, stores and source
//! are recorded. Then for each call and each [`Mishap`] it is told again, and the call meets that
//! mishap. What the story promises may break then, for it promises more than what holds under a
//! fault. What nobody may ever see is checked by the watch over its clients and by the aftermath
//! (`tests/src/watch.rs`, `tests/src/aftermath.rs`). A call that no run touched fails the suite.
//!
//! `FAULT="a_purge_during_a_copy_is_final|table.claim #1|loses-reply"` tells that cell alone, with all
//! that is logged, in the test `one_cell`; `FAULTS=full` makes the tests that are run by
//! `scripts/reliability` tell every story, and `FAULTS=500` a sample of so many cells, drawn by the
//! number in `FAULTS_SEED`.

mod cell;
mod place;
mod recording;
mod report;
mod run;
mod size;
mod suite;

use std::pin::Pin;

use cloud_mirror_testkit::faults::{Call, Mishap};

use cell::{Cell, How};
use place::Place;
use run::Tale;
use size::Size;
use suite::Suite;

/// A story that is being told.
pub(crate) type Telling = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is told always, in one process.
const FEW: &[&str] = &["a_miss_is_copied_and_then_redirected_to"];

/// These touch every verb at the ports but `pool.abort`, which those on the wire touch: a story in
/// which a part is refused takes long without a wire.
const PORTS: &[&str] = &[
    "a_purged_object_is_copied_anew",
    "a_replica_near_its_end_is_renewed_behind_a_hit",
    "a_source_that_changes_between_head_and_get_is_never_present",
    "an_object_without_a_length_is_mirrored",
    "what_cannot_finish_in_time_is_not_waited_for",
];
const VERBS_AT_PORTS: &[&str] = &[
    "bulk.delete",
    "bulk.receive",
    "bulk.reception",
    "pool.address",
    "pool.begin",
    "pool.complete",
    "pool.delete",
    "pool.find",
    "pool.head",
    "pool.part",
    "pool.put",
    "queue.delete",
    "queue.receive",
    "queue.reception",
    "queue.retry_after",
    "queue.send",
    "source.head",
    "source.open",
    "table.begin",
    "table.begin_purge",
    "table.claim",
    "table.confirm",
    "table.extend",
    "table.forget",
    "table.get",
    "table.release",
    "table.settle",
    "table.wait_for_change",
];

/// These touch every verb on the wire.
const WIRE: &[&str] = &[
    "a_purged_object_is_copied_anew",
    "a_replica_deleted_behind_our_back_is_noticed_at_the_recheck",
    "a_small_object_is_copied_by_the_store_in_one_request",
    "a_source_overwritten_between_two_parts_is_never_present",
    "an_emptied_table_costs_one_head_and_no_copy",
    "an_object_without_a_length_is_mirrored",
];
const VERBS_ON_THE_WIRE: &[&str] = &[
    "pool.abort",
    "pool.begin",
    "pool.complete",
    "pool.copy",
    "pool.copy_part",
    "pool.delete",
    "pool.find",
    "pool.head",
    "pool.part",
    "pool.put",
    "pool.tag",
    "pool.tags",
    "queue.delete",
    "queue.receive",
    "queue.reception",
    "queue.retry_after",
    "queue.send",
    "source.get",
    "source.head",
    "table.delete",
    "table.get",
    "table.put",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_a_fault_at_any_call_of_a_miss() {
    let suite = Suite::of(Place::InProcess, Size::Stories(FEW));
    suite.run().await.shows_no_violation();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by scripts/reliability"]
async fn nobody_sees_a_fault_at_any_port() {
    let report = Suite::of(Place::InProcess, Size::wanted(PORTS)).run().await;
    report.shows_no_violation();
    report.touches(VERBS_AT_PORTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by scripts/reliability"]
async fn nobody_sees_a_fault_on_any_wire() {
    let report = Suite::of(Place::Processes, Size::wanted(WIRE)).run().await;
    report.shows_no_violation();
    report.touches(VERBS_ON_THE_WIRE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "tells the one cell that FAULT names"]
async fn one_cell() {
    let cell = size::variable("FAULT").expect("FAULT=\"story|call #n|mishap\"");
    for place in [Place::InProcess, Place::Processes] {
        let suite = Suite::of(place, Size::Cell(cell.clone()));
        suite.run().await.shows_no_violation();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_fail_open_a_fault_of_every_part_is_seen() {
    for verb in ["table.get", "queue.send", "pool.head"] {
        let tale = Tale::named("a_miss_is_copied_and_then_redirected_to", Place::InProcess);
        let recorded = tale.recorded().await.unwrap();
        let cell = Cell {
            tale,
            mirror: 0,
            call: Call { verb, nth: 1 },
            mishap: Mishap::Fails,
        };
        let told = |fail_open_is_off| {
            let how = How {
                fail_open_is_off,
                ..How::default()
            };
            cell.told(&recorded.undisturbed, how)
        };
        assert_eq!(told(false).await.violations, [""; 0], "{verb}");
        let without = told(true).await;
        assert!(without.befallen && !without.violations.is_empty(), "{verb}");
    }
}
