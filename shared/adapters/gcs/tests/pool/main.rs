//! What this adapter promises, over a server of our own that speaks Google's documented requests.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod addresses;
mod buckets;
mod copies;
mod objects;
mod outages;
mod parts;
mod sources;
mod support;

use cloud_mirror_domain::rules::Access;
use cloud_mirror_testkit::pool_suite;

use support::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn it_is_a_pool() {
    let stage = Stage::new().await;
    pool_suite::conforms(stage.pool(Access::Presigned).ports()).await;
    assert_eq!(
        stage.gcs.count("GetObject"),
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
