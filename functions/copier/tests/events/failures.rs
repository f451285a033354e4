//! Failures: sorted once, and each message goes where its own belongs.

use std::time::Duration;

use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::error::Kind;
use tokio::time::{Instant, sleep};

use crate::house::{BYTES, House, SECOND, event, message};

/// How long a failed message stays away if nobody asks for less.
const INVISIBILITY: Duration = Duration::from_secs(6 * 15 * 60);

#[tokio::test(start_paused = true)]
async fn a_missing_source_is_acknowledged() {
    for kind in [Kind::SourceNotFound, Kind::SourceGone, Kind::SourceRefused] {
        let house = House::new();
        house.a_request_claims().await;
        house.source.fail_as(kind);
        assert!(house.deliver("sqs-put").await.is_empty(), "{kind}");
        assert_eq!(error(&house).await, kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_transient_failure_comes_back_sooner_than_the_invisibility() {
    let house = House::new();
    house.a_request_claims().await;
    house.source.fail_as(Kind::SourceUnreachable);
    let receipt = event("sqs-put").records[0].receipt_handle.clone().unwrap();
    assert_eq!(
        house.deliver("sqs-put").await.len(),
        1,
        "reported as failed"
    );
    assert_eq!(house.queue.retries(), [(receipt, SECOND)]);
    assert_eq!(error(&house).await, Kind::SourceUnreachable);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_comes_back_is_copied_without_anybody_asking_again() {
    let house = House::new();
    house.a_request_claims().await;
    house.source.fail_as(Kind::SourceFailed);
    house.send(&event("sqs-put"));
    let began = Instant::now();
    house.work_for(2 * SECOND).await;
    house.source.mend();
    house.work_for(10 * SECOND).await;
    assert_eq!(house.stored().as_deref(), Some(BYTES));
    assert!(house.queue.messages.is_empty());
    assert!(began.elapsed() < INVISIBILITY / 100);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_before_its_time_waits_for_the_rest_of_the_pause() {
    let house = House::new();
    house.a_request_claims().await;
    house.source.fail_as(Kind::SourceFailed);
    house.deliver("sqs-put").await;
    sleep(SECOND / 4).await;
    assert_eq!(house.deliver("sqs-put").await.len(), 1);
    assert_eq!(house.queue.retries()[1].1, SECOND * 3 / 4);
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_ours_is_reported_failed_at_every_delivery() {
    for kind in [Kind::NotPermitted, Kind::TooLarge, Kind::RedirectRefused] {
        let house = House::new();
        house.a_request_claims().await;
        house.source.fail_as(kind);
        for pause in [Duration::ZERO, SECOND, 40 * SECOND, INVISIBILITY] {
            sleep(pause).await;
            assert_eq!(house.deliver("sqs-put").await.len(), 1, "{kind} {pause:?}");
        }
        // An operator shall not hear of it hours later only.
        let memory = 30 * SECOND;
        assert!(
            house
                .queue
                .retries()
                .iter()
                .all(|(_, delay)| *delay == memory),
            "{kind}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_ours_ends_as_a_dead_letter_that_makes_the_copy_once_it_is_mended() {
    let house = House::new();
    house.a_request_claims().await;
    house.source.fail_as(Kind::NotPermitted);
    house.send(&event("sqs-put"));
    house.work_for(10 * INVISIBILITY).await;
    let body = message("sqs-put").to_json();
    assert_eq!(house.queue.messages.dead_letters(), [body]);

    house.source.mend();
    assert!(house.deliver("sqs-put").await.is_empty(), "redriven");
    assert_eq!(house.stored().as_deref(), Some(BYTES));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_down_sends_the_message_back() {
    let house = House::new();
    house.faults.break_down("table");
    for name in ["sqs-put", "sqs-put-without-attempt", "sqs-purge"] {
        assert_eq!(house.deliver(name).await.len(), 1, "{name}");
    }
    assert_eq!(house.queue.retries().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_down_for_a_quarter_of_an_hour_makes_no_dead_letter() {
    let house = House::new();
    house.send(&event("sqs-put-without-attempt"));
    house.faults.break_down("table");
    house.work_for(Duration::from_secs(15 * 60)).await;
    house.faults.mend("table");
    house.work_for(Duration::from_secs(5 * 60)).await;
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn a_prefetch_whose_claim_had_no_answer_is_not_lost() {
    let house = House::new();
    house.faults.break_down("table.claim");
    assert_eq!(house.deliver("sqs-put-without-attempt").await.len(), 1);
    house.faults.mend("table.claim");
    assert!(house.deliver("sqs-put-without-attempt").await.is_empty());
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_not_the_announced_ones_are_never_stored() {
    let house = House::new();
    house.a_request_claims().await;
    house.source.hold();
    let story = async {
        house.source.until_opened().await;
        house.source.serve(vec!["not the announced bytes".into()]);
        house.source.release();
    };
    let (failed, ()) = tokio::join!(house.deliver("sqs-put"), story);
    assert_eq!(failed.len(), 1);
    assert_eq!(error(&house).await, Kind::SourceChanged);
    assert_eq!(house.stored(), None);
}

pub(crate) async fn error(house: &House) -> Kind {
    match house.entry().await.unwrap().state {
        State::Error(failed) => failed.failure.kind,
        other => panic!("no error but {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_is_redriven_soon_makes_the_copy_too() {
    let house = House::new();
    house.a_request_claims().await;
    house.source.fail_as(Kind::NotPermitted);
    assert_eq!(house.deliver("sqs-put").await.len(), 1);
    house.source.mend();
    sleep(60 * SECOND).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));
}
