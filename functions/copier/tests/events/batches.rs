//! Whole events: what is acknowledged, what is reported as failed.

use std::time::Duration;

use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::SourceUrl;
use md5::{Digest as _, Md5};

use crate::house::{BYTES, House, event, event_about, message};

const EVENTS: [&str; 6] = [
    "sqs-put",
    "sqs-put-without-attempt",
    "sqs-node-original",
    "sqs-purge",
    "sqs-batch-of-mixed",
    "sqs-unknown-version",
];

#[test]
fn every_event_file_is_one_that_lambda_could_deliver() {
    for name in EVENTS {
        for record in event(name).records {
            let body = record.body.unwrap_or_default();
            let md5 = hex::encode(Md5::digest(body));
            assert_eq!(record.md5_of_body, Some(md5), "{name}");
            assert_eq!(record.event_source.as_deref(), Some("aws:sqs"), "{name}");
            assert!(record.message_id.is_some_and(|id| id.len() == 36), "{name}");
            assert!(record.receipt_handle.is_some(), "{name}");
            assert!(record.aws_region.is_some(), "{name}");
            let arn = record.event_source_arn.unwrap();
            assert!(arn.starts_with("arn:aws:sqs:"), "{name}");
            let receives = record.attributes.get("ApproximateReceiveCount");
            assert_eq!(receives.map(String::as_str), Some("1"), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_reports_exactly_the_records_that_failed() {
    let house = House::new();
    let [_good, malformed, without_body, unknown_pool] = ids("sqs-batch-of-mixed");
    let failed = house.deliver("sqs-batch-of-mixed").await;
    assert_eq!(failed, [malformed, without_body, unknown_pool]);
    assert_eq!(house.stored().as_deref(), Some(BYTES), "the good one");
}

#[tokio::test(start_paused = true)]
async fn a_record_without_a_body_is_a_failure_and_not_a_success() {
    let house = House::new();
    let mut event = event("sqs-put");
    event.records[0].body = None;
    assert_eq!(house.hand_over(event).await, ids::<1>("sqs-put"));
}

/// Lambda's runtime and the local worker both spawn what they are given.
#[tokio::test(start_paused = true)]
async fn an_event_may_be_worked_on_by_any_thread() {
    let house = House::new();
    let working = async move { house.deliver("sqs-put").await };
    assert!(tokio::spawn(working).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_record_without_an_id_has_the_whole_batch_come_back() {
    let house = House::new();
    let mut event = event("sqs-batch-of-mixed");
    event.records[1].message_id = None;
    let failed = house.hand_over(event).await;
    assert!(failed.contains(&String::new()), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_this_release_does_not_know_is_reported_failed() {
    let house = House::new();
    let failed = house.deliver("sqs-unknown-version").await;
    assert_eq!(failed, ids::<1>("sqs-unknown-version"));
    assert_eq!(house.source.opened(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_for_what_no_rule_allows_goes_to_the_dead_letters() {
    let house = House::new();
    let forbidden = put("https://example.com/private/key.pem").to_json();
    house.send(&event_about(forbidden.clone()));
    house.work_for(Duration::from_secs(24 * 3600)).await;
    assert_eq!(house.queue.messages.dead_letters(), [forbidden]);
    assert_eq!(house.source.opened(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_its_origin_serves_better_is_acknowledged_and_neither_copied_nor_recorded() {
    let house = House::new();
    for url in [
        "https://example.com/downloads/a?X-Amz-Signature=00",
        "https://example.com/downloads/a?version=1",
    ] {
        let failed = house.hand_over(event_about(put(url).to_json())).await;
        assert!(failed.is_empty(), "{url}");
    }
    assert!(house.table.is_empty());
    assert_eq!(house.source.opened(), 0);
}

fn put(url: &str) -> Message {
    let message = message("sqs-put-without-attempt");
    let url = SourceUrl::parse(url).unwrap();
    Message {
        replica: ReplicaId {
            url,
            ..message.replica
        },
        ..message
    }
}

fn ids<const N: usize>(name: &str) -> [String; N] {
    let records = event(name).records.into_iter();
    let ids: Vec<_> = records.map(|record| record.message_id.unwrap()).collect();
    ids.try_into().unwrap()
}
