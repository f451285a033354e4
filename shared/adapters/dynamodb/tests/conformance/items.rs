//! Items that should not be there, and items that should not yet have gone.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use cloud_mirror_domain::claim::{Answer, Holder};
use cloud_mirror_domain::ports::{Read, StatusTable as _};
use cloud_mirror_dynamodb::DynamoDbTable;

use crate::world::{HOUR, NOW, World, at, id, present_for, ulid};

const SECOND: Duration = Duration::from_secs(1);

/// A present entry that ends an hour and one millisecond from now.
async fn present(process: &DynamoDbTable) {
    let (id, when) = (id("a"), at(NOW));
    process.claim(&id, ulid(1), &when).await.unwrap();
    process.begin(&id, ulid(2), &when).await.unwrap();
    let outcome = present_for(HOUR + Duration::from_millis(1));
    let settle = process.settle(&id, Holder::Run(ulid(2)), &outcome, &when);
    assert!(settle.await.unwrap().is_done());
}

async fn is_there(process: &DynamoDbTable) -> bool {
    let read = process.get(&id("a"), Read::Strong, NOW).await;
    read.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_item_that_was_not_deleted_is_absent_and_can_be_claimed() {
    let world = World::new().await;
    present(&world.process()).await;
    let later = NOW + HOUR + SECOND;
    let late = world.process();
    let read = late.get(&id("a"), Read::Strong, later).await.unwrap();
    assert_eq!(read, None);
    for process in [world.process(), late] {
        let begun = process.begin(&id("a"), ulid(9), &at(later)).await.unwrap();
        assert_eq!(begun, Answer::Refused(None));
    }
    let claim = world.process().claim(&id("a"), ulid(3), &at(later)).await;
    assert!(claim.unwrap().is_done());
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_deletes_an_entry_when_it_is_over_and_not_before() {
    let world = World::new().await;
    let process = world.process();
    present(&process).await;
    assert_eq!(world.sweep_at(NOW + HOUR), 0, "a millisecond is left");
    assert!(is_there(&process).await);
    assert_eq!(world.sweep_at(NOW + HOUR + 2 * SECOND), 1);
    assert!(!is_there(&process).await);
    // This process still believes in the item, and finds out.
    let later = at(NOW + HOUR + 2 * SECOND);
    let claim = process.claim(&id("a"), ulid(3), &later).await;
    assert!(claim.unwrap().is_done());
}

/// An operator or another version of the program changes an attribute of a present entry.
async fn counts_as_absent_once(attribute: &str, value: AttributeValue) {
    let world = World::new().await;
    present(&world.process()).await;
    world.set(&id("a"), attribute, value).await;
    let process = world.process();
    assert!(!is_there(&process).await);
    let begun = process.begin(&id("a"), ulid(8), &at(NOW)).await.unwrap();
    assert_eq!(begun, Answer::Refused(None));
    for process in [world.process(), process] {
        let claim = process.claim(&id("a"), ulid(9), &at(NOW)).await;
        assert!(claim.unwrap().is_done());
    }
    assert!(is_there(&world.process()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_of_another_format_is_absent_and_claimed_over() {
    counts_as_absent_once("v", AttributeValue::N("2".into())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_cannot_be_read_is_absent_and_claimed_over() {
    counts_as_absent_once("state", AttributeValue::S("who knows".into())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_with_a_strange_revision_can_still_be_written() {
    let world = World::new().await;
    let process = world.process();
    present(&process).await;
    world
        .set(&id("a"), "rev", AttributeValue::N("7".into()))
        .await;
    for process in [world.process(), process] {
        let confirmed = process.confirm(&id("a"), ulid(2), NOW).await;
        assert!(confirmed.unwrap().is_done());
    }
}
