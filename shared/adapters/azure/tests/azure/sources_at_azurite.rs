//! Private originals at Azurite: read with our credentials, and by addresses that we sign.

use std::sync::Arc;

use cloud_mirror_azure::{AzureSigner, AzureSource};
use cloud_mirror_domain::digest::Algorithm;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::ports::{Method, OriginSigner as _};
use cloud_mirror_testkit::clock::ShiftedClock;

use crate::originals::Originals;
use crate::sources::{Original, read};
use crate::support::{KEY, azurite, clients_of, reader};

/// Keys, and the URL paths that name them.
const NAMES: [(&str, &str); 4] = [
    ("a/b.c", "a/b.c"),
    ("a b/c", "a%20b/c"),
    ("a%20b", "a%2520b"),
    ("é+#?", "%C3%A9%2B%23%3F"),
];

fn original(originals: &Originals, path: &str) -> Original {
    Original::at(AzureSource::new(azurite()), originals.bucket(), path)
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn an_original_of_any_name_is_read_as_it_is_at_azurite() {
    let originals = Originals::new().await;
    for (key, path) in NAMES {
        let bytes = originals.put_pattern(key, 1_000_000).await;
        let original = original(&originals, path);
        let facts = original.head().await.unwrap();
        let opened = original.open().await.unwrap();
        assert_eq!(opened.facts, facts, "HEAD and GET say the same");
        assert_eq!((opened.first_byte, facts.size), (0, Some(1_000_000)));
        assert_eq!(facts.offered[0].algorithm, Algorithm::Md5);
        let kept = facts.headers;
        assert_eq!(kept.content_type.as_deref(), Some("application/x-original"));
        assert_eq!(kept.content_encoding.as_deref(), Some("gzip"));
        assert_eq!(kept.cache_control.as_deref(), Some("max-age=1"));
        assert!(read(opened).await.unwrap() == bytes, "{key}");
    }
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn an_empty_original_is_an_object_at_azurite() {
    let originals = Originals::new().await;
    originals.put_pattern("a", 0).await;
    let opened = original(&originals, "a").open().await.unwrap();
    assert_eq!(opened.facts.size, Some(0));
    assert_eq!(read(opened).await.unwrap(), b"");
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_stream_goes_on_where_it_broke_unless_the_object_has_changed_at_azurite() {
    let originals = Originals::new().await;
    let bytes = originals.put_pattern("a", 1_000).await;
    let original = original(&originals, "a");
    let etag = original.head().await.unwrap().etag.unwrap();
    for first_byte in [0, 400, 999] {
        let opened = original.resume(first_byte, &etag).await.unwrap();
        assert_eq!(opened.facts.size, Some(1_000), "the whole object's");
        assert_eq!(opened.facts.etag.as_deref(), Some(&*etag));
        assert_eq!(opened.first_byte, first_byte);
        let rest = &bytes[usize::try_from(first_byte).unwrap()..];
        assert_eq!(read(opened).await.unwrap(), rest);
    }
    originals.put_pattern("a", 2_000).await;
    let refused = original.resume(400, &etag).await.err().unwrap();
    assert_eq!(refused.kind, Kind::SourceChanged, "{refused}");
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn an_archived_original_is_an_obstacle_before_the_copy_and_a_failure_of_it_at_azurite() {
    let originals = Originals::new().await;
    originals.put_archived("a", 100).await;
    let original = original(&originals, "a");
    assert_eq!(
        original.head().await.unwrap().obstacle,
        Some(Kind::Archived)
    );
    assert_eq!(original.open().await.err().unwrap().kind, Kind::Archived);
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn what_is_not_there_or_not_ours_is_a_failure_of_its_kind_at_azurite() {
    let originals = Originals::new().await;
    originals.put_pattern("a", 100).await;
    let mut missing = original(&originals, "none");
    assert_eq!(missing.head().await.unwrap_err().kind, Kind::SourceNotFound);
    assert_eq!(
        missing.open().await.err().unwrap().kind,
        Kind::SourceNotFound
    );
    let other_key = KEY.replace("Eby8", "Eby9");
    let strangers = clients_of(
        &cloud_mirror_testkit::emulator::azurite(),
        &[("AZURE_STORAGE_ACCOUNT_KEY", &other_key)],
    );
    missing.source = AzureSource::new(strangers);
    assert_eq!(missing.head().await.unwrap_err().kind, Kind::NotPermitted);
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn an_original_of_any_name_is_read_by_its_signed_address_and_not_without_at_azurite() {
    let originals = Originals::new().await;
    let signer = AzureSigner::new(azurite(), Arc::new(ShiftedClock::default()));
    for (key, _) in NAMES {
        let bytes = originals.put_pattern(key, 100).await;
        for method in [Method::Get, Method::Head] {
            let signed = signer
                .address(&originals.stored(key), method)
                .await
                .unwrap();
            let (plain, _) = signed.url.split_once('?').unwrap();
            assert!(
                !status(reqwest::Method::GET, plain).await.is_success(),
                "{key}"
            );
            let answer = reader().get(&signed.url).send().await.unwrap();
            assert_eq!(answer.bytes().await.unwrap(), bytes, "{key}");
            let looked = status(reqwest::Method::HEAD, &signed.url).await;
            assert_eq!(looked, 200, "{key}");
            let deleted = status(reqwest::Method::DELETE, &signed.url).await;
            assert_eq!(deleted, 403, "reading is all that it allows");
        }
    }
}

async fn status(method: reqwest::Method, address: &str) -> http::StatusCode {
    crate::support::read(method, address).await.status()
}
