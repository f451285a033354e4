//! Invocations end, and copiers die, at any moment of a copy: the next one goes on.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_copier::TimeLimit;
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::policy::{CopyLimits, Policy};
use cloud_mirror_domain::ports::{StatusTable as _, Upload as _};
use tokio::time::timeout;
use ulid::Ulid;

use crate::house::{House, LEASE, SECOND, event, event_about, message, replica};
use crate::parts::{FOREVER, PART, filled};
use crate::server_side::{beside_a_store_with, named};
use crate::store::TestStore;

const PARTS: usize = 7;
const IN_FLIGHT: usize = 2;
/// What an invocation keeps to end well.
const RESERVE: Duration = Duration::from_secs(15);

#[tokio::test(start_paused = true)]
async fn a_copier_that_dies_at_any_part_costs_no_more_than_what_was_under_way() {
    for seconds in 0..=PARTS {
        let (house, store) = seven_parts_of_a_second_each();
        let dies = SECOND * seconds as u32 + SECOND / 2;
        assert!(timeout(dies, house.deliver("sqs-put")).await.is_err() || seconds >= 4);
        tokio::time::sleep(LEASE * 2).await;
        assert!(house.deliver("sqs-put").await.is_empty());
        house.has_the_whole_object_of(&store);
        let copied = store.ranges().len();
        assert!(copied <= PARTS + IN_FLIGHT, "{copied} parts after {dies:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_invocation_that_ends_at_any_part_hands_the_others_on() {
    for seconds in 1..=PARTS {
        let (house, store) = seven_parts_of_a_second_each();
        let limit = time_limit(&house, SECOND * seconds as u32 + SECOND * 2 / 5);
        let failed = house.hand_over_within(event("sqs-put"), &limit).await;
        if house.status().await != "present" {
            assert!(failed.is_empty(), "its message is done");
            let goes_on = house.next_message().await;
            assert!(goes_on.bulk);
            let work = house.work().await;
            assert_eq!((work.run, Some(work.attempt)), (None, goes_on.attempt));
            assert!(
                house
                    .hand_over(event_about(goes_on.to_json()))
                    .await
                    .is_empty()
            );
        }
        house.has_the_whole_object_of(&store);
        assert_eq!(store.ranges().len(), PARTS, "none of them twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_takes_as_many_invocations_as_it_needs() {
    let (house, store) = seven_parts_of_a_second_each();
    let mut next = event("sqs-put");
    let mut invocations = 0;
    loop {
        let limit = time_limit(&house, SECOND * 7 / 5);
        assert!(house.hand_over_within(next, &limit).await.is_empty());
        invocations += 1;
        if house.status().await == "present" {
            break;
        }
        next = event_about(house.next_message().await.to_json());
    }
    assert_eq!(invocations, 4, "two parts in each");
    assert_eq!(store.ranges().len(), PARTS, "none of them twice");
    house.has_the_whole_object_of(&store);
}

#[tokio::test(start_paused = true)]
async fn an_invocation_without_progress_sends_its_own_message_back() {
    let (house, store) = seven_parts_of_a_second_each();
    store.part_takes(LEASE * 60);
    let limit = time_limit(&house, SECOND * 60);
    let failed = house.hand_over_within(event("sqs-put"), &limit).await;
    assert_eq!(failed.len(), 1, "so that its queue counts it");
    assert!(house.queue.messages.is_empty(), "and no other is sent");
}

#[tokio::test(start_paused = true)]
async fn a_continuation_that_cannot_be_sent_goes_on_by_its_own_message() {
    let (house, store) = seven_parts_of_a_second_each();
    house.queue.refuse();
    let limit = time_limit(&house, SECOND * 2);
    let failed = house.hand_over_within(event("sqs-put"), &limit).await;
    assert_eq!(failed.len(), 1);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(store.ranges().len(), PARTS);
    house.has_the_whole_object_of(&store);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_nobody_can_wait_for_is_left_to_the_bulk_queue() {
    let (house, store) = seven_parts_of_a_second_each_at(1);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert!(
        store.ranges().is_empty(),
        "not by the queue of the small ones"
    );
    let goes_on = house.next_message().await;
    assert!(goes_on.bulk);
    assert!(
        house
            .hand_over(event_about(goes_on.to_json()))
            .await
            .is_empty()
    );
    house.has_the_whole_object_of(&store);
}

#[tokio::test]
async fn a_budget_of_less_than_a_second_makes_no_small_object_a_large_one() {
    let mut policy = Policy::default();
    policy.wait.total = Duration::from_millis(600);
    let house = House::with(policy, |ports| ports);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.status().await, "present");
    assert_eq!(house.source.opened(), 1, "nothing was handed on");
}

#[tokio::test(start_paused = true)]
async fn an_upload_of_another_object_is_ended_and_not_gone_on_with() {
    let (house, store) = seven_parts_of_a_second_each();
    let dies = timeout(SECOND * 3, house.deliver("sqs-put")).await;
    assert!(dies.is_err());
    let changed = Bytes::from(vec![b'z'; PARTS * PART]);
    store.becomes(changed.clone(), "\"another\"");
    house.source.says_etag("\"another\"");
    tokio::time::sleep(LEASE * 2).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.pool.bytes(&replica().url).unwrap(), changed);
    assert_eq!(house.uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_somebody_ended_is_begun_anew() {
    let (house, store) = seven_parts_of_a_second_each();
    assert!(timeout(SECOND * 3, house.deliver("sqs-put")).await.is_err());
    house.end_uploads().await;
    tokio::time::sleep(LEASE * 2).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    house.has_the_whole_object_of(&store);
}

#[tokio::test(start_paused = true)]
async fn a_frozen_run_that_thaws_leaves_the_upload_to_its_successor() {
    for _ in 0..10 {
        let (house, _store) = seven_parts_of_a_second_each();
        let mut frozen = std::pin::pin!(house.deliver("sqs-put"));
        assert!(timeout(SECOND * 7 / 2, &mut frozen).await.is_err());
        tokio::time::sleep(LEASE * 2).await;
        let mut successor = std::pin::pin!(house.deliver("sqs-put"));
        assert!(timeout(SECOND / 2, &mut successor).await.is_err());
        frozen.await;
        let carried = house.entry().await.unwrap().upload.unwrap();
        let there = house.pool.find(&replica().url, FOREVER).await.unwrap();
        assert_eq!(there, [carried.id], "its successor works on it");
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_lost_in_a_hand_over_costs_no_part() {
    let (house, store) = seven_parts_of_a_second_each();
    let limit = time_limit(&house, SECOND * 12 / 5);
    let failed = house.hand_over_within(event("sqs-put"), &limit).await;
    assert!(failed.is_empty());
    house.table.clear();
    let goes_on = event_about(house.next_message().await.to_json());
    assert!(house.hand_over(goes_on).await.is_empty());
    assert_eq!(store.ranges().len(), PARTS);
    house.has_the_whole_object_of(&store);
}

#[tokio::test(start_paused = true)]
async fn a_bulk_queue_that_is_away_makes_no_dead_letter_at_once() {
    let (house, _store) = seven_parts_of_a_second_each_at(1);
    house.send(&event("sqs-put"));
    house.queue.refuse();
    house.work_for(LEASE).await;
    assert!(house.queue.messages.dead_letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_long_bulk_queue_abandons_nothing() {
    let (house, _store) = seven_parts_of_a_second_each_at(1);
    for _ in 0..30 {
        let attempt = Ulid::generate();
        let claimed = house.table.claim(&replica(), attempt, &house.when()).await;
        if claimed.unwrap().is_done() {
            let mut asked = message("sqs-put");
            asked.attempt = Some(attempt);
            let event = event_about(asked.to_json());
            assert!(house.hand_over(event).await.is_empty());
        }
        assert_eq!(house.status().await, "pending");
        tokio::time::sleep(LEASE / 2).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_meets_a_long_copy_of_its_own_is_no_dead_letter() {
    let (house, store) = seven_parts_of_a_second_each();
    store.part_takes(LEASE * 3);
    house.a_request_claims().await;
    let mut again = event("sqs-put");
    let attributes = &mut again.records[0].attributes;
    attributes.insert("ApproximateReceiveCount".into(), "2".into());
    let story = async {
        tokio::time::sleep(LEASE).await;
        assert_eq!(house.hand_over(again).await.len(), 1);
        let (_, comes_back) = house.queue.retries()[0];
        assert!(comes_back >= LEASE * 10, "{comes_back:?}");
    };
    let (failed, ()) = tokio::join!(house.deliver("sqs-put"), story);
    assert!(failed.is_empty());
}

/// Copied inside the store, two at once.
fn seven_parts_of_a_second_each() -> (House, Arc<TestStore>) {
    seven_parts_of_a_second_each_at(CopyLimits::default().assumed_throughput)
}

fn seven_parts_of_a_second_each_at(assumed_throughput: u64) -> (House, Arc<TestStore>) {
    let parts: Vec<_> = (0..PARTS).map(|n| filled(b'a' + n as u8, PART)).collect();
    let bytes = Bytes::from(parts.concat());
    let (house, store) = beside_a_store_with(bytes, named(), |policy| Policy {
        copy: CopyLimits {
            assumed_throughput,
            ..policy.copy
        },
        ..policy
    });
    store.part_takes(SECOND);
    (house, store)
}

/// So much for work, of which a quarter is left for parts to arrive.
fn time_limit(house: &House, work: Duration) -> TimeLimit {
    TimeLimit::before(house.now() + work + RESERVE, house.now())
}

impl House {
    fn has_the_whole_object_of(&self, store: &TestStore) {
        assert!(self.pool.bytes(&replica().url).unwrap() == store.bytes());
    }

    pub(crate) async fn next_message(&self) -> Message {
        let next = self.queue.messages.receive(1);
        let received = timeout(SECOND, next).await.expect("a message");
        self.queue.messages.delete(&received[0].receipt);
        Message::from_json(&received[0].body).unwrap()
    }
}
