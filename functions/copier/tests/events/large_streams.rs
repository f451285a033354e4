//! Large streams that go on by another message, or by another run, whatever befalls them between.

use bytes::Bytes;
use cloud_mirror_copier::TimeLimit;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::ports::StatusTable as _;
use tokio::time::{sleep, timeout};
use ulid::Ulid;

use crate::failures::error;
use crate::house::{LEASE, SECOND, event, event_about, message, replica};
use crate::parts::{PART, filled, house_of_small_parts, house_of_small_parts_at};
use crate::streams::{ETAG, PARTS, five_parts};

#[tokio::test(start_paused = true)]
async fn a_copy_that_begins_anew_each_time_is_counted_and_not_handed_on() {
    let house = five_parts();
    house.source.says_no_etag();
    house.source.hold_before(2);
    let limit = TimeLimit::before(house.now() + LEASE, house.now());
    let failed = house.hand_over_within(event("sqs-put"), &limit).await;
    assert_eq!(failed.len(), 1, "two parts that nobody can go on with");
    assert_eq!(house.entry().await.unwrap().tries, 1);
    sleep(LEASE * 2).await;
    house.a_request_claims().await;
    assert!(timeout(LEASE, house.deliver("sqs-put")).await.is_err());
    assert_eq!(house.entry().await.unwrap().tries, 2, "no progress");
}

#[tokio::test(start_paused = true)]
async fn a_silent_table_costs_no_part() {
    let house = five_parts();
    house.source.hold_before(4);
    let story = async {
        sleep(SECOND).await;
        house.faults.break_down("table");
    };
    let (failed, ()) = tokio::join!(house.deliver("sqs-put"), story);
    assert_eq!(failed.len(), 1);
    house.faults.mend("table");
    assert_eq!(house.uploads().await, 1, "the entry carries it");
    house.source.release();
    sleep(LEASE * 2).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes(), [0, 4 * PART as u64]);
    house.has_all_five_parts().await;
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_ended_when_the_object_needs_no_parts_any_more() {
    let house = five_parts();
    house.source.hold_before(4);
    assert!(timeout(LEASE, house.deliver("sqs-put")).await.is_err());
    sleep(LEASE * 2).await;
    house.source.release();
    house.source.says_etag("\"small\"");
    house.source.serve(vec![Bytes::from_static(b"!")]);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some("!"));
    assert_eq!(house.uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_refuses_for_a_moment_costs_no_part() {
    let house = five_parts();
    house.source.hold_before(4);
    assert!(timeout(LEASE, house.deliver("sqs-put")).await.is_err());
    sleep(LEASE * 2).await;
    house.source.fail_as(Kind::SourceRefused);
    house.deliver("sqs-put").await;
    assert_eq!(error(&house).await, Kind::SourceRefused);
    assert_eq!(
        house.uploads().await,
        1,
        "a rate limit says nothing of the object"
    );
}

#[tokio::test(start_paused = true)]
async fn an_object_of_unknown_size_moves_to_the_bulk_queue_when_it_is_found_to_be_large() {
    let house = house_of_small_parts_at(1);
    house.source.says_etag(ETAG);
    house.source.without_length();
    let parts = (0..PARTS).map(|n| filled(b'a' + n as u8, PART));
    house.source.serve(parts.collect());
    assert!(house.deliver("sqs-put").await.is_empty());
    let goes_on = house.next_message().await;
    assert!(goes_on.bulk && house.status().await == "pending");
    assert!(
        house
            .hand_over(event_about(goes_on.to_json()))
            .await
            .is_empty()
    );
    assert_eq!(house.source.first_bytes(), [0, PART as u64]);
    house.has_all_five_parts().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_read_to_its_limit_once() {
    let house = house_of_small_parts(2 * PART as u64);
    house.source.without_length();
    let parts = [b'a', b'b', b'c'].map(|letter| filled(letter, PART));
    house.source.serve(parts.into());
    house.send(&event("sqs-put"));
    house.work_for(SECOND * 600).await;
    assert_eq!(house.source.opened(), 1);
    assert_eq!(house.queue.messages.dead_letters().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_large_object_that_never_gets_anywhere_is_given_up() {
    let house = house_of_small_parts_at(1);
    let parts = (0..PARTS).map(|n| filled(b'a' + n as u8, PART));
    house.source.serve(parts.collect());
    house.source.hold_before(2);
    for _ in 0..4 {
        let mut asked = message("sqs-put");
        let attempt = Ulid::generate();
        (asked.attempt, asked.bulk) = (Some(attempt), true);
        let claimed = house.table.claim(&replica(), attempt, &house.when()).await;
        if !claimed.unwrap().is_done() {
            break;
        }
        let limit = TimeLimit::before(house.now() + LEASE, house.now());
        let event = event_about(asked.to_json());
        assert_eq!(house.hand_over_within(event, &limit).await.len(), 1);
        sleep(LEASE * 2).await;
    }
    assert_eq!(error(&house).await, Kind::Abandoned);
}

#[tokio::test(start_paused = true)]
async fn an_upload_from_before_a_purge_is_not_gone_on_with() {
    let house = five_parts();
    house.source.hold_before(3);
    let limit = TimeLimit::before(house.now() + LEASE, house.now());
    assert!(
        house
            .hand_over_within(event("sqs-put"), &limit)
            .await
            .is_empty()
    );
    let goes_on = event_about(house.next_message().await.to_json());
    house.source.release();
    let (purge, when) = (Ulid::generate(), house.when());
    let begun = house
        .table
        .begin_purge(&replica(), purge, None, &when)
        .await;
    assert!(begun.unwrap().is_done());
    let forgotten = house.table.forget(&replica(), purge, &when).await;
    assert!(forgotten.unwrap().is_done(), "its upload is left behind");
    sleep(SECOND).await;
    house.a_request_claims().await;
    assert!(house.hand_over(goes_on).await.is_empty());
    assert_eq!(house.source.first_bytes(), [0, 0], "begun anew");
    assert_eq!(house.uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_was_lost_before_a_hand_over_costs_no_part() {
    let house = five_parts();
    house.source.hold_before(3);
    let limit = TimeLimit::before(house.now() + LEASE, house.now());
    let story = async {
        sleep(SECOND * 41).await;
        house.table.clear();
    };
    let handing_on = house.hand_over_within(event("sqs-put"), &limit);
    let (failed, ()) = tokio::join!(handing_on, story);
    assert!(failed.is_empty());
    house.source.release();
    let goes_on = event_about(house.next_message().await.to_json());
    assert!(house.hand_over(goes_on).await.is_empty());
    assert_eq!(house.source.first_bytes(), [0, 3 * PART as u64]);
    house.has_all_five_parts().await;
}
