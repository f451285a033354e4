//! What this adapter promises, over the real SDK and a server that speaks S3's wire protocol.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod addresses;
mod buckets;
mod copied_parts;
mod copies;
mod errors_in_200;
mod listings;
mod objects;
mod outages;
mod parts;
mod payload;
mod requests;
mod retries;
mod scene;
mod sources;
mod support;

use cloud_mirror_s3::{Access, S3Clients, S3Pool};
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::{emulator, pool_suite};

use support::{Stage, credentials, settings};

#[tokio::test(flavor = "multi_thread")]
async fn it_is_a_pool() {
    let stage = Stage::new().await;
    pool_suite::conforms(stage.pool(Access::Presigned).ports()).await;
    assert_eq!(
        stage.s3.count("GetObject"),
        0,
        "a pool never reads an object's bytes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_may_share_a_bucket() {
    let stage = Stage::new().await;
    let [one, other] = [(); 2].map(|()| stage.pool(Access::Public));
    let mut ports = one.ports();
    ports.upload = other.ports().upload;
    pool_suite::conforms(ports).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an emulator: scripts/emulator-suites runs it"]
async fn it_is_one_at_an_emulator_too() {
    let base = support::base(&emulator::url(), support::PATIENCE);
    let clients = S3Clients::new(base.credentials_provider(credentials()));
    let clock = std::sync::Arc::new(ShiftedClock::default());
    let pool = S3Pool::new(settings(Access::Presigned), clients, clock);
    pool_suite::conforms_over_a_careless_store(pool.ports()).await;
}
