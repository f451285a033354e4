//! A reply is lost, and the client asks again.

use cloud_mirror_domain::claim::Holder;
use cloud_mirror_domain::ports::{PortError, Read, StatusTable as _};
use cloud_mirror_dynamodb::DynamoDbTable;

use crate::world::{HOUR, NOW, World, at, id, present_for, ulid};

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_reply_was_lost_is_won() {
    let world = World::new().await;
    world.proxy.lose_the_reply_to("PutItem");
    let claim = world.process().claim(&id("a"), ulid(1), &at(NOW)).await;
    assert!(claim.unwrap().is_done());
    assert_eq!(world.proxy.asked(), ["PutItem", "PutItem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_whose_reply_was_lost_is_made() {
    let world = World::new().await;
    let process = world.process();
    process.claim(&id("a"), ulid(1), &at(NOW)).await.unwrap();
    process.begin(&id("a"), ulid(2), &at(NOW)).await.unwrap();
    world.proxy.asked();
    world.proxy.lose_the_reply_to("PutItem");
    // The entry that it leaves names the run no more: only the revision tells whose write it was.
    let released = process
        .release(&id("a"), Holder::Run(ulid(2)), &at(NOW))
        .await;
    assert!(released.unwrap().is_done());
    assert_eq!(world.proxy.asked(), ["PutItem", "PutItem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blind_begin_whose_reply_was_lost_is_made() {
    let world = World::new().await;
    let (requester, copier) = (world.process(), world.process());
    requester.claim(&id("a"), ulid(1), &at(NOW)).await.unwrap();
    world.proxy.asked();
    world.proxy.lose_the_reply_to("UpdateItem");
    let begun = copier.begin(&id("a"), ulid(2), &at(NOW)).await.unwrap();
    assert!(begun.is_done());
    assert_eq!(world.proxy.asked(), ["UpdateItem", "UpdateItem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_whose_reply_was_lost_is_made() {
    let world = World::new().await;
    let process = world.process();
    settled(&process).await.unwrap();
    world.proxy.asked();
    world.proxy.lose_the_reply_to("DeleteItem");
    let forgotten = process.forget(&id("a"), ulid(2), &at(NOW)).await.unwrap();
    assert!(forgotten.is_done());
    assert_eq!(world.proxy.asked(), ["GetItem", "DeleteItem", "DeleteItem"]);
    let left = process.get(&id("a"), Read::Strong, NOW).await.unwrap();
    assert_eq!(left, None);
}

async fn settled(process: &DynamoDbTable) -> Result<(), PortError> {
    let (id, when) = (id("a"), at(NOW));
    process.claim(&id, ulid(1), &when).await?;
    process.begin(&id, ulid(2), &when).await?;
    let holder = Holder::Run(ulid(2));
    process
        .settle(&id, holder, &present_for(HOUR), &when)
        .await
        .map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_there_is_named_with_its_cause() {
    let world = World::new().await;
    let client = crate::table::client(&world.server.url());
    let table = DynamoDbTable::new(client, "nowhere", world.waiting.clone());
    let error = table.get(&id("a"), Read::Strong, NOW).await.unwrap_err();
    assert!(error.to_string().starts_with("status-table: "), "{error}");
    assert!(error.detail.contains("not found"), "{error}");
}
