//! Purges that had to wait for a live run, and are finished by the copier.

use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::ports::StatusTable as _;
use tokio::time::sleep;
use ulid::Ulid;

use crate::house::{BYTES, House, LEASE, SECOND, message, replica};

/// A run's lease, the time that a final write may take, and what clocks may differ.
const UNTIL_NOBODY_CAN_WRITE: std::time::Duration = std::time::Duration::from_secs(60 + 30 + 5);

#[tokio::test(start_paused = true)]
async fn a_purge_message_finishes_a_purge_that_had_to_wait() {
    let house = House::new();
    a_purge_meets_a_live_run(&house).await;
    sleep(SECOND).await;
    house
        .somebody_stored("the fenced run's late write", replica().url.as_str())
        .await;

    sleep(UNTIL_NOBODY_CAN_WRITE).await;
    assert!(house.deliver("sqs-purge").await.is_empty());
    assert_eq!(house.stored(), None);
    assert_eq!(house.status().await, "absent");
    let mark = house.entry().await.unwrap();
    assert!(mark.distrust, "what comes later yet is not believed");
}

#[tokio::test(start_paused = true)]
async fn a_purge_message_that_comes_too_early_is_sent_again() {
    let house = House::new();
    a_purge_meets_a_live_run(&house).await;
    house.send(&crate::house::event("sqs-purge"));
    house.work_for(LEASE).await;
    assert_eq!(house.status().await, "purging");
    house
        .somebody_stored("the fenced run's late write", replica().url.as_str())
        .await;
    house.work_for(LEASE).await;
    assert_eq!(house.stored(), None);
    assert_eq!(house.status().await, "absent");
    assert!(house.queue.messages.is_empty());
}

/// It cannot know that the replica is a newer one: after a lost table it might not be. So it costs
/// a copy, and nobody is sent to what is not there.
#[tokio::test(start_paused = true)]
async fn a_second_delivery_of_a_purge_purges_again() {
    let house = House::new();
    a_purge_meets_a_live_run(&house).await;
    sleep(UNTIL_NOBODY_CAN_WRITE).await;
    assert!(house.deliver("sqs-purge").await.is_empty());
    assert!(house.deliver("sqs-put-without-attempt").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));

    assert!(house.deliver("sqs-purge").await.is_empty());
    assert_eq!(house.stored(), None);
    assert_eq!(house.status().await, "absent");
    assert!(house.deliver("sqs-put-without-attempt").await.is_empty());
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_down_sends_a_purge_back() {
    let house = House::new();
    house.faults.break_down("pool");
    assert_eq!(house.deliver("sqs-purge").await.len(), 1);
    assert_eq!(house.queue.retries().len(), 1);
    house.faults.mend("pool");
    house
        .somebody_stored("purged", replica().url.as_str())
        .await;
    sleep(LEASE).await;
    assert!(house.deliver("sqs-purge").await.is_empty());
    assert_eq!(house.stored(), None);
}

/// By then another copy may have been made, and the deletion may have met that.
#[tokio::test(start_paused = true)]
async fn a_purge_that_outlived_its_lease_purges_what_came_since() {
    let house = House::new();
    house
        .somebody_stored("purged", replica().url.as_str())
        .await;
    house.faults.delay("pool.delete", LEASE * 2);
    let copied_meanwhile = async {
        sleep(LEASE + SECOND).await;
        house.faults.mend("pool.delete");
        house.deliver("sqs-put-without-attempt").await
    };
    let (purged, copied) = futures::join!(house.deliver("sqs-purge"), copied_meanwhile);
    assert!(purged.is_empty() && copied.is_empty());
    assert_eq!((house.status().await, house.stored()), ("absent", None));
}

/// Another copier has begun when the purge of `sqs-purge.json` begins.
async fn a_purge_meets_a_live_run(house: &House) {
    house.a_request_claims().await;
    let (id, run) = (replica(), Ulid::generate());
    let begun = house.table.begin(&id, run, &house.when()).await;
    assert!(begun.unwrap().is_done());
    let purge = message("sqs-purge").attempt.unwrap();
    let purging = house
        .table
        .begin_purge(&id, purge, None, &house.when())
        .await;
    assert!(purging.unwrap().is_done());
    let entry = house.entry().await.unwrap();
    assert!(matches!(entry.state, State::Purging(purging) if purging.run_until.is_some()));
}
