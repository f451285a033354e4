//! Deliveries: by whom and how often a message may come.

use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::ports::StatusTable as _;
use tokio::join;
use tokio::time::sleep;
use ulid::Ulid;

use crate::house::{BYTES, House, LEASE, SECOND, event, event_about, message, replica};
use cloud_mirror_domain::message::Message;

#[tokio::test(start_paused = true)]
async fn a_message_makes_a_verified_replica() {
    let house = House::new();
    house.a_request_claims().await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));
    let State::Present(present) = house.entry().await.unwrap().state else {
        panic!("not present");
    };
    assert_eq!(present.replica.written_by, Some(present.settled_by));
    assert_eq!(
        present.replica.upstream.as_ref().unwrap().url,
        replica().url.as_str()
    );
    assert_eq!(present.replica.digests.as_ref().unwrap().md5.len(), 32);
}

#[tokio::test(start_paused = true)]
async fn two_deliveries_of_one_message_make_one_copy() {
    let house = House::new();
    house.a_request_claims().await;
    house.source.hold();
    let story = async {
        house.source.until_opened().await;
        let second = house.deliver("sqs-put").await;
        assert!(second.is_empty(), "it leaves the work to the first");
        house.source.release();
    };
    let (first, ()) = join!(house.deliver("sqs-put"), story);
    let third = house.deliver("sqs-put").await;
    assert!(first.is_empty() && third.is_empty());
    assert_eq!(house.source.opened(), 1);
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn two_deliveries_in_one_event_make_one_copy() {
    let house = House::new();
    house.a_request_claims().await;
    let mut twice = event("sqs-put");
    twice.records.push(twice.records[0].clone());
    twice.records[1].message_id = Some("the-other".into());
    assert!(house.hand_over(twice).await.is_empty());
    assert_eq!(house.source.opened(), 1);
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn any_program_may_prefetch() {
    let house = House::new();
    assert!(house.deliver("sqs-put-without-attempt").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn the_node_originals_message_is_understood() {
    let house = House::new();
    assert!(house.deliver("sqs-node-original").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_outlived_its_entry_is_still_good_work() {
    let house = House::new();
    house.a_request_claims().await;
    house.table.clear();
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));
    assert_eq!(house.status().await, "present");
}

/// The message says that the pool was empty when its claim looked: that was another time.
#[tokio::test(start_paused = true)]
async fn a_message_that_outlived_its_entry_costs_one_head_if_the_replica_is_there() {
    let house = House::new();
    house
        .somebody_stored("a good replica", replica().url.as_str())
        .await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.status().await, "present");
    assert_eq!(house.faults.calls("pool.head"), 1);
    assert_eq!(house.source.opened(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_taken_over_is_still_good_work() {
    let house = House::new();
    house.a_request_claims().await;
    let attempt = message("sqs-put").attempt;
    sleep(2 * LEASE).await;
    let (another, when) = (Ulid::generate(), house.when());
    let taken = house.table.claim(&replica(), another, &when).await;
    assert!(taken.unwrap().is_done());
    assert_ne!(Some(house.work().await.attempt), attempt);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_stored_meanwhile_is_replaced_unless_it_is_as_good() {
    for (url, kept) in [
        (replica().url.as_str(), "already there"),
        ("https://example.com/downloads/another", BYTES),
    ] {
        let house = House::new();
        house.a_request_claims().await;
        house.somebody_stored("already there", url).await;
        assert!(house.deliver("sqs-put").await.is_empty());
        assert_eq!(house.stored().as_deref(), Some(kept), "{url}");
        assert_eq!(house.status().await, "present");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_is_handed_on_is_made_although_the_old_replica_is_good() {
    let house = House::new();
    house.a_request_claims().await;
    assert!(house.deliver("sqs-put").await.is_empty());
    let old = house.entry().await.unwrap();
    sleep(SECOND * 21 * 3600).await;
    let attempt = Ulid::generate();
    let renewal = house.table.claim(&replica(), attempt, &house.when()).await;
    assert!(renewal.unwrap().is_done());
    let goes_on = Message {
        attempt: Some(attempt),
        seen: None,
        bulk: true,
        ..message("sqs-put")
    };
    assert!(
        house
            .hand_over(event_about(goes_on.to_json()))
            .await
            .is_empty()
    );
    assert_eq!(house.source.opened(), 2);
    assert!(house.entry().await.unwrap().expires > old.expires);
}
