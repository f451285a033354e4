//! Copies that Google makes itself.

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::plan::{Plan, Route, plan};
use cloud_mirror_domain::policy::CopyLimits;
use cloud_mirror_domain::ports::{CopySource, PoolError, PoolPorts, StoreCopyError};
use cloud_mirror_domain::rules::{Access, StoredObject};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_gcs::GcsSource;
use cloud_mirror_testkit::servers::gcs::Fault;

use crate::sources::facts;
use crate::support::{BUCKET, STORE, Stage, headers, key, object, put, replica, stored, url};

/// A prepared pool beside a store that has one object.
async fn a_store_with(key: &str) -> (Stage, PoolPorts, String) {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let own = [("content-type", "text/html"), ("x-goog-meta-own", "own")];
    stage.gcs.put(STORE, key, "bytes", &own);
    let found = facts(&GcsSource::new(stage.clients()), STORE, key).await;
    let etag = found.unwrap().etag.unwrap();
    (stage, ports, etag)
}

async fn copy(
    ports: &PoolPorts,
    url: &SourceUrl,
    (from, etag): (&StoredObject, &str),
    seen: &Seen,
) -> Result<(), StoreCopyError> {
    let copier = ports.store_copy.clone().unwrap();
    let from = CopySource { object: from, etag };
    copier.copy(url, &object(url, 5), from, seen).await
}

fn kind(answer: Result<(), StoreCopyError>) -> Kind {
    match answer {
        Err(StoreCopyError::Source(Failure { kind, .. })) => kind,
        other => panic!("not the source's: {other:?}"),
    }
}

#[tokio::test]
async fn a_copy_moves_no_byte_through_us_and_says_everything_anew() {
    for odd in ["a", "a b+c", "a//b%2Fc", "naïve/?x=1#y"] {
        let (stage, ports, etag) = a_store_with(odd).await;
        let before = stage.gcs.requests().len();
        let copied = copy(&ports, &url("a"), (&stored(odd), &etag), &Seen::None).await;
        assert_eq!(copied, Ok(()), "{odd}");
        assert_eq!(stage.operations_since(before), ["CopyObject"]);
        let moved: u64 = stage.gcs.requests()[before..]
            .iter()
            .map(|asked| asked.received_bytes)
            .sum();
        assert_eq!(moved, 0);
        assert_eq!(stage.gcs.object(BUCKET, &key(&url("a"))).unwrap(), "bytes");
        let replica = replica(&ports, &url("a")).await;
        assert!(replica.is_of(&url("a")) && replica.digests.is_none());
        let metadata = stage.gcs.metadata(BUCKET, &key(&url("a"))).unwrap();
        assert!(
            metadata
                .iter()
                .all(|(name, _)| name.starts_with("cloud-mirror-"))
        );
        let copied = facts(&GcsSource::new(stage.clients()), BUCKET, &key(&url("a"))).await;
        assert_eq!(copied.unwrap().headers, headers());
    }
}

#[tokio::test]
async fn a_copy_takes_only_the_object_that_was_planned_for() {
    let (stage, ports, etag) = a_store_with("a").await;
    stage.gcs.put(STORE, "a", "other", &[]);
    let changed = copy(&ports, &url("a"), (&stored("a"), &etag), &Seen::None).await;
    assert_eq!(changed, Err(PoolError::Precondition.into()));
    assert_eq!(ports.pool.head(&url("a")).await, Ok(None));
    stage.gcs.delete(STORE, "a");
    let gone = copy(&ports, &url("a"), (&stored("a"), &etag), &Seen::None).await;
    assert_eq!(kind(gone), Kind::SourceNotFound);
}

#[tokio::test]
async fn a_copy_replaces_only_what_was_seen() {
    let (_stage, ports, etag) = a_store_with("a").await;
    put(&ports, &url("a"), "was first").await.unwrap();
    let first = replica(&ports, &url("a")).await;
    let from = stored("a");
    let refused = copy(&ports, &url("a"), (&from, &etag), &Seen::None).await;
    assert_eq!(refused, Err(PoolError::Precondition.into()));
    assert_eq!(replica(&ports, &url("a")).await, first);
    let seen = Seen::Etag(first.etag.clone());
    copy(&ports, &url("a"), (&from, &etag), &seen)
        .await
        .unwrap();
    let second = replica(&ports, &url("a")).await;
    assert_eq!(second.size, 5);
    ports.pool.delete(&url("a"), &second.etag).await.unwrap();
    let gone = copy(&ports, &url("a"), (&from, &etag), &seen).await;
    assert_eq!(
        gone,
        Err(PoolError::Precondition.into()),
        "not the source's"
    );
}

#[tokio::test]
async fn a_denied_source_is_an_operators_matter() {
    let (stage, ports, etag) = a_store_with("a").await;
    stage.gcs.deny(STORE, true);
    let denied = copy(&ports, &url("a"), (&stored("a"), &etag), &Seen::None).await;
    assert_eq!(kind(denied), Kind::NotPermitted);
}

#[tokio::test]
async fn a_source_whose_readers_pay_is_paid_for_only_where_its_rule_says_so() {
    let (stage, ports, etag) = a_store_with("a").await;
    stage.gcs.set_requester_pays(STORE, true);
    let unpaid = copy(&ports, &url("a"), (&stored("a"), &etag), &Seen::None).await;
    assert_eq!(kind(unpaid), Kind::RequesterPays);
    let from = StoredObject {
        requester_pays: true,
        ..stored("a")
    };
    let paid = copy(&ports, &url("a"), (&from, &etag), &Seen::None).await;
    assert_eq!(paid, Ok(()));
}

#[tokio::test]
async fn a_busy_store_is_told_from_one_that_refuses() {
    let (stage, ports, etag) = a_store_with("a").await;
    stage.gcs.fail_next("CopyObject", 3, Fault::slow_down());
    let busy = copy(&ports, &url("a"), (&stored("a"), &etag), &Seen::None).await;
    assert!(
        matches!(busy, Err(StoreCopyError::Pool(PoolError::Throttled(_)))),
        "{busy:?}"
    );
}

#[tokio::test]
async fn what_is_too_large_for_one_request_goes_through_us() {
    let stage = Stage::new().await;
    let copier = stage.pool(Access::Presigned).ports().store_copy.unwrap();
    let route = Route::ServerSide(copier.limits());
    let limits = CopyLimits::default();
    let gib = 1024 * 1024 * 1024;
    assert_eq!(plan(Some(gib), route, &limits), Ok(Plan::ServerSide));
    let larger = plan(Some(gib + 1), route, &limits);
    assert!(matches!(larger, Ok(Plan::Stream(_))), "{larger:?}");
}
