//! An invocation ends, whatever its copies are doing.

use std::time::Duration;

use cloud_mirror_copier::TimeLimit;
use cloud_mirror_domain::entry::State;
use tokio::time::Instant;

use crate::house::{BYTES, House, SECOND, event};

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_out_of_time_is_given_up_before_its_invocation_ends() {
    let house = House::new();
    house.a_request_claims().await;
    house.source.hold();
    let began = Instant::now();
    let failed = house
        .hand_over_within(event("sqs-put"), &limit(&house, 900))
        .await;
    assert_eq!(failed.len(), 1, "its message comes back");
    let retries = house.queue.retries();
    assert!(
        retries.iter().all(|(_, delay)| delay.is_zero()) && retries.len() == 1,
        "at once"
    );
    let took = began.elapsed();
    assert!(took >= 880 * SECOND && took < 900 * SECOND, "{took:?}");
    let run = house.work().await.run;
    assert_eq!(run, None, "nobody has to wait for its lease");
}

#[tokio::test(start_paused = true)]
async fn what_was_given_up_is_done_by_the_next_invocation() {
    let house = House::new();
    house.a_request_claims().await;
    house.source.hold();
    let limit = limit(&house, 60);
    house.hand_over_within(event("sqs-put"), &limit).await;
    house.source.release();
    assert!(house.deliver("sqs-put").await.is_empty());
    let entry = house.entry().await.unwrap();
    assert!(matches!(entry.state, State::Present(_)));
    assert_eq!(house.stored().as_deref(), Some(BYTES));
}

fn limit(house: &House, seconds: u64) -> TimeLimit {
    TimeLimit::before(house.now() + Duration::from_secs(seconds), house.now())
}
