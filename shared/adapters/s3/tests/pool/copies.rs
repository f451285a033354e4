//! Copies that the store makes itself, in one request.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{CopySource, PoolError};
use cloud_mirror_testkit::servers::s3::Fault;

use crate::scene::{MIB, STORE, Scene, kind, pool_error, stored};
use crate::support::{BUCKET, key, put, replica, url};

#[tokio::test]
async fn the_store_is_asked_in_its_own_region() {
    let scene = Scene::new().await;
    let headers = [
        ("content-type", "text/html"),
        ("cache-control", "max-age=1"),
    ];
    let etag = scene.stage.s3.put(STORE, "a b", "bytes", &headers);
    let facts = scene.facts(&stored("a b")).await.unwrap();
    assert_eq!((facts.size, facts.etag), (Some(5), Some(etag)));
    assert_eq!(facts.headers.content_type.as_deref(), Some("text/html"));
    assert_eq!(facts.headers.cache_control.as_deref(), Some("max-age=1"));
    let asked = scene.stage.s3.requests().pop().unwrap();
    assert_eq!(
        (asked.bucket.as_str(), asked.region.as_deref()),
        (STORE, Some("us-west-2"))
    );
}

#[tokio::test]
async fn a_store_that_refuses_is_told_from_one_without_the_object() {
    let scene = Scene::new().await;
    let head = async || scene.facts(&stored("a")).await.unwrap_err().kind;
    assert_eq!(head().await, Kind::SourceNotFound);
    scene.stage.s3.deny(STORE, true);
    assert_eq!(head().await, Kind::NotPermitted);
    scene.stage.s3.deny(STORE, false);
    scene
        .stage
        .s3
        .fail_next("HeadObject", 1, Fault::slow_down());
    assert_eq!(head().await, Kind::Throttled);
    scene.stage.s3.fail_next("HeadObject", 1, Fault::HangUp);
    assert_eq!(head().await, Kind::SourceUnreachable);
}

#[tokio::test]
async fn every_key_can_be_copied_and_no_byte_passes_through_us() {
    let scene = Scene::new().await;
    let keys = [
        "a",
        "a b",
        "a+b",
        "a?b&c=d#e",
        "a%2Fb",
        "naïve",
        "文件🦀",
        "a//b",
        "'\"()*!",
    ];
    for (n, odd) in keys.into_iter().enumerate() {
        let etag = scene.stage.s3.put(STORE, odd, odd.to_owned(), &[]);
        let (url, object) = (url(&n.to_string()), stored(odd));
        let from = CopySource {
            object: &object,
            etag: &etag,
        };
        scene.copy(&url, from, &Seen::None).await.unwrap();
        assert_eq!(scene.stage.s3.object(BUCKET, &key(&url)).unwrap(), odd);
    }
    for operation in ["GetObject", "PutObject", "UploadPart"] {
        assert_eq!(scene.stage.s3.count(operation), 0, "{operation}");
    }
}

#[tokio::test]
async fn a_copy_has_our_metadata_and_none_of_the_sources_tags() {
    let scene = Scene::new().await;
    let headers = [
        ("content-type", "text/html"),
        ("x-amz-meta-secret", "theirs"),
        (
            "x-amz-tagging",
            "cost=theirs&md5=1&sha1=2&sha256=3&sha512=4",
        ),
    ];
    let etag = scene.stage.s3.put(STORE, "a", "bytes", &headers);
    let (url, object) = (url("a"), stored("a"));
    scene
        .copy(
            &url,
            CopySource {
                object: &object,
                etag: &etag,
            },
            &Seen::None,
        )
        .await
        .unwrap();
    let replica = replica(&scene.ports, &url).await;
    assert!(replica.is_of(&url));
    assert_eq!(replica.digests, None);
    assert!(replica.checksum.is_some(), "{replica:?}");
    let client = scene.stage.client();
    let head = client
        .head_object()
        .bucket(BUCKET)
        .key(key(&url))
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_type(), Some("text/plain; charset=utf-8"));
    assert!(!head.metadata().unwrap().contains_key("secret"));
    let tags = client
        .get_object_tagging()
        .bucket(BUCKET)
        .key(key(&url))
        .send()
        .await
        .unwrap();
    assert!(tags.tag_set().is_empty(), "{tags:?}");
}

#[tokio::test]
async fn a_copy_is_made_only_if_the_replica_is_as_it_was_seen() {
    let scene = Scene::new().await;
    let etag = scene.stage.s3.put(STORE, "a", "bytes", &[]);
    let (url, object) = (url("a"), stored("a"));
    let from = CopySource {
        object: &object,
        etag: &etag,
    };
    let gone = Seen::Etag("\"00000000000000000000000000000000\"".into());
    assert_eq!(
        pool_error(scene.copy(&url, from, &gone).await),
        PoolError::Precondition
    );
    put(&scene.ports, &url, "old").await.unwrap();
    let old = replica(&scene.ports, &url).await;
    for wrong in [Seen::None, gone] {
        assert_eq!(
            pool_error(scene.copy(&url, from, &wrong).await),
            PoolError::Precondition
        );
        assert_eq!(replica(&scene.ports, &url).await, old);
    }
    scene.copy(&url, from, &Seen::Etag(old.etag)).await.unwrap();
    assert_eq!(replica(&scene.ports, &url).await.size, 5);
}

#[tokio::test]
async fn a_copy_is_made_only_of_the_source_that_was_planned_for() {
    let scene = Scene::new().await;
    let etag = scene.stage.s3.put(STORE, "a", "bytes", &[]);
    let (url, object) = (url("a"), stored("a"));
    let from = CopySource {
        object: &object,
        etag: &etag,
    };
    scene.stage.s3.put(STORE, "a", "other", &[]);
    assert_eq!(
        pool_error(scene.copy(&url, from, &Seen::None).await),
        PoolError::Precondition
    );
    scene.stage.s3.delete(STORE, "a");
    assert_eq!(
        kind(scene.copy(&url, from, &Seen::None).await),
        Kind::SourceNotFound
    );
    scene.stage.s3.deny(STORE, true);
    assert_eq!(
        kind(scene.copy(&url, from, &Seen::None).await),
        Kind::NotPermitted
    );
    assert_eq!(scene.ports.pool.head(&url).await, Ok(None));
}

#[tokio::test]
async fn above_5_gib_the_store_refuses_to_copy_in_one() {
    let scene = Scene::new().await;
    let etag = scene
        .stage
        .s3
        .put_pattern(STORE, "large", 5 * 1024 * MIB + 1, 0);
    let (url, object) = (url("large"), stored("large"));
    let from = CopySource {
        object: &object,
        etag: &etag,
    };
    let error = pool_error(scene.copy(&url, from, &Seen::None).await);
    assert!(matches!(&error, PoolError::Unavailable(why) if why.contains("InvalidRequest")));
}
