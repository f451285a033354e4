//! Private objects as sources, read with our credentials.

use std::time::Duration;

use aws_sdk_s3::config::Credentials;
use bytes::Bytes;
use cloud_mirror_domain::digest::Algorithm;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Fetch, Opened, Resume, Source as _};
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_s3::{S3Clients, S3Source};
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, Fault};
use futures::TryStreamExt as _;

use crate::scene::{MIB, STORE, Scene, facts, named, stored};
use crate::support::PATIENCE;

async fn read(opened: Opened) -> Result<Bytes, Failure> {
    let pieces: Vec<Bytes> = opened.body.try_collect().await?;
    Ok(pieces.concat().into())
}

/// Where a stream goes on that has the first six bytes.
fn after_six(etag: &str) -> Option<Resume<'_>> {
    Some(Resume {
        first_byte: 6,
        etag,
    })
}

#[tokio::test]
async fn a_private_object_is_read_with_its_headers_and_its_checksum() {
    let scene = Scene::new().await;
    let headers = [("content-type", "text/html"), ("cache-control", "private")];
    let etag = scene.stage.s3.put(STORE, "a b", "the bytes", &headers);
    let opened = scene.open(&stored("a b"), None).await.unwrap();
    assert_eq!(opened.first_byte, 0);
    let said = opened.facts.clone();
    assert_eq!((said.size, said.etag), (Some(9), Some(etag)));
    assert_eq!(said.headers.content_type.as_deref(), Some("text/html"));
    assert_eq!(said.headers.cache_control.as_deref(), Some("private"));
    let offered: Vec<_> = said.offered.iter().map(|one| one.algorithm).collect();
    assert_eq!(offered, [Algorithm::Crc64Nvme]);
    assert_eq!(read(opened).await.unwrap(), "the bytes");
    let asked = scene.stage.s3.requests().pop().unwrap();
    assert_eq!(asked.region.as_deref(), Some("us-west-2"), "its own region");
}

#[tokio::test]
async fn an_empty_object_and_a_large_one_are_read_whole() {
    let scene = Scene::new().await;
    scene.stage.s3.put(STORE, "empty", "", &[]);
    scene.stage.s3.put_pattern(STORE, "large", 6 * MIB, 0);
    for key in ["empty", "large"] {
        let opened = scene.open(&stored(key), None).await.unwrap();
        let bytes = read(opened).await.unwrap();
        assert_eq!(Some(bytes), scene.stage.s3.object(STORE, key), "{key}");
    }
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke_and_only_with_the_same_object() {
    let scene = Scene::new().await;
    let (s3, object) = (&scene.stage.s3, stored("a"));
    let etag = s3.put(STORE, "a", "the first bytes", &[]);
    let opened = scene.open(&object, after_six(&etag)).await.unwrap();
    assert_eq!((opened.first_byte, opened.facts.size), (6, Some(15)));
    assert_eq!(opened.facts.etag.as_deref(), Some(etag.as_str()));
    assert_eq!(opened.facts.offered, [], "a part's checksum is the part's");
    assert_eq!(read(opened).await.unwrap(), "rst bytes");
    for shorter in ["other bytes and as long", "short"] {
        s3.put(STORE, "a", shorter, &[]);
        let failure = scene.open(&object, after_six(&etag)).await.err().unwrap();
        assert_eq!(failure.kind, Kind::SourceChanged, "{failure}");
    }
}

#[tokio::test]
async fn nothing_left_to_read_is_a_changed_object_whatever_the_store_judges_first() {
    let scene = Scene::new().await;
    let etag = scene.stage.s3.put(STORE, "a", "short", &[]);
    let failure = scene.open(&stored("a"), after_six(&etag)).await.err();
    assert_eq!(failure.unwrap().kind, Kind::SourceChanged);
}

#[tokio::test]
async fn each_refusal_of_the_bytes_says_what_an_operator_must_do() {
    let scene = Scene::new().await;
    let (s3, object) = (&scene.stage.s3, stored("a"));
    let refused = async || scene.open(&object, None).await.err().unwrap().kind;
    assert_eq!(refused().await, Kind::SourceNotFound);
    s3.put(STORE, "a", "bytes", &[]);
    s3.archive(STORE, "a", "GLACIER");
    assert_eq!(refused().await, Kind::Archived);
    s3.restore(STORE, "a");
    s3.encrypt_with_kms_denied(STORE, "a");
    assert_eq!(refused().await, Kind::KmsDenied);
    s3.put(STORE, "a", "bytes", &[]);
    s3.encrypt_with_customer_key(STORE, "a");
    assert_eq!(refused().await, Kind::SourceEncrypted);
    s3.deny(STORE, true);
    assert_eq!(refused().await, Kind::NotPermitted);
    s3.deny(STORE, false);
    s3.fail_next("GetObject", 1, Fault::slow_down());
    assert_eq!(refused().await, Kind::Throttled);
    s3.fail_next("GetObject", 1, Fault::HangUp);
    assert_eq!(refused().await, Kind::SourceUnreachable);
}

#[tokio::test]
async fn who_pays_for_a_private_object_is_said_with_every_request() {
    let scene = Scene::new().await;
    scene.stage.s3.put(STORE, "a", "bytes", &[]);
    scene.stage.s3.set_requester_pays(STORE, true);
    let unwilling = scene.open(&stored("a"), None).await.err().unwrap();
    assert_eq!(unwilling.kind, Kind::NotPermitted, "HEAD has said why");
    let willing = StoredObject {
        requester_pays: true,
        ..stored("a")
    };
    let opened = scene.open(&willing, None).await.unwrap();
    assert_eq!(read(opened).await.unwrap(), "bytes");
}

#[tokio::test]
async fn a_url_that_names_no_object_for_certain_is_asked_of_nobody() {
    let scene = Scene::new().await;
    scene.stage.s3.put(STORE, "a", "bytes", &[]);
    let (rule, _) = named(&stored("a"));
    for odd in ["a+b", "a?versionId=1", "a%FF"] {
        let url = SourceUrl::parse(&format!("https://private.example/{odd}")).unwrap();
        let fetch = Fetch {
            url: &url,
            rule: &rule,
        };
        let failures = [
            scene.source.head(fetch).await.err().unwrap(),
            scene.source.open(fetch, None).await.err().unwrap(),
        ];
        for failure in failures {
            assert_eq!(failure.kind, Kind::SourceRefused, "{odd}");
            assert!(!failure.detail.contains("versionId"), "{failure}");
        }
    }
    assert_eq!(scene.stage.s3.count("GetObject"), 0);
    assert_eq!(scene.stage.s3.count("HeadObject"), 0);
}

#[tokio::test]
async fn a_secret_is_in_no_failure() {
    let scene = Scene::new().await;
    let wrong = Credentials::new(
        ACCESS_KEY,
        "a-wrong-secret",
        Some("token".into()),
        None,
        "test",
    );
    let base = scene.stage.base(PATIENCE).credentials_provider(wrong);
    let source = S3Source::new(S3Clients::new(base));
    let failure = facts(&source, &stored("a")).await.unwrap_err();
    for secret in ["a-wrong-secret", "Signature=", "token"] {
        assert!(!failure.detail.contains(secret), "{failure}");
    }
}

#[tokio::test]
async fn a_store_that_never_answers_is_given_up() {
    let scene = Scene::new().await;
    scene.stage.s3.put(STORE, "a", "bytes", &[]);
    scene.stage.s3.fail_next("GetObject", 1, Fault::Silence);
    let source = scene.source.clone().patient(Duration::from_millis(50));
    let (rule, url) = named(&stored("a"));
    let fetch = Fetch {
        url: &url,
        rule: &rule,
    };
    let failure = source.open(fetch, None).await.err().unwrap();
    assert_eq!(failure.kind, Kind::SourceStalled, "{failure}");
}
