//! What each verb costs, counted at the wire.

use std::sync::Arc;

use cloud_mirror_domain::claim::{Answer, Extension, Holder};
use cloud_mirror_domain::entry::{Entry, Underway};
use cloud_mirror_domain::ports::{Read, StatusTable as _};
use cloud_mirror_dynamodb::DynamoDbTable;

use crate::world::{HOUR, NOW, World, at, id, present_for, ulid};

async fn claim(process: &DynamoDbTable, name: &str, attempt: u64) -> bool {
    let claim = process.claim(&id(name), ulid(attempt), &at(NOW)).await;
    claim.unwrap().is_done()
}

async fn begin(process: &DynamoDbTable, name: &str, run: u64) -> Option<Entry> {
    match process.begin(&id(name), ulid(run), &at(NOW)).await.unwrap() {
        Answer::Done(entry) => Some(entry),
        Answer::Refused(_) => None,
    }
}

async fn extend(process: &DynamoDbTable, name: &str, run: u64, own: Entry) -> bool {
    let extension = Extension {
        own,
        underway: None,
        upload: None,
    };
    let (id, when) = (id(name), at(NOW));
    let extend = process.extend(&id, ulid(run), &extension, &when).await;
    extend.unwrap().is_done()
}

async fn settle(process: &DynamoDbTable, name: &str, run: u64) -> bool {
    let (id, holder, outcome) = (id(name), Holder::Run(ulid(run)), present_for(HOUR));
    let settle = process.settle(&id, holder, &outcome, &at(NOW)).await;
    settle.unwrap().is_done()
}

/// A present entry, settled by run 2, and the process that did it all.
async fn present(world: &World, name: &str) -> Arc<DynamoDbTable> {
    let process = world.process();
    assert!(claim(&process, name, 1).await);
    assert!(begin(&process, name, 2).await.is_some());
    assert!(settle(&process, name, 2).await);
    world.proxy.asked();
    process
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_costs_one_write_for_each_of_its_steps() {
    let world = World::new().await;
    let (requester, copier) = (world.process(), world.process());
    assert!(claim(&requester, "a", 1).await);
    assert_eq!(world.proxy.asked(), ["PutItem"], "a claim of what is new");
    let own = begin(&copier, "a", 2).await.unwrap();
    assert_eq!(world.proxy.asked(), ["UpdateItem"], "begun elsewhere");
    assert!(extend(&copier, "a", 2, own).await);
    assert_eq!(world.proxy.asked(), ["PutItem"], "a heartbeat");
    assert!(settle(&copier, "a", 2).await);
    assert_eq!(world.proxy.asked(), ["PutItem"], "settled");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_on_is_released_by_one_request_and_begun_by_two() {
    let world = World::new().await;
    let (first, second) = (world.process(), world.process());
    assert!(claim(&first, "a", 1).await);
    let own = begin(&first, "a", 2).await.unwrap();
    let extension = Extension {
        own,
        underway: Some(Underway {
            size: 7,
            began: NOW,
        }),
        upload: None,
    };
    let (id, when) = (id("a"), at(NOW));
    let noted = first.extend(&id, ulid(2), &extension, &when).await;
    assert!(noted.unwrap().is_done());
    world.proxy.asked();
    let released = first.release(&id, Holder::Run(ulid(2)), &when).await;
    assert!(released.unwrap().is_done());
    assert_eq!(world.proxy.asked(), ["PutItem"]);
    assert!(begin(&second, "a", 3).await.is_some());
    assert_eq!(
        world.proxy.asked(),
        ["UpdateItem", "PutItem"],
        "its size is known"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_costs_one_request() {
    let world = World::new().await;
    let (winner, loser) = (world.process(), world.process());
    assert!(claim(&winner, "a", 1).await);
    world.proxy.asked();
    assert!(!claim(&loser, "a", 2).await);
    assert_eq!(world.proxy.asked(), ["PutItem"], "of what it had not seen");
    assert!(!claim(&loser, "a", 2).await);
    assert_eq!(world.proxy.asked(), ["GetItem"], "of what it had");
    assert!(begin(&winner, "a", 3).await.is_some());
    world.proxy.asked();
    let late = world.process();
    assert!(begin(&late, "a", 4).await.is_none());
    assert_eq!(world.proxy.asked(), ["UpdateItem"], "the second delivery");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_claims_and_begins_needs_no_other_request() {
    let world = World::new().await;
    let process = world.process();
    assert!(claim(&process, "a", 1).await);
    assert!(begin(&process, "a", 2).await.is_some());
    assert_eq!(world.proxy.asked(), ["PutItem", "PutItem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_just_read_is_confirmed_by_one_request() {
    let world = World::new().await;
    present(&world, "a").await;
    let hit = world.process();
    hit.get(&id("a"), Read::Eventual, NOW).await.unwrap();
    let confirmed = hit.confirm(&id("a"), ulid(2), NOW + HOUR / 2).await;
    assert!(confirmed.unwrap().is_done());
    assert_eq!(world.proxy.asked(), ["GetItem", "PutItem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_belief_that_is_out_of_date_costs_one_request_more() {
    let world = World::new().await;
    let stale = present(&world, "a").await;
    let other = world.process();
    other.get(&id("a"), Read::Eventual, NOW).await.unwrap();
    let confirmed = other.confirm(&id("a"), ulid(2), NOW + HOUR / 3).await;
    assert!(confirmed.unwrap().is_done());
    world.proxy.asked();
    let confirmed = stale.confirm(&id("a"), ulid(2), NOW + HOUR / 2).await;
    assert!(confirmed.unwrap().is_done());
    assert_eq!(world.proxy.asked(), ["PutItem", "PutItem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_and_its_end_cost_one_write_each() {
    let world = World::new().await;
    let process = present(&world, "a").await;
    let when = at(NOW);
    let begun = process.begin_purge(&id("a"), ulid(7), None, &when).await;
    assert!(begun.unwrap().is_done());
    assert!(
        process
            .forget(&id("a"), ulid(7), &when)
            .await
            .unwrap()
            .is_done()
    );
    assert_eq!(world.proxy.asked(), ["PutItem", "PutItem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_deleted_only_after_a_fresh_look() {
    let world = World::new().await;
    let process = present(&world, "a").await;
    let forgotten = process.forget(&id("a"), ulid(2), &at(NOW)).await;
    assert!(forgotten.unwrap().is_done());
    assert_eq!(world.proxy.asked(), ["GetItem", "DeleteItem"]);
}
