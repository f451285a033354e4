//! What the SDK repeats by itself, and what it leaves to those with a pace of their own.

use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use bytes::Bytes;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{CopySource, PoolError};
use cloud_mirror_s3::{Access, S3Clients, S3Pool, S3Source};
use cloud_mirror_testkit::servers::s3::Fault;

use crate::scene::{MIB, STORE, Scene, pool_error, stored};
use crate::support::{PATIENCE, credentials, object, put, settings, url};

/// A scene whose clients try everything three times.
async fn persistent() -> Scene {
    let mut scene = Scene::new().await;
    let retries = RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(1));
    let base = scene.stage.base(PATIENCE).retry_config(retries);
    let clients = S3Clients::new(base.credentials_provider(credentials()));
    scene.source = S3Source::new(clients.clone());
    let settings = settings(Access::Presigned);
    let pool = S3Pool::new(settings, clients, scene.stage.clock.clone());
    scene.ports = pool.ports();
    scene.copier = scene.ports.store_copy.clone().unwrap();
    scene
}

#[tokio::test]
async fn a_part_that_is_throttled_is_sent_once_so_that_its_sender_sees_it() {
    let scene = persistent().await;
    let etag = scene.stage.s3.put_pattern(STORE, "a", 6 * MIB, 0);
    let (url, source) = (url("a"), stored("a"));
    let from = CopySource {
        object: &source,
        etag: &etag,
    };
    for operation in ["UploadPart", "UploadPartCopy"] {
        scene.stage.s3.fail_next(operation, 1, Fault::slow_down());
    }
    let copied = pool_error(scene.first_part(&url, from).await);
    assert!(matches!(copied, PoolError::Throttled(_)), "{copied:?}");
    let upload = &scene.ports.upload;
    let id = upload.begin(&url, &object(&url, 1)).await.unwrap();
    let sent = upload.part(&url, &id, 1, Bytes::from_static(b"x")).await;
    assert!(matches!(sent, Err(PoolError::Throttled(_))), "{sent:?}");
    for operation in ["UploadPart", "UploadPartCopy"] {
        assert_eq!(scene.stage.s3.count(operation), 1, "{operation}");
    }
}

#[tokio::test]
async fn a_part_whose_connection_breaks_is_sent_once_too() {
    let scene = persistent().await;
    let (upload, url) = (&scene.ports.upload, url("a"));
    let id = upload.begin(&url, &object(&url, 1)).await.unwrap();
    scene.stage.s3.fail_next("UploadPart", 1, Fault::HangUp);
    let sent = upload.part(&url, &id, 1, Bytes::from_static(b"x")).await;
    assert!(matches!(sent, Err(PoolError::Unavailable(_))), "{sent:?}");
    assert_eq!(scene.stage.s3.count("UploadPart"), 1);
}

#[tokio::test]
async fn everything_else_is_repeated_as_the_client_says() {
    let scene = persistent().await;
    let etag = scene.stage.s3.put(STORE, "a", "bytes", &[]);
    let source = stored("a");
    let from = CopySource {
        object: &source,
        etag: &etag,
    };
    let operations = [
        "HeadObject",
        "CopyObject",
        "PutObject",
        "CreateMultipartUpload",
    ];
    let before = operations.map(|operation| scene.stage.s3.count(operation));
    for operation in operations {
        scene.stage.s3.fail_next(operation, 2, Fault::slow_down());
    }
    scene.facts(&source).await.unwrap();
    scene.copy(&url("a"), from, &Seen::None).await.unwrap();
    put(&scene.ports, &url("b"), "bytes").await.unwrap();
    let object = object(&url("c"), 1);
    scene.ports.upload.begin(&url("c"), &object).await.unwrap();
    let after = operations.map(|operation| scene.stage.s3.count(operation));
    assert_eq!(after, before.map(|count| count + 3), "{operations:?}");
}
