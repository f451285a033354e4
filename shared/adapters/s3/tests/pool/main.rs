//! What this adapter promises, over the real SDK and a server that speaks S3's wire protocol.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod addresses;
mod buckets;
mod copied_parts;
mod copies;
mod objects;
mod outages;
mod parts;
mod requests;
mod scene;
mod support;

use cloud_mirror_s3::Access;
use cloud_mirror_testkit::pool_suite;

use support::Stage;

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
