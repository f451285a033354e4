//! Private sources: what is asked of Azure, and what its answers say.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use cloud_mirror_azure::AzureSource;
use cloud_mirror_domain::digest::Algorithm;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Fetch, Opened, Resume, Source as _, SourceFacts};
use cloud_mirror_domain::rules::{SourceRule, Store};
use cloud_mirror_domain::url::SourceUrl;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::support::clients_of;
use crate::wire::{ACCOUNT, Answer, Wire};

const ETAG: &str = "\"0x8DA7073A4D0321A\"";

/// No test waits for so long, unless it waits for just this.
const SOON: Duration = Duration::from_millis(200);

/// A private rule whose URLs name the objects of a container.
pub(crate) fn rule(bucket: &str) -> SourceRule {
    let mut rule = SourceRule::new(SourceUrl::parse("https://originals.example/").unwrap());
    rule.private = true;
    rule.store = Some(Store {
        provider: "azure".into(),
        endpoint: None,
        bucket: bucket.into(),
        region: "westeurope".into(),
        prefix: String::new(),
        requester_pays: false,
    });
    rule
}

/// A source, and an object of a rule's container.
pub(crate) struct Original {
    pub(crate) source: AzureSource,
    pub(crate) rule: SourceRule,
    pub(crate) url: SourceUrl,
}

impl Original {
    pub(crate) fn at(source: AzureSource, bucket: &str, path: &str) -> Self {
        let url = SourceUrl::parse(&format!("https://originals.example/{path}")).unwrap();
        Self {
            source,
            rule: rule(bucket),
            url,
        }
    }

    fn on(wire: &Wire) -> Self {
        let source = AzureSource::new(wire.by_key());
        Self::at(source, &format!("{ACCOUNT}/originals"), "a%20b")
    }

    fn fetch(&self) -> Fetch<'_> {
        Fetch {
            url: &self.url,
            rule: &self.rule,
        }
    }

    pub(crate) async fn head(&self) -> Result<SourceFacts, Failure> {
        self.source.head(self.fetch()).await
    }

    pub(crate) async fn open(&self) -> Result<Opened, Failure> {
        self.source.open(self.fetch(), None).await
    }

    pub(crate) async fn resume(&self, first_byte: u64, etag: &str) -> Result<Opened, Failure> {
        let resume = Resume { first_byte, etag };
        self.source.open(self.fetch(), Some(resume)).await
    }
}

pub(crate) async fn read(opened: Opened) -> Result<Vec<u8>, Failure> {
    let pieces: Vec<Bytes> = opened.body.try_collect().await?;
    Ok(pieces.concat())
}

/// What Azure says of ten bytes.
fn ten_bytes(status: u16) -> Answer {
    Answer::of(status)
        .header("etag", ETAG)
        .header("content-type", "text/plain")
        .header("cache-control", "no-store")
        .header("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT")
        .header("content-md5", "XUFAKrxLKna5cZ2REBfFkg==")
        .header("x-ms-access-tier", "Hot")
}

/// These bytes, and then that.
fn beginning(bytes: &'static str, then: Body) -> Body {
    let begun =
        stream::once(async move { Ok::<_, Infallible>(Bytes::from_static(bytes.as_bytes())) });
    let begun = begun.map_err(axum::Error::new);
    Body::from_stream(begun.chain(then.into_data_stream()))
}

#[tokio::test]
async fn a_look_says_everything_and_is_signed() {
    let wire = Wire::answering([ten_bytes(200).header("content-length", "10")]).await;
    let facts = Original::on(&wire).head().await.unwrap();
    assert_eq!((facts.size, facts.etag.as_deref()), (Some(10), Some(ETAG)));
    assert_eq!(facts.offered[0].algorithm, Algorithm::Md5);
    assert_eq!(facts.headers.cache_control.as_deref(), Some("no-store"));
    assert_eq!((facts.obstacle, facts.via_hosts.len()), (None, 0));
    let heard = &wire.heard()[0];
    assert_eq!(heard.method, "HEAD");
    assert_eq!(heard.path, "/acme/originals/a%20b");
    assert!(heard.is_signed(), "{heard:?}");
}

#[tokio::test]
async fn a_name_with_odd_characters_names_that_object_and_no_other() {
    for path in ["a%252Fb", "a//b/", "a%3Fb%23c", "%20a%20", "~'()%2B&="] {
        let wire = Wire::answering([ten_bytes(200)]).await;
        let mut original = Original::on(&wire);
        original.url = SourceUrl::parse(&format!("https://originals.example/{path}")).unwrap();
        original.head().await.unwrap();
        let heard = &wire.heard()[0];
        let asked = heard.path.strip_prefix("/acme/originals/").unwrap();
        let decoded = |path: &str| percent_encoding::percent_decode_str(path).collect::<Vec<_>>();
        assert_eq!(
            decoded(asked),
            decoded(path),
            "{path} was asked for as {asked}"
        );
    }
}

#[tokio::test]
async fn a_stream_that_broke_goes_on_if_the_object_is_the_same() {
    let part = ten_bytes(206)
        .header("content-range", "bytes 4-9/10")
        .body("bytes.");
    let changed = Answer::refusal(412, "ConditionNotMet");
    let wire = Wire::answering([part, changed]).await;
    let original = Original::on(&wire);
    let opened = original.resume(4, ETAG).await.unwrap();
    assert_eq!((opened.first_byte, opened.facts.size), (4, Some(10)));
    assert_eq!(
        opened.facts.offered,
        [],
        "a part's digest is not the object's"
    );
    assert_eq!(read(opened).await.unwrap(), b"bytes.");
    let refused = original.resume(4, ETAG).await.err().unwrap();
    assert_eq!(refused.kind, Kind::SourceChanged);
    for heard in wire.heard() {
        assert_eq!(heard.header("range"), "bytes=4-");
        assert_eq!(heard.header("if-match"), ETAG);
        assert!(heard.is_signed(), "{heard:?}");
    }
}

#[tokio::test]
async fn an_object_that_has_become_shorter_has_changed() {
    let wire = Wire::answering([Answer::refusal(416, "InvalidRange")]).await;
    let refused = Original::on(&wire).resume(400, ETAG).await.err().unwrap();
    assert_eq!(refused.kind, Kind::SourceChanged);
}

#[tokio::test]
async fn another_part_than_was_asked_for_is_none() {
    let part = ten_bytes(206)
        .header("content-range", "bytes 0-9/10")
        .body("ten bytes.");
    let wire = Wire::answering([part]).await;
    let refused = Original::on(&wire).resume(4, ETAG).await.err().unwrap();
    assert_eq!(refused.kind, Kind::SourceFailed);
}

#[tokio::test]
async fn a_body_that_is_cut_short_never_ends_well() {
    let broken = Body::from_stream(stream::once(async {
        tokio::task::yield_now().await;
        Err::<Bytes, _>(std::io::Error::other("broken"))
    }));
    let answer = ten_bytes(200)
        .header("content-length", "10")
        .body(beginning("ten ", broken));
    let wire = Wire::answering([answer]).await;
    let opened = Original::on(&wire).open().await.unwrap();
    let failure = read(opened).await.unwrap_err();
    assert_eq!(failure.kind, Kind::SourceUnreachable, "{failure}");
    assert!(failure.detail.contains("after 4 of 10 bytes"), "{failure}");
}

#[tokio::test]
async fn a_store_that_falls_silent_is_given_up() {
    let silent = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let answer = ten_bytes(200)
        .header("content-length", "10")
        .body(beginning("ten ", silent));
    let wire = Wire::answering([answer]).await;
    let mut original = Original::on(&wire);
    original.source = original.source.patient(SOON);
    let failure = read(original.open().await.unwrap()).await.unwrap_err();
    assert_eq!(failure.kind, Kind::SourceStalled, "{failure}");
}

#[tokio::test]
async fn a_store_that_never_answers_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let clients = clients_of(&server, &[("AZURE_STORAGE_TOKEN", "t")]);
    let source = AzureSource::new(clients).patient(SOON);
    let original = Original::at(source, "acme/originals", "a");
    let failure = original.open().await.err().unwrap();
    assert_eq!(failure.kind, Kind::SourceStalled, "{failure}");
}

#[tokio::test]
async fn a_url_that_names_no_object_for_certain_is_asked_for_nowhere() {
    for path in ["a?secret=1", "a%0Ab", "public/%09../%0A../a", "%00"] {
        let wire = Wire::answering([]).await;
        let mut original = Original::on(&wire);
        original.url = SourceUrl::parse(&format!("https://originals.example/{path}")).unwrap();
        for failure in [
            original.head().await.err().unwrap(),
            original.open().await.err().unwrap(),
        ] {
            assert_eq!(failure.kind, Kind::SourceRefused, "{path}");
            assert!(!failure.detail.contains("secret"), "{failure}");
        }
        assert!(wire.heard().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn every_refusal_is_a_failure_of_its_kind_on_head_and_get() {
    for (status, code, kind) in [
        (404, "BlobNotFound", Kind::SourceNotFound),
        (403, "AuthorizationPermissionMismatch", Kind::NotPermitted),
        (409, "BlobArchived", Kind::Archived),
        (
            409,
            "BlobUsesCustomerSpecifiedEncryption",
            Kind::SourceEncrypted,
        ),
        (404, "ContainerNotFound", Kind::SourceFailed),
    ] {
        let both = [(); 2].map(|()| Answer::refusal(status, code));
        let wire = Wire::answering(both).await;
        let original = Original::on(&wire);
        assert_eq!(original.head().await.unwrap_err().kind, kind, "{code}");
        assert_eq!(original.open().await.err().unwrap().kind, kind, "{code}");
    }
}
