//! Copies that Azure makes itself: what is said over the wire, and what its answers mean.

use std::sync::Arc;

use cloud_mirror_azure::{Access, AzureClients, AzurePool, AzurePoolSettings};
use cloud_mirror_domain::entry::Upstream;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    CopySource, NewObject, ObjectHeaders, Part, PartOf, PoolError, StoreCopy, StoreCopyError,
};
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_testkit::clock::ShiftedClock;
use ulid::Ulid;
use url::Url;

use crate::wire::{ACCOUNT, Answer, Heard, Wire};

const ETAG: &str = "\"0x8DA7073A4D0321A\"";

/// Where the replicas of these stories go.
pub(crate) fn pool(clients: AzureClients) -> Arc<dyn StoreCopy> {
    let settings = AzurePoolSettings {
        account: ACCOUNT.into(),
        container: "replicas".into(),
        access: Access::Presigned,
    };
    let clock = Arc::new(ShiftedClock::default());
    let pool = AzurePool::new(settings, &clients, clock).unwrap();
    pool.ports().store_copy.unwrap()
}

/// An object in another container, whose name needs escapes.
pub(crate) fn stored() -> StoredObject {
    StoredObject {
        provider: "azure".into(),
        bucket: format!("{ACCOUNT}/originals"),
        region: "westeurope".into(),
        key: "a b%20c/é".into(),
        requester_pays: false,
    }
}

fn url() -> SourceUrl {
    SourceUrl::parse("https://example.com/a.bin").unwrap()
}

fn object(size: u64) -> NewObject {
    NewObject {
        headers: ObjectHeaders {
            content_type: Some("text/plain; charset=utf-8".into()),
            content_encoding: Some("gzip".into()),
            ..ObjectHeaders::default()
        },
        upstream: Upstream {
            url: url().to_string(),
            etag: Some(ETAG.into()),
            length: Some(size),
        },
        written_by: Ulid::from_parts(1_780_000_000_000, 7),
        via_hosts: Vec::new(),
    }
}

/// Copies such an object, over nothing.
pub(crate) async fn copy(pool: &Arc<dyn StoreCopy>, size: u64) -> Result<(), StoreCopyError> {
    copy_from(pool, &stored(), size, &Seen::None).await
}

pub(crate) async fn copy_from(
    pool: &Arc<dyn StoreCopy>,
    there: &StoredObject,
    size: u64,
    seen: &Seen,
) -> Result<(), StoreCopyError> {
    let from = CopySource {
        object: there,
        etag: ETAG,
    };
    pool.copy(&url(), &object(size), from, seen).await
}

/// Copies its second part.
async fn second_part(pool: &Arc<dyn StoreCopy>, upload: Ulid) -> Result<Part, StoreCopyError> {
    let object_there = stored();
    let from = CopySource {
        object: &object_there,
        etag: ETAG,
    };
    let part = PartOf {
        number: 2,
        from,
        range: 100..250,
    };
    pool.part(&url(), &upload.to_string(), part).await
}

pub(crate) fn failure(error: StoreCopyError) -> Failure {
    match error {
        StoreCopyError::Source(failure) => failure,
        StoreCopyError::Pool(error) => panic!("{error:?} is the pool's"),
    }
}

/// The source that a request names, and the parameters of its signature by name.
pub(crate) fn source_of(heard: &Heard) -> (String, Vec<(String, String)>) {
    let mut source: Url = heard.header("x-ms-copy-source").parse().unwrap();
    let query = source.query_pairs().into_owned().collect();
    source.set_query(None);
    (source.into(), query)
}

pub(crate) fn names_the_source(wire: &Wire, heard: &Heard) {
    let (source, _) = source_of(heard);
    let escaped = "originals/a%20b%2520c/%C3%A9";
    assert_eq!(source, format!("{}/{ACCOUNT}/{escaped}", wire.url()));
    assert_eq!(heard.header("x-ms-source-if-match"), ETAG);
    assert!(heard.body.is_empty(), "no byte passes through us");
}

#[tokio::test]
async fn a_whole_blob_is_one_request_with_a_condition_on_either_end() {
    let wire = Wire::answering([Answer::of(201), Answer::of(201)]).await;
    let pool = pool(wire.by_key());
    copy(&pool, 11).await.unwrap();
    let seen = Seen::Etag("\"replica\"".into());
    copy_from(&pool, &stored(), 11, &seen).await.unwrap();
    let heard = wire.heard();
    assert_eq!(heard.len(), 2);
    for request in &heard {
        assert_eq!((request.method.as_str(), &*request.query), ("PUT", ""));
        assert!(request.path.starts_with("/acme/replicas/"), "{request:?}");
        assert!(request.is_signed(), "{request:?}");
        assert_eq!(request.header("x-ms-blob-type"), "BlockBlob");
        names_the_source(&wire, request);
    }
    assert_eq!(heard[0].header("if-none-match"), "*");
    assert_eq!(heard[1].header("if-match"), "\"replica\"");
}

#[tokio::test]
async fn headers_and_metadata_are_said_anew_and_none_is_inherited() {
    let wire = Wire::answering([Answer::of(201)]).await;
    copy(&pool(wire.by_key()), 11).await.unwrap();
    let heard = &wire.heard()[0];
    for (name, value) in [
        ("x-ms-copy-source-blob-properties", "false"),
        ("x-ms-blob-content-type", "text/plain; charset=utf-8"),
        ("x-ms-blob-content-encoding", "gzip"),
        ("x-ms-meta-cloud_mirror_upstream_url", url().as_str()),
        ("x-ms-meta-cloud_mirror_upstream_etag", ETAG),
    ] {
        assert_eq!(heard.header(name), value, "{name}");
    }
    assert_eq!(heard.headers.get("x-ms-blob-cache-control"), None);
}

#[tokio::test]
async fn an_empty_blob_is_looked_at_and_written_without_a_copy() {
    let wire = Wire::answering([Answer::of(200), Answer::of(201)]).await;
    copy(&pool(wire.by_key()), 0).await.unwrap();
    let heard = wire.heard();
    let [look, write] = &heard[..] else {
        panic!("{heard:?}");
    };
    assert_eq!(look.method, "HEAD");
    assert_eq!(look.path, "/acme/originals/a%20b%2520c/%C3%A9");
    assert_eq!(look.header("if-match"), ETAG);
    assert_eq!(write.headers.get("x-ms-copy-source"), None);
    assert_eq!(write.header("if-none-match"), "*");
    assert_eq!(write.header("content-length"), "0");
    assert_eq!(write.header("x-ms-blob-content-encoding"), "gzip");
}

#[tokio::test]
async fn an_empty_blob_that_is_another_one_by_now_is_not_written() {
    let wire = Wire::answering([Answer::refusal(412, "ConditionNotMet")]).await;
    let changed = copy(&pool(wire.by_key()), 0).await.unwrap_err();
    assert_eq!(failure(changed).kind, Kind::SourceChanged);
    assert_eq!(wire.heard().len(), 1);
}

#[tokio::test]
async fn where_put_blob_from_url_is_not_known_one_block_is_the_same() {
    let unknown = Answer::refusal(501, "APINotImplemented");
    let wire = Wire::answering([unknown, Answer::of(201), Answer::of(201)]).await;
    copy(&pool(wire.by_key()), 11).await.unwrap();
    let heard = wire.heard();
    let [_, block, commit] = &heard[..] else {
        panic!("{heard:?}");
    };
    names_the_source(&wire, block);
    assert!(block.query.starts_with("comp=block&blockid="), "{block:?}");
    assert_eq!(block.headers.get("x-ms-source-range"), None, "all of it");
    assert_eq!(commit.query, "comp=blocklist");
    assert_eq!(commit.header("if-none-match"), "*");
    assert_eq!(commit.header("x-ms-blob-content-encoding"), "gzip");
    let id = Url::parse(&format!("http://a/?{}", block.query)).unwrap();
    let id = id.query_pairs().last().unwrap().1.into_owned();
    let list = String::from_utf8(commit.body.to_vec()).unwrap();
    assert!(
        list.contains(&format!("<Uncommitted>{id}</Uncommitted>")),
        "{list}"
    );
}

#[tokio::test]
async fn blocks_of_an_ended_upload_are_not_taken_for_a_replica() {
    let exists = Answer::refusal(409, "BlobAlreadyExists");
    let is_not_there = Answer::refusal(404, "BlobNotFound");
    let wire = Wire::answering([exists, is_not_there, Answer::of(201), Answer::of(201)]).await;
    copy(&pool(wire.by_key()), 11).await.unwrap();
    let heard = wire.heard();
    names_the_source(&wire, &heard[2]);
    let commit = (&*heard[3].query, heard[3].header("if-none-match"));
    assert_eq!(commit, ("comp=blocklist", "*"));
}

#[tokio::test]
async fn a_part_is_a_block_of_its_upload_made_from_a_range() {
    let wire = Wire::answering([Answer::of(200), Answer::of(201)]).await;
    let upload = Ulid::from(5u128);
    let part = second_part(&pool(wire.by_key()), upload).await.unwrap();
    assert_eq!((part.number, part.size), (2, 150));
    let heard = wire.heard();
    let [marker, block] = &heard[..] else {
        panic!("{heard:?}");
    };
    assert_eq!(marker.method, "HEAD");
    assert!(marker.path.ends_with(&upload.to_string()), "{marker:?}");
    names_the_source(&wire, block);
    assert_eq!(block.header("x-ms-source-range"), "bytes=100-249");
    assert_eq!(block.headers.get("if-none-match"), None);
    let blockid = Url::parse(&format!("http://a/?{}", block.query)).unwrap();
    let named = blockid.query_pairs().any(|(_, value)| value == part.etag);
    assert!(named && block.is_signed(), "{block:?}");
}

#[tokio::test]
async fn an_upload_that_was_ended_gets_no_part() {
    let wire = Wire::answering([Answer::refusal(404, "BlobNotFound")]).await;
    let refused = second_part(&pool(wire.by_key()), Ulid::from(5u128)).await;
    assert_eq!(refused, Err(PoolError::NoSuchUpload.into()));
    assert_eq!(wire.heard().len(), 1);
}

#[tokio::test]
async fn a_parts_refusal_is_its_sources_where_azure_passes_it_on() {
    let archived = Answer::refusal(409, "CannotVerifyCopySource")
        .header("x-ms-copy-source-status-code", "409")
        .header("x-ms-copy-source-error-code", "BlobArchived");
    let wire = Wire::answering([Answer::of(200), archived]).await;
    let refused = second_part(&pool(wire.by_key()), Ulid::from(5u128)).await;
    assert_eq!(failure(refused.unwrap_err()).kind, Kind::Archived);
}

#[tokio::test]
async fn the_two_ends_of_a_copy_are_told_apart() {
    let refusals = ["SourceConditionNotMet", "TargetConditionNotMet"];
    let refusals = refusals.map(|code| Answer::refusal(412, code));
    let there = [Answer::of(200)];
    let wire = Wire::answering(refusals.into_iter().chain(there)).await;
    let pool = pool(wire.by_key());
    let changed = failure(copy(&pool, 11).await.unwrap_err());
    assert_eq!(changed.kind, Kind::SourceChanged);
    let overtaken = copy(&pool, 11).await;
    assert_eq!(overtaken, Err(PoolError::Precondition.into()));
}
