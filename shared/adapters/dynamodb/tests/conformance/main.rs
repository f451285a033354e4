//! The status table over DynamoDB's wire protocol, served in this very process.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod items;
mod proxy;
mod requests;
mod retries;
mod sharing;
mod table;
mod world;

use std::sync::Arc;

use cloud_mirror_dynamodb::DynamoDbTable;
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::{emulator, table_suite};
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_table_does_what_every_table_must_do() {
    let world = World::new().await;
    table_suite::conforms(world.process(), world.waiting.clone()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an emulator: scripts/emulator-suites runs it"]
async fn an_emulators_table_does_so_too() {
    // By the machine's clock: the emulator deletes what has expired by its own.
    let (client, clock) = (
        table::client(&emulator::url()),
        Arc::new(ShiftedClock::default()),
    );
    table::create(&client).await;
    let process = Arc::new(DynamoDbTable::new(client, table::NAME, clock.clone()));
    table_suite::conforms(process, clock).await;
}
