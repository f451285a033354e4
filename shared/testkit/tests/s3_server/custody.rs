//! Objects that are there and not to be had.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{ArchiveStatus, ChecksumMode, RequestPayer, StorageClass};
use cloud_mirror_testkit::servers::s3::S3Server;
use reqwest::StatusCode;

use crate::support::{BUCKET, MIB, a_bucket, begin, get, noise, plain, put, refusal, refused};

/// A server with an object that is large enough to be copied in ranges.
async fn an_object() -> (S3Server, Client) {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, "a", noise(6 * MIB), &[]);
    (server, client)
}

async fn head(client: &Client) -> HeadObjectOutput {
    let head = client.head_object().bucket(BUCKET).key("a");
    head.send().await.unwrap()
}

fn told<T, E>(answer: Result<T, SdkError<E>>) -> ((u16, String), String)
where
    E: ProvideErrorMetadata,
{
    let error = answer.err().unwrap();
    let words = error.message().unwrap_or_default().to_owned();
    (refusal::<(), E>(Err(error)), words)
}

/// What GET, CopyObject and UploadPartCopy of the object answer.
async fn refusals(client: &Client) -> [((u16, String), String); 3] {
    let get = client.get_object().bucket(BUCKET).key("a").send().await;
    let copy = client.copy_object().bucket(BUCKET).key("b");
    let copy = copy.copy_source(format!("{BUCKET}/a")).send().await;
    let id = begin(client, "c").await;
    let part = client.upload_part_copy().bucket(BUCKET).key("c");
    let part = part.upload_id(id).part_number(1);
    let part = part.copy_source(format!("{BUCKET}/a"));
    let part = part.copy_source_range("bytes=0-9").send().await;
    [told(get), told(copy), told(part)]
}

#[tokio::test]
async fn an_archived_object_is_seen_and_not_had_until_it_is_restored() {
    for class in ["GLACIER", "DEEP_ARCHIVE"] {
        let (server, client) = an_object().await;
        server.archive(BUCKET, "a", class);
        let seen = head(&client).await;
        assert_eq!(seen.storage_class().map(StorageClass::as_str), Some(class));
        assert_eq!(seen.restore(), None);
        for (refusal, _) in refusals(&client).await {
            assert_eq!(refusal, refused(403, "InvalidObjectState"));
        }
        server.restore(BUCKET, "a");
        let restore = head(&client).await.restore.unwrap();
        assert!(restore.contains("ongoing-request=\"false\""), "{restore}");
        assert_eq!(get(&client, "a").await, noise(6 * MIB));
    }
}

#[tokio::test]
async fn the_archives_of_intelligent_tiering_have_a_header_of_their_own() {
    let (server, client) = an_object().await;
    server.archive(BUCKET, "a", "ARCHIVE_ACCESS");
    let seen = head(&client).await;
    let class = seen.storage_class().map(StorageClass::as_str);
    let status = seen.archive_status().map(ArchiveStatus::as_str);
    assert_eq!(
        (class, status),
        (Some("INTELLIGENT_TIERING"), Some("ARCHIVE_ACCESS"))
    );
    assert_eq!(
        refusals(&client).await[0].0,
        refused(403, "InvalidObjectState")
    );
    server.restore(BUCKET, "a");
    assert_eq!(head(&client).await.archive_status(), None);
    get(&client, "a").await;
}

#[tokio::test]
async fn glacier_with_instant_retrieval_is_read_like_any_other() {
    let (server, client) = an_object().await;
    server.archive(BUCKET, "a", "GLACIER_IR");
    let class = head(&client).await.storage_class;
    assert_eq!(class.unwrap().as_str(), "GLACIER_IR");
    get(&client, "a").await;
}

#[tokio::test]
async fn an_object_with_its_customers_key_is_not_even_seen() {
    let (server, client) = an_object().await;
    server.encrypt_with_customer_key(BUCKET, "a");
    let head = client.head_object().bucket(BUCKET).key("a").send().await;
    assert_eq!(refusal(head), refused(400, ""), "HEAD has no body");
    for (refusal, words) in refusals(&client).await {
        assert_eq!(refusal, refused(400, "InvalidRequest"));
        let begins = "The object was stored using a form of Server Side Encryption.";
        assert!(words.starts_with(begins), "{words}");
    }
}

#[tokio::test]
async fn a_key_that_is_denied_is_needed_for_the_bytes_and_for_their_checksum() {
    let (server, client) = an_object().await;
    server.encrypt_with_kms_denied(BUCKET, "a");
    let algorithm = head(&client).await.server_side_encryption;
    assert_eq!(algorithm.unwrap().as_str(), "aws:kms");
    let head = client.head_object().bucket(BUCKET).key("a");
    let head = head.checksum_mode(ChecksumMode::Enabled).send().await;
    assert_eq!(refusal(head).0, 403);
    for (refusal, words) in refusals(&client).await {
        assert_eq!(refusal, refused(403, "AccessDenied"));
        assert!(
            words.contains("not authorized to perform: kms:Decrypt on"),
            "{words}"
        );
    }
}

#[tokio::test]
async fn whoever_does_not_agree_to_pay_is_refused_where_requesters_pay() {
    let (server, client) = an_object().await;
    server.create_bucket("other", "eu-west-1");
    server.put("other", "a", "bytes", &[]);
    server.set_requester_pays("other", true);
    server.make_public("other");
    let head = || client.head_object().bucket("other").key("a");
    let copy = || {
        let copy = client.copy_object().bucket(BUCKET).key("b");
        copy.copy_source("other/a")
    };
    assert_eq!(refusal(head().send().await).0, 403);
    assert_eq!(refusal(copy().send().await), refused(403, "AccessDenied"));
    let unsigned = plain().get(format!("{}/other/a", server.url()));
    assert_eq!(
        unsigned.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let payer = RequestPayer::Requester;
    head().request_payer(payer.clone()).send().await.unwrap();
    copy().request_payer(payer).send().await.unwrap();
    server.set_requester_pays("other", false);
    head().send().await.unwrap();
}

#[tokio::test]
async fn a_delete_marker_is_named_to_readers_until_the_object_is_written_anew() {
    let (server, client) = an_object().await;
    let marker = async |key: &str| {
        let head = client.head_object().bucket(BUCKET).key(key).send().await;
        let error = head.unwrap_err();
        let answer = error.raw_response().unwrap();
        assert_eq!(answer.status().as_u16(), 404);
        answer
            .headers()
            .get("x-amz-delete-marker")
            .map(str::to_owned)
    };
    server.mark_deleted(BUCKET, "a");
    assert_eq!(marker("a").await.as_deref(), Some("true"));
    assert_eq!(marker("never").await, None);
    for (refusal, _) in refusals(&client).await {
        assert_eq!(refusal, refused(404, "NoSuchKey"));
    }
    put(&client, "a", b"anew").await;
    server.delete(BUCKET, "a");
    assert_eq!(marker("a").await, None);
}
