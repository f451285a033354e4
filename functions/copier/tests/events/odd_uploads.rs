//! Pools that say nothing, say 409, or make the copier panic.

use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::ports::StatusTable as _;
use cloud_mirror_domain::url::SourceUrl;
use tokio::time::sleep;
use ulid::Ulid;

use crate::house::{BYTES, House, LEASE, SECOND, event, event_about, message, replica};
use crate::odd_upload::{First, house_whose_first_put};

#[tokio::test(start_paused = true)]
async fn a_write_that_may_still_be_made_is_not_hidden_from_a_purge() {
    let house = house_whose_first_put(First::SaysNothing);
    house.a_request_claims().await;
    assert_eq!(house.deliver("sqs-put").await.len(), 1);
    let work = house.work().await;
    assert!(work.run.is_some(), "a purge sees who may still write");
    let comes_back = house.queue.retries()[0].1;
    assert!(
        comes_back >= work.lease.since(house.now()),
        "{comes_back:?}"
    );

    sleep(comes_back).await;
    assert!(house.hand_over(redelivered()).await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));
}

#[tokio::test(start_paused = true)]
async fn a_concurrent_write_is_met_by_another_try_and_accuses_nobody() {
    let house = house_whose_first_put(First::Conflicts);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));
}

#[tokio::test(start_paused = true)]
async fn what_another_mirror_wrote_over_ours_of_the_same_object_is_kept() {
    let house = house_whose_first_put(First::IsWrittenOver);
    house.source.says_etag("\"strong\"");
    assert!(house.deliver("sqs-put").await.is_empty());
    let entry = house.entry().await.unwrap();
    assert!(matches!(entry.state, State::Present(_)), "{entry:?}");
    assert_eq!(house.source.opened(), 1, "and not read again");
}

#[tokio::test(start_paused = true)]
async fn what_another_mirror_wrote_over_ours_is_not_kept_where_nothing_says_that_it_is_the_same() {
    let house = house_whose_first_put(First::IsWrittenOver);
    house.source.says_etag("W/\"weak\"");
    assert_eq!(house.deliver("sqs-put").await.len(), 1);
    let entry = house.entry().await.unwrap();
    assert!(matches!(entry.state, State::Error(_)), "{entry:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_its_own_message_alone() {
    let house = house_whose_first_put(First::Panics);
    let mut batch = event("sqs-put");
    let mut other = message("sqs-put");
    other.replica.url = SourceUrl::parse("https://example.com/downloads/other").unwrap();
    let mut second = event_about(other.to_json()).records.remove(0);
    second.message_id = Some("the second".into());
    batch.records.push(second);
    let failed = house.hand_over(batch).await;
    assert_eq!(failed.len(), 1, "{failed:?}");
    let stored = house.stored().is_some() || house.pool.bytes(&other.replica.url).is_some();
    assert!(stored, "the other one was copied");
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_run_died_comes_back_when_its_lease_is_over() {
    let house = House::new();
    house.a_request_claims().await;
    let (run, when) = (Ulid::generate(), house.when());
    house.table.begin(&replica(), run, &when).await.unwrap();
    sleep(10 * SECOND).await;
    assert!(
        house.deliver("sqs-put").await.is_empty(),
        "a duplicate leaves it to the run"
    );
    assert_eq!(house.hand_over(redelivered()).await.len(), 1, "not lost");
    let comes_back = house.queue.retries()[0].1;
    assert!(comes_back > LEASE - 10 * SECOND && comes_back < LEASE + SECOND);
    sleep(comes_back).await;
    assert!(house.hand_over(redelivered()).await.is_empty());
    let entry = house.entry().await.unwrap();
    assert!(matches!(entry.state, State::Present(_)));
}

#[tokio::test(start_paused = true)]
async fn a_redelivery_looks_before_it_moves_all_bytes_again() {
    let house = House::new();
    house
        .somebody_stored("copied by a run that died", replica().url.as_str())
        .await;
    assert!(house.hand_over(redelivered()).await.is_empty());
    assert_eq!(house.source.opened(), 0);
    assert_eq!(house.stored().as_deref(), Some("copied by a run that died"));
}

/// `sqs-put`, received for the second time.
pub(crate) fn redelivered() -> aws_lambda_events::sqs::SqsEvent {
    let mut event = event("sqs-put");
    let attributes = &mut event.records[0].attributes;
    attributes.insert("ApproximateReceiveCount".into(), "2".into());
    event
}
