//! Completions that fail, are not heard of, or take their time.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::policy::{CopyLimits, Policy};
use tokio::time::{sleep, timeout};

use crate::house::{House, LEASE, SECOND};
use crate::odd_upload::{First, OddUpload, house_whose_first};
use crate::odd_uploads::redelivered;
use crate::parts::{PART, filled};

#[tokio::test(start_paused = true)]
async fn a_completion_whose_answer_was_lost_loses_no_digests() {
    let (house, pool) = house_of_parts_whose_first_completion(First::LosesItsReply);
    assert!(house.deliver("sqs-put").await.is_empty());
    let State::Present(present) = house.entry().await.unwrap().state else {
        panic!("not present");
    };
    assert!(present.replica.digests.is_some(), "in the entry");
    assert!(pool.digests_kept.load(Ordering::Relaxed), "and in the pool");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_busy_at_the_end_costs_no_part() {
    let (house, _) = house_of_parts_whose_first_completion(First::IsThrottled);
    assert_eq!(house.deliver("sqs-put").await.len(), 1);
    sleep(LEASE).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes(), [0], "every part was there");
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_can_never_be_completed_is_not_tried_for_ever() {
    let (house, _) = house_of_parts_whose_first_completion(First::IsRefusedTwice);
    for _ in 0..2 {
        assert_eq!(house.deliver("sqs-put").await.len(), 1);
        sleep(LEASE).await;
    }
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes(), [0, 0], "begun anew");
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_completes_nothing_is_left_alone_for_longer_and_longer() {
    let (house, _) = house_of_parts_whose_first_completion(First::IsRefusedEachTime);
    for _ in 0..6 {
        assert_eq!(house.deliver("sqs-put").await.len(), 1);
        sleep(LEASE * 2).await;
    }
    assert!(
        house.entry().await.unwrap().tries > 3,
        "no new upload forgives them"
    );
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_outlived_its_invocation_loses_no_digests() {
    let (house, pool) = house_of_parts_whose_first_completion(First::OutlivesItsRun);
    assert!(timeout(SECOND, house.deliver("sqs-put")).await.is_err());
    sleep(LEASE * 2).await;
    assert!(house.hand_over(redelivered()).await.is_empty());
    let State::Present(present) = house.entry().await.unwrap().state else {
        panic!("not present");
    };
    assert!(present.replica.digests.is_some(), "in the entry");
    assert!(pool.digests_kept.load(Ordering::Relaxed), "and in the pool");
    assert_eq!(house.source.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_completion_may_take_minutes_while_its_lease_is_kept() {
    let (house, _) = house_of_parts_whose_first_completion(First::Takes(LEASE * 4));
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_before_a_gap_and_writes_no_part_behind_it_again() {
    let (house, pool) = house_of_parts_whose_first_completion(First::HangsAtPart(2));
    let parts = [b'a', b'b', b'c', b'd'].map(|letter| filled(letter, PART));
    house.source.serve(parts.into());
    assert!(timeout(SECOND, house.deliver("sqs-put")).await.is_err());
    let progress = house.entry().await.unwrap().upload.unwrap().progress;
    let without_a_gap = progress.stream.unwrap().parts;
    assert_eq!((progress.parts, without_a_gap), (3, 1));
    sleep(LEASE * 2).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes(), [0, PART as u64]);
    assert_eq!(pool.parts_asked_for(), [1, 2, 2, 3, 4], "the gap alone");
    assert_eq!(house.stored().unwrap().len(), 4 * PART);
}

fn house_of_parts_whose_first_completion(first: First) -> (House, Arc<OddUpload>) {
    let copy = CopyLimits {
        stream_part: 1,
        ..CopyLimits::default()
    };
    let policy = Policy {
        copy,
        ..Policy::default()
    };
    let (house, pool) = house_whose_first(first, policy);
    house.source.says_etag("\"strong\"");
    let parts = [b'a', b'b'].map(|letter| filled(letter, PART));
    house.source.serve(parts.into());
    (house, pool)
}
