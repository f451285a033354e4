//! Leases: kept alive, mended, lost to another, or simply over.

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{Ports, StatusTable as _};
use tokio::join;
use tokio::time::{Instant, sleep, timeout};
use ulid::Ulid;

use crate::house::{BYTES, House, LEASE, SECOND, replica};
use crate::silent_table::SilentTable;

#[tokio::test(start_paused = true)]
async fn a_copy_longer_than_its_lease_keeps_it_alive() {
    let house = held_after_a_claim().await;
    let story = async {
        house.source.until_opened().await;
        let run = house.work().await.run;
        sleep(10 * LEASE).await;
        assert!(house.deliver("sqs-put").await.is_empty(), "it leaves");
        assert_eq!(house.work().await.run, run);
        assert!(house.work().await.lease > house.now());
        house.source.release();
    };
    let (failed, ()) = join!(house.deliver("sqs-put"), story);
    assert!(failed.is_empty());
    assert_eq!(house.status().await, "present");
    assert_eq!(house.source.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fenced_run_stops_and_deletes_nothing() {
    let house = held_after_a_claim().await;
    house
        .somebody_stored("an old replica", replica().url.as_str())
        .await;
    let purge = Ulid::generate();
    let story = async {
        house.source.until_opened().await;
        let when = house.when();
        let begun = house
            .table
            .begin_purge(&replica(), purge, None, &when)
            .await;
        assert!(begun.unwrap().is_done());
    };
    let began = Instant::now();
    let (failed, ()) = join!(house.deliver("sqs-put"), story);
    assert!(failed.is_empty(), "acknowledged: the work is another's");
    assert!(began.elapsed() <= LEASE / 3, "at its next heartbeat");
    assert_eq!(house.faults.calls("pool.delete"), 0);
    assert_eq!(house.stored().as_deref(), Some("an old replica"));
    let entry = house.entry().await.unwrap();
    assert!(matches!(entry.state, State::Purging(purging) if purging.id == purge));
}

#[tokio::test(start_paused = true)]
async fn a_lost_table_during_a_copy_is_mended_by_the_heartbeat() {
    let house = held_after_a_claim().await;
    let story = async {
        house.source.until_opened().await;
        let run = house.work().await.run;
        house.table.clear();
        assert_eq!(house.status().await, "absent");
        sleep(LEASE / 3 + SECOND).await;
        assert_eq!(house.work().await.run, run);
        house.source.release();
    };
    let (failed, ()) = join!(house.deliver("sqs-put"), story);
    assert!(failed.is_empty());
    assert_eq!(house.status().await, "present");
    assert_eq!(house.stored().as_deref(), Some(BYTES));
    assert_eq!(house.source.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_without_an_answer_is_forgiven_while_the_lease_lasts() {
    let house = held_after_a_claim().await;
    let story = async {
        house.source.until_opened().await;
        house.faults.break_down("table.extend");
        sleep(LEASE * 2 / 3 + SECOND).await;
        house.faults.mend("table.extend");
        house.source.release();
    };
    let (failed, ()) = join!(house.deliver("sqs-put"), story);
    assert!(failed.is_empty());
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lease_is_over_writes_nothing() {
    let house = held_after_a_claim().await;
    let story = async {
        house.source.until_opened().await;
        house.faults.break_down("table.extend");
        // After the last heartbeat; by then clocks may differ on whether the lease is over.
        sleep(LEASE - 3 * SECOND).await;
        house.source.release();
    };
    let (failed, ()) = join!(house.deliver("sqs-put"), story);
    assert_eq!(house.stored(), None);
    assert_eq!(
        house.status().await,
        "pending",
        "nor does it settle anything"
    );
    assert_eq!(failed.len(), 1, "nobody else is known to be at it");

    house.faults.mend("table.extend");
    sleep(LEASE).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn a_table_that_never_answers_ends_the_run_with_its_lease() {
    let silent = |ports: Ports| Ports {
        table: Arc::new(SilentTable(ports.table)),
        ..ports
    };
    let house = House::with(Policy::default(), silent);
    house.a_request_claims().await;
    house.source.hold();
    let ended = timeout(LEASE + SECOND, house.deliver("sqs-put")).await;
    assert_eq!(ended.expect("it ends by itself").len(), 1);
    assert_eq!(house.stored(), None);
}

#[tokio::test(start_paused = true)]
async fn no_heartbeat_outlives_its_run() {
    let house = House::new();
    house.a_request_claims().await;
    house.deliver("sqs-put").await;
    let beats = house.faults.calls("table.extend");
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(house.faults.calls("table.extend"), beats);
}

async fn held_after_a_claim() -> House {
    let house = House::new();
    house.a_request_claims().await;
    house.source.hold();
    house
}
