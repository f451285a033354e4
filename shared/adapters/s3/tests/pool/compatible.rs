//! Pools on services that speak S3's protocol: nothing is asked that one of them may not know.

use bytes::Bytes;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{CopySource, Method, Pool as _, PoolError};
use cloud_mirror_s3::{Access, S3Clients, S3Pool};
use cloud_mirror_testkit::pool_suite::{self, Lacks};
use cloud_mirror_testkit::servers::s3::Settings;

use crate::payload::Spoiler;
use crate::requests::LastRequest;
use crate::scene::{STORE, kind, pool_error, stored};
use crate::service::{SIGNED_FOR, Service, Style};
use crate::support::{BUCKET, key, object, put, replica, settings, url};

const STYLES: [Style; 2] = [Style::Path, Style::VirtualHost];

/// What every such service lacks whose tags are not used.
const LACKS: Lacks = Lacks {
    check_of_parts: false,
    digests_of_uploads: true,
    parts_after_a_write: false,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_tags_and_checksums_is_a_pool_by_path() {
    let service = Service::new(Style::Path).await;
    pool_suite::conforms_but_for(service.pool(Access::Presigned).ports(), LACKS).await;
    assert_eq!(service.s3.count("GetObject"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_one_by_virtual_host() {
    let service = Service::new(Style::VirtualHost).await;
    pool_suite::conforms_but_for(service.pool(Access::Presigned).ports(), LACKS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_tags_keeps_every_digest() {
    let knows_tags = Settings {
        unknown: &["x-amz-checksum-crc64nvme", "PutPublicAccessBlock"],
        ..Settings::compatible()
    };
    let service = Service::with(knows_tags, Style::Path).await.keeping_tags();
    pool_suite::conforms(service.pool(Access::Presigned).ports()).await;
}

#[tokio::test]
async fn every_request_goes_where_the_bucket_is_and_is_signed_as_the_service_calls_itself() {
    for style in STYLES {
        let service = Service::new(style).await;
        let ports = service.prepared(Access::Presigned).await;
        put(&ports, &url("a"), "bytes").await.unwrap();
        ports.pool.head(&url("a")).await.unwrap().unwrap();
        for request in service.s3.requests() {
            assert_eq!(request.region.as_deref(), Some(SIGNED_FOR), "{request:?}");
            assert_eq!(request.bucket, BUCKET);
            let by_host = request.host.starts_with("replicas.localhost:");
            assert_eq!(by_host, style == Style::VirtualHost, "{request:?}");
        }
    }
}

#[tokio::test]
async fn a_signed_address_gives_the_bytes_in_both_styles() {
    for style in STYLES {
        let service = Service::new(style).await;
        let ports = service.prepared(Access::Presigned).await;
        for path in ["a", "a//b", "a%2Fb", "a%20b+c", "a?x=1&y=%20"] {
            let url = url(path);
            put(&ports, &url, path).await.unwrap();
            let address = ports.pool.address(&url, Method::Get).await.unwrap().url;
            let begin = match style {
                Style::Path => format!("{}/replicas/example.com/", service.s3.url()),
                Style::VirtualHost => format!(
                    "http://replicas.localhost:{}/example.com/",
                    service.s3.address().port()
                ),
            };
            assert!(address.starts_with(&begin), "{address}");
            let answer = service.reader().get(&address).send().await.unwrap();
            assert_eq!(answer.bytes().await.unwrap(), path, "{address}");
            let (unsigned, _) = address.split_once('?').unwrap();
            let refused = service.reader().get(unsigned).send().await.unwrap();
            assert_eq!(refused.status(), 403, "{unsigned}");
        }
    }
}

#[tokio::test]
async fn a_public_address_is_plain_in_both_styles() {
    for style in STYLES {
        let service = Service::new(style).await;
        let ports = service.prepared(Access::Public).await;
        service.s3.make_public(BUCKET);
        let url = url("a%20b");
        put(&ports, &url, "bytes").await.unwrap();
        let address = ports.pool.address(&url, Method::Get).await.unwrap();
        assert_eq!(address.expires, None);
        assert!(!address.url.contains('?'), "{}", address.url);
        let answer = service.reader().get(&address.url).send().await.unwrap();
        assert_eq!(answer.bytes().await.unwrap(), "bytes");
    }
}

#[tokio::test]
async fn the_credentials_of_one_service_never_reach_another() {
    let (one, other) = (Service::new(Style::Path).await, "other-key");
    let keys = Settings {
        keys: (other, "other-secret"),
        ..Settings::compatible()
    };
    let other = Service::with(keys, Style::Path).await;
    // Made from one and the same configuration, as the runtime makes them.
    let base = one.base();
    for service in [&one, &other] {
        let clients = S3Clients::compatible(base.clone(), service.reached());
        let settings = settings(Access::Presigned);
        let ports = S3Pool::new(settings, clients.clone(), service.clock.clone()).ports();
        ports.pool.prepare().await.unwrap();
        let elsewhere = clients.in_region("us-east-1");
        let listed = elsewhere.list_objects_v2().bucket(BUCKET).send().await;
        listed.expect("another region is at the same endpoint");
    }
    for service in [one, other] {
        let refused = |status: &Option<u16>| *status == Some(403);
        let requests = service.s3.requests();
        assert!(!requests.is_empty());
        assert!(!requests.iter().any(|request| refused(&request.status)));
    }
}

#[tokio::test]
async fn a_service_that_ignores_a_condition_is_refused_and_told_which() {
    for (unconditional, ignored) in [
        (["PutObject"], "ignores If-Match of PutObject"),
        (
            ["CompleteMultipartUpload"],
            "ignores If-None-Match of CompleteMultipartUpload",
        ),
    ] {
        let careless = Settings {
            unconditional: Box::leak(Box::new(unconditional)),
            ..Settings::compatible()
        };
        let service = Service::with(careless, Style::Path).await;
        let refused = service.pool(Access::Presigned).prepare().await;
        let why = refused.unwrap_err().to_string();
        assert!(why.contains(ignored), "{why}");
        assert!(why.contains("conditional writes"), "{why}");
        assert_eq!(service.s3.keys(BUCKET), Vec::<String>::new());
        assert_eq!(service.s3.uploads(BUCKET), []);
    }
}

#[tokio::test]
async fn a_service_that_refuses_conditions_is_refused_and_told_which() {
    let without = Settings {
        unknown: &["if-none-match"],
        ..Settings::compatible()
    };
    let service = Service::with(without, Style::Path).await;
    let refused = service.pool(Access::Presigned).prepare().await;
    let why = refused.unwrap_err().to_string();
    assert!(why.contains("has no conditions of PutObject"), "{why}");
}

#[tokio::test]
async fn preparing_leaves_nothing_behind_and_asks_for_no_setting_that_a_service_has_not() {
    let without_settings = Settings {
        unknown: &[
            "GetBucketLifecycleConfiguration",
            "PutBucketLifecycleConfiguration",
            "GetBucketPolicy",
            "PutBucketPolicy",
            "GetPublicAccessBlock",
            "GetBucketEncryption",
        ],
        ..Settings::compatible()
    };
    let service = Service::with(without_settings, Style::Path).await;
    let pool = service.pool(Access::Public);
    pool.prepare().await.unwrap();
    pool.prepare().await.unwrap();
    assert_eq!(service.s3.keys(BUCKET), Vec::<String>::new());
    assert_eq!(service.s3.uploads(BUCKET), []);
    assert_eq!(pool.plan().await, Ok(vec![]));
}

#[tokio::test]
async fn a_lifecycle_is_set_where_a_service_has_one() {
    let service = Service::new(Style::Path).await;
    let pool = service.pool(Access::Presigned);
    let plan = pool.plan().await.unwrap();
    assert_eq!(plan[0], "create the bucket replicas in eu-central-1");
    assert!(plan[1].starts_with("set the lifecycle rules"), "{plan:?}");
    assert_eq!(plan.len(), 2, "{plan:?}");
    pool.prepare().await.unwrap();
    assert_eq!(service.s3.count("PutBucketLifecycleConfiguration"), 1);
    assert_eq!(pool.plan().await, Ok(vec![]));
}

#[tokio::test]
async fn a_bucket_is_created_with_its_region_only_where_a_service_wants_it_named() {
    let strict = Settings {
        regions: true,
        ..Settings::compatible()
    };
    for (service, creations) in [(Settings::compatible(), 1), (strict, 2)] {
        let service = Service::with(service, Style::Path).await;
        service.prepared(Access::Presigned).await;
        assert_eq!(service.s3.count("CreateBucket"), creations);
    }
}

#[tokio::test]
async fn bytes_are_signed_where_no_checksum_is_known_to_all() {
    let service = Service::new(Style::Path).await;
    service.prepared(Access::Presigned).await;
    let (last, spoilt) = (LastRequest::default(), Spoiler::default());
    let base = service
        .base()
        .interceptor(last.clone())
        .interceptor(spoilt.clone());
    let clients = S3Clients::compatible(base, service.reached());
    let pool = S3Pool::new(settings(Access::Presigned), clients, service.clock.clone());
    let ports = pool.ports();
    // The SHA-256 of "123456789".
    let sha256 = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
    put(&ports, &url("a"), "123456789").await.unwrap();
    last.must_have(&[("x-amz-content-sha256", sha256)]);
    let (b, bytes) = (url("b"), Bytes::from_static(b"123456789"));
    let upload = ports.upload.begin(&b, &object(&b, 9)).await.unwrap();
    let part = ports.upload.part(&b, &upload, 1, bytes.clone()).await;
    part.unwrap();
    last.must_have(&[("x-amz-content-sha256", sha256)]);
    spoilt.spoil();
    let part = ports.upload.part(&b, &upload, 1, bytes).await;
    assert!(part.is_err(), "{part:?}");
    assert!(put(&ports, &url("c"), "123456789").await.is_err());
    assert_eq!(service.s3.object(BUCKET, &key(&url("c"))), None);
}

#[tokio::test]
async fn a_copy_inside_a_service_is_made_under_its_condition_and_in_one_part() {
    let service = Service::new(Style::Path).await;
    let ports = service.prepared(Access::Presigned).await;
    service.s3.create_bucket(STORE, "us-west-2");
    let copier = ports.store_copy.clone().unwrap();
    for (n, text) in ["bytes", "", &"x".repeat(300_000)].into_iter().enumerate() {
        let name = n.to_string();
        let headers = [("x-amz-tagging", "a=b")];
        let etag = service.s3.put(STORE, &name, text.to_owned(), &headers);
        let (to, source) = (url(&name), stored(&name));
        let from = CopySource {
            object: &source,
            etag: &etag,
        };
        let new = object(&to, text.len());
        copier.copy(&to, &new, from, &Seen::None).await.unwrap();
        assert_eq!(service.s3.object(BUCKET, &key(&to)).unwrap(), text);
        let copied = replica(&ports, &to).await;
        assert_eq!(copied.upstream, Some(new.upstream.clone()));
        let again = copier.copy(&to, &new, from, &Seen::None).await;
        assert_eq!(pool_error(again), PoolError::Precondition);
        let seen = Seen::Etag(copied.etag);
        copier.copy(&to, &new, from, &seen).await.unwrap();
    }
    for operation in ["CopyObject", "GetObject", "UploadPart"] {
        let before = usize::from(operation == "UploadPart");
        assert_eq!(service.s3.count(operation), before, "{operation}");
    }
    assert_eq!(service.s3.uploads(BUCKET), []);
}

/// The server copies whatever is there, as some services do.
#[tokio::test]
async fn a_source_that_changed_is_noticed_where_the_service_does_not() {
    let service = Service::new(Style::Path).await;
    let ports = service.prepared(Access::Presigned).await;
    service.s3.create_bucket(STORE, "us-west-2");
    let etag = service.s3.put(STORE, "a", "planned for", &[]);
    service.s3.put(STORE, "a", "changed", &[]);
    let (to, source) = (url("a"), stored("a"));
    let from = CopySource {
        object: &source,
        etag: &etag,
    };
    let copier = ports.store_copy.clone().unwrap();
    let copied = copier.copy(&to, &object(&to, 11), from, &Seen::None).await;
    assert_eq!(kind(copied), Kind::SourceChanged);
    assert_eq!(service.s3.object(BUCKET, &key(&to)), None);
    assert_eq!(service.s3.uploads(BUCKET), []);
}

#[tokio::test]
async fn only_the_replica_that_was_seen_is_deleted_although_the_service_would_delete_any() {
    let service = Service::new(Style::Path).await;
    let ports = service.prepared(Access::Presigned).await;
    let url = url("a");
    put(&ports, &url, "bytes").await.unwrap();
    let refused = ports.pool.delete(&url, "\"another\"").await;
    assert_eq!(refused, Err(PoolError::Precondition));
    let seen = replica(&ports, &url).await;
    ports.pool.delete(&url, &seen.etag).await.unwrap();
    assert_eq!(ports.pool.head(&url).await, Ok(None));
}
