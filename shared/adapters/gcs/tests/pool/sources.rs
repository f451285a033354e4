//! Private objects as sources, read with our credentials.

use bytes::Bytes;
use cloud_mirror_domain::digest::Algorithm;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{
    Fetch, Method, Opened, OriginSigner as _, Resume, Source as _, SourceFacts,
};
use cloud_mirror_domain::rules::{Access, SourceRule, Store};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_gcs::{GcsSigner, GcsSource};
use cloud_mirror_testkit::servers::gcs::Fault;
use futures::TryStreamExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::support::{STORE, Stage, reader, stored};

/// A private rule over a bucket, and the URL by which it names an object.
fn named(bucket: &str, key: &str) -> (SourceRule, SourceUrl) {
    let base = "https://private.example/";
    let mut rule = SourceRule::new(SourceUrl::parse(base).unwrap());
    rule.private = true;
    rule.store = Some(Store {
        provider: "gcs".into(),
        endpoint: None,
        bucket: bucket.into(),
        region: "us-central1".into(),
        prefix: String::new(),
        requester_pays: false,
    });
    let key = utf8_percent_encode(key, NON_ALPHANUMERIC);
    let url = SourceUrl::parse(&format!("{base}{key}")).unwrap();
    (rule, url)
}

/// What a source says of an object.
pub(crate) async fn facts(
    source: &GcsSource,
    bucket: &str,
    key: &str,
) -> Result<SourceFacts, Failure> {
    let (rule, url) = named(bucket, key);
    let fetch = Fetch {
        url: &url,
        rule: &rule,
    };
    source.head(fetch).await
}

async fn open(
    source: &GcsSource,
    key: &str,
    resume: Option<Resume<'_>>,
) -> Result<Opened, Failure> {
    let (rule, url) = named(STORE, key);
    let fetch = Fetch {
        url: &url,
        rule: &rule,
    };
    source.open(fetch, resume).await
}

async fn read(opened: Opened) -> Result<Bytes, Failure> {
    let pieces: Vec<Bytes> = opened.body.try_collect().await?;
    Ok(pieces.concat().into())
}

/// A store with a source over it.
async fn a_store() -> (Stage, GcsSource) {
    let stage = Stage::new().await;
    stage.prepared(Access::Presigned).await;
    let source = GcsSource::new(stage.clients());
    (stage, source)
}

#[tokio::test]
async fn a_private_object_is_read_with_its_headers_and_its_digests() {
    let (stage, source) = a_store().await;
    let own = [("content-type", "text/html"), ("cache-control", "private")];
    for key in ["a", "a b", "a//b", "naïve+plus", "per%25cent", "dir/"] {
        stage.gcs.put(STORE, key, "the bytes", &own);
        let opened = open(&source, key, None).await.unwrap();
        assert_eq!(opened.first_byte, 0);
        let said = opened.facts.clone();
        assert_eq!(said.size, Some(9), "{key}");
        assert_eq!(said.headers.content_type.as_deref(), Some("text/html"));
        assert_eq!(said.headers.cache_control.as_deref(), Some("private"));
        let offered: Vec<_> = said.offered.iter().map(|one| one.algorithm).collect();
        assert_eq!(offered, [Algorithm::Crc32c, Algorithm::Md5]);
        assert_eq!(read(opened).await.unwrap(), "the bytes");
        assert_eq!(facts(&source, STORE, key).await.unwrap(), said);
    }
}

#[tokio::test]
async fn a_compressed_object_arrives_as_it_is_stored() {
    let (stage, source) = a_store().await;
    stage
        .gcs
        .put(STORE, "a", "no gzip", &[("content-encoding", "gzip")]);
    let opened = open(&source, "a", None).await.unwrap();
    assert_eq!(opened.facts.size, Some(7));
    let encoding = opened.facts.headers.content_encoding.as_deref();
    assert_eq!(encoding, Some("gzip"));
    assert_eq!(opened.facts.offered.len(), 2);
    assert_eq!(read(opened).await.unwrap(), "no gzip");
}

#[tokio::test]
async fn an_empty_object_and_a_large_one_are_read_whole() {
    let (stage, source) = a_store().await;
    for size in [0, 6 * 1024 * 1024] {
        stage.gcs.put(STORE, "a", vec![b'x'; size], &[]);
        let opened = open(&source, "a", None).await.unwrap();
        assert_eq!(read(opened).await.unwrap().len(), size);
    }
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke_and_starts_again_with_another_object() {
    let (stage, source) = a_store().await;
    stage.gcs.put(STORE, "a", "the first bytes", &[]);
    let etag = facts(&source, STORE, "a").await.unwrap().etag.unwrap();
    let after_six = || {
        Some(Resume {
            first_byte: 6,
            etag: &etag,
        })
    };
    let opened = open(&source, "a", after_six()).await.unwrap();
    assert_eq!((opened.first_byte, opened.facts.size), (6, Some(15)));
    assert_eq!(opened.facts.etag.as_deref(), Some(etag.as_str()));
    assert_eq!(read(opened).await.unwrap(), "rst bytes");
    for other in ["short", "other bytes, and more of them"] {
        stage.gcs.put(STORE, "a", other, &[]);
        let opened = open(&source, "a", after_six()).await.unwrap();
        assert_eq!(opened.first_byte, 0);
        assert_ne!(opened.facts.etag.as_deref(), Some(etag.as_str()));
        assert_eq!(read(opened).await.unwrap(), other);
    }
}

#[tokio::test]
async fn each_refusal_says_what_an_operator_must_do() {
    let (stage, source) = a_store().await;
    let refused = async || {
        let opened = open(&source, "a", None).await.err().unwrap();
        assert!(opened.detail.contains("gs://acme/a"), "{opened}");
        let looked = facts(&source, STORE, "a").await.unwrap_err();
        assert_eq!(looked.kind, opened.kind);
        opened.kind
    };
    assert_eq!(refused().await, Kind::SourceNotFound);
    stage.gcs.put(STORE, "a", "bytes", &[]);
    stage.gcs.deny(STORE, true);
    assert_eq!(refused().await, Kind::NotPermitted);
    stage.gcs.deny(STORE, false);
    stage.gcs.set_requester_pays(STORE, true);
    assert_eq!(refused().await, Kind::RequesterPays);
    stage.gcs.set_requester_pays(STORE, false);
    stage.gcs.fail_next("GetObject", 1, Fault::slow_down());
    stage.gcs.fail_next("HeadObject", 3, Fault::slow_down());
    assert_eq!(refused().await, Kind::Throttled);
    stage.gcs.fail_next("GetObject", 1, Fault::HangUp);
    stage.gcs.fail_next("HeadObject", 3, Fault::HangUp);
    assert_eq!(refused().await, Kind::SourceUnreachable);
}

#[tokio::test]
async fn a_url_that_names_no_object_for_certain_is_asked_of_nobody() {
    let (stage, source) = a_store().await;
    let (rule, _) = named(STORE, "a");
    let before = stage.gcs.requests().len();
    for odd in ["a+b", "a?generation=1", "a%FF"] {
        let url = SourceUrl::parse(&format!("https://private.example/{odd}")).unwrap();
        let fetch = Fetch {
            url: &url,
            rule: &rule,
        };
        for failure in [
            source.head(fetch).await.err().unwrap(),
            source.open(fetch, None).await.err().unwrap(),
        ] {
            assert_eq!(failure.kind, Kind::SourceRefused, "{odd}");
            assert!(!failure.detail.contains("generation"), "{failure}");
        }
    }
    assert_eq!(stage.gcs.requests().len(), before);
}

#[tokio::test]
async fn what_google_says_of_caching_by_itself_is_not_the_owners_word() {
    let (stage, source) = a_store().await;
    for (said, forbids) in [
        (None, None),
        (Some("private"), Some("private")),
        (Some("private, max-age=60"), Some("private")),
        (Some("no-store"), Some("no-store")),
    ] {
        let own: Vec<_> = said
            .map(|said| ("cache-control", said))
            .into_iter()
            .collect();
        stage.gcs.put(STORE, "a", "bytes", &own);
        let opened = open(&source, "a", None).await.unwrap().facts;
        for facts in [facts(&source, STORE, "a").await.unwrap(), opened] {
            assert_eq!(facts.forbids_storing(), forbids, "{said:?}");
            assert_eq!(facts.headers.cache_control.as_deref(), said);
        }
    }
}

#[tokio::test]
async fn a_key_of_any_characters_and_any_length_is_read_and_signed() {
    let (stage, source) = a_store().await;
    let signer = GcsSigner::new(stage.clients(), stage.clock.clone());
    let longest = format!("a/{}", "%".repeat(1_022));
    for key in [
        "%2F%2f%",
        "a+b c",
        "a//b///",
        "*!'();:@&=$,[]~|^`{}<>\"",
        "\u{1F980}/\u{e9}\u{301}",
        "a#b?c=d&e",
        ".a/..b/...",
        &longest,
    ] {
        stage.gcs.put(STORE, key, key.to_owned(), &[]);
        let opened = open(&source, key, None).await.unwrap();
        assert_eq!(read(opened).await.unwrap(), key);
        let signed = signer.address(&stored(key), Method::Get).await.unwrap();
        let answer = reader().get(&signed.url).send().await.unwrap();
        assert_eq!(answer.bytes().await.unwrap(), key);
    }
}
