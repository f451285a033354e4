//! A store that refuses, stumbles or says nothing.

use std::time::Duration;

use cloud_mirror_domain::ports::PoolError;
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_s3::{Access, S3Clients, S3Pool, S3Source};
use cloud_mirror_testkit::servers::s3::Fault;

use crate::scene::facts;
use crate::support::{REGION, Stage, credentials, put, settings, url};

#[tokio::test]
async fn a_store_that_is_busy_is_told_from_one_that_fails() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    for operation in ["HeadObject", "PutObject"] {
        stage.s3.fail_next(operation, 1, Fault::slow_down());
    }
    let head = ports.pool.head(&url("a")).await;
    assert!(matches!(head, Err(PoolError::Throttled(_))), "{head:?}");
    let why = put(&ports, &url("a"), "bytes")
        .await
        .unwrap_err()
        .to_string();
    for word in [
        "PutObject",
        "s3://replicas/example.com/a",
        "503",
        "SlowDown",
    ] {
        assert!(why.contains(word), "{word}: {why}");
    }
}

#[tokio::test]
async fn a_query_that_belongs_to_an_objects_name_is_never_said() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let secret = url("a?token=hunter2");
    for operation in ["PutObject", "ListMultipartUploads", "HeadObject"] {
        stage.s3.fail_next(operation, 1, Fault::slow_down());
    }
    for refused in [
        put(&ports, &secret, "bytes").await,
        ports
            .upload
            .find(&secret, Timestamp::default())
            .await
            .map(drop),
        ports.pool.head(&secret).await.map(drop),
    ] {
        let why = refused.unwrap_err().to_string();
        assert!(why.contains("s3://replicas/example.com/a:"), "{why}");
        assert!(!why.contains("hunter2"), "{why}");
    }
    let object = StoredObject {
        provider: "s3".into(),
        bucket: "acme".into(),
        region: REGION.into(),
        key: "a?token=hunter2".into(),
        requester_pays: false,
    };
    stage.s3.fail_next("HeadObject", 1, Fault::slow_down());
    let source = S3Source::new(stage.clients());
    let why = facts(&source, &object).await.unwrap_err().detail;
    assert!(why.contains("s3://acme/a:"), "{why}");
    assert!(!why.contains("hunter2"), "{why}");
}

#[tokio::test]
async fn another_conditional_write_under_way_is_a_conflict() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let conflict = Fault::Error(409, "ConditionalRequestConflict".into());
    stage.s3.fail_next("PutObject", 1, conflict);
    assert_eq!(
        put(&ports, &url("a"), "bytes").await,
        Err(PoolError::Conflict)
    );
}

#[tokio::test]
async fn a_write_to_a_bucket_that_is_not_there_is_no_failed_condition() {
    let stage = Stage::new().await;
    let ports = stage.pool(Access::Presigned).ports();
    let answer = put(&ports, &url("a"), "bytes").await;
    assert!(
        matches!(answer, Err(PoolError::Unavailable(_))),
        "{answer:?}"
    );
    let deleted = ports.pool.delete(&url("a"), "\"any\"").await;
    assert!(
        matches!(deleted, Err(PoolError::Unavailable(_))),
        "{deleted:?}"
    );
}

#[tokio::test]
async fn a_store_that_says_nothing_is_unavailable_when_the_clients_time_is_over() {
    let stage = Stage::new().await;
    stage.prepared(Access::Presigned).await;
    let base = stage.base(Duration::from_millis(200));
    let clients = S3Clients::with_credentials(base, credentials());
    let pool = S3Pool::new(settings(Access::Presigned), clients, stage.clock.clone());
    for fault in [Fault::Silence, Fault::HangUp] {
        stage.s3.fail_next("HeadObject", 1, fault);
        let answer = pool.ports().pool.head(&url("a")).await;
        assert!(
            matches!(answer, Err(PoolError::Unavailable(_))),
            "{answer:?}"
        );
    }
}
