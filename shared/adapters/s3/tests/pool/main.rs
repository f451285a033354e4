//! What this adapter promises, over the real SDK and a server that speaks S3's wire protocol.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod addresses;
mod buckets;
mod compatible;
mod copied_parts;
mod copies;
mod errors_in_200;
mod listings;
mod objects;
mod outages;
mod parts;
mod payload;
mod private_sources;
mod requests;
mod retries;
mod scene;
mod service;
mod signed_origins;
mod sources;
mod support;

use std::sync::Arc;

use cloud_mirror_domain::ports::Pool as _;
use cloud_mirror_s3::{Access, CompatibleService, S3Clients, S3Pool};
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::emulator;
use cloud_mirror_testkit::pool_suite::{self, Lacks};
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, SECRET_KEY};

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
    let clock = Arc::new(ShiftedClock::default());
    let pool = S3Pool::new(settings(Access::Presigned), clients, clock);
    pool_suite::conforms_over_a_careless_store(pool.ports()).await;
}

/// As a service that merely speaks S3's protocol, beside S3 itself.
fn compatible_pool() -> S3Pool {
    let service = CompatibleService {
        endpoint: emulator::url(),
        by_path: true,
        signing_region: None,
        access_key_id: ACCESS_KEY.to_owned(),
        secret_access_key: SECRET_KEY.to_owned(),
        tags: false,
    };
    let base = support::base("http://nowhere.invalid", support::PATIENCE);
    let clients = S3Clients::compatible(base, service);
    let mut settings = settings(Access::Presigned);
    settings.bucket = "compatible".to_owned();
    S3Pool::new(settings, clients, Arc::<ShiftedClock>::default())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an emulator: scripts/emulator-suites runs it"]
async fn a_compatible_pool_is_one_at_an_emulator_too() {
    let lacks = Lacks {
        check_of_parts: true,
        digests_of_uploads: true,
        ..Lacks::default()
    };
    pool_suite::conforms_but_for(compatible_pool().ports(), lacks).await;
}

#[tokio::test]
#[ignore = "needs moto, which ignores a condition: scripts/emulator-suites runs it"]
async fn moto_is_refused_for_the_condition_that_it_ignores() {
    let refused = compatible_pool().prepare().await.unwrap_err().to_string();
    let ignored = "ignores If-Match of CompleteMultipartUpload";
    assert!(refused.contains(ignored), "{refused}");
}
