//! The status table over DynamoDB's wire protocol, served in this very process.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod items;
mod proxy;
mod requests;
mod retries;
mod sharing;
mod table;
mod world;

use cloud_mirror_testkit::table_suite;
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_table_does_what_every_table_must_do() {
    let world = World::new().await;
    table_suite::conforms(world.process(), world.waiting.clone()).await;
}
