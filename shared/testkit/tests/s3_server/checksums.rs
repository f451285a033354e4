//! Checksums are verified, kept and told.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType};

use crate::support::{BUCKET, MIB, a_bucket, all, noise, part, put};

/// CRC64NVME of `123456789`, of which the check value is AE8B14860A799888.
const CHECK: &str = "rosUhgp5mIg=";

async fn head(client: &Client, key: &str) -> HeadObjectOutput {
    let head = client.head_object().bucket(BUCKET).key(key);
    let head = head.checksum_mode(ChecksumMode::Enabled);
    head.send().await.unwrap()
}

#[tokio::test]
async fn an_object_without_a_claimed_checksum_has_one_of_the_whole() {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, "a", "123456789", &[]);
    let head = head(&client, "a").await;
    assert_eq!(head.checksum_crc64_nvme(), Some(CHECK));
    assert_eq!(head.checksum_type(), Some(&ChecksumType::FullObject));
}

#[tokio::test]
async fn a_checksum_is_told_only_to_who_asks() {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, "a", "123456789", &[]);
    let head = client.head_object().bucket(BUCKET).key("a").send();
    assert_eq!(head.await.unwrap().checksum_crc64_nvme(), None);
}

#[tokio::test]
async fn the_checksum_that_a_client_sends_is_the_one_that_is_kept() {
    let (_server, client) = a_bucket().await;
    put(&client, "a", b"123456789").await;
    let head = head(&client, "a").await;
    assert_eq!(head.checksum_crc32(), Some("y/Q5Jg=="));
    assert_eq!(head.checksum_crc64_nvme(), None);
}

#[tokio::test]
async fn bytes_that_are_not_as_claimed_are_refused() {
    let (server, client) = a_bucket().await;
    let put = client.put_object().bucket(BUCKET).key("a");
    let put = put
        .checksum_crc64_nvme(CHECK)
        .body(b"other".to_vec().into());
    assert_eq!(put.send().await.unwrap_err().code(), Some("BadDigest"));
    let put = client.put_object().bucket(BUCKET).key("a");
    let put = put
        .content_md5("XUFAKrxLKna5cZ2REBfFkg==")
        .body(b"other".to_vec().into());
    assert_eq!(put.send().await.unwrap_err().code(), Some("BadDigest"));
    assert_eq!(server.object(BUCKET, "a"), None);
}

#[tokio::test]
async fn an_upload_has_the_checksum_that_its_beginning_asked_for() {
    let (_server, client) = a_bucket().await;
    for (algorithm, kind) in [
        (ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject),
        (ChecksumAlgorithm::Sha256, ChecksumType::Composite),
    ] {
        let begin = client.create_multipart_upload().bucket(BUCKET).key("a");
        let begin = begin.checksum_algorithm(algorithm.clone());
        let id = begin.send().await.unwrap().upload_id.unwrap();
        let upload = client.upload_part().bucket(BUCKET).key("a").upload_id(&id);
        let upload = upload.part_number(1).checksum_algorithm(algorithm.clone());
        let answer = upload
            .body(b"123456789".to_vec().into())
            .send()
            .await
            .unwrap();
        let part = crate::support::completed(1, answer.e_tag().unwrap());
        let complete = client.complete_multipart_upload().bucket(BUCKET).key("a");
        let complete = complete.upload_id(id).multipart_upload(all(vec![part]));
        complete.send().await.unwrap();
        let head = head(&client, "a").await;
        assert_eq!(head.checksum_type(), Some(&kind));
        match algorithm {
            ChecksumAlgorithm::Sha256 => assert!(head.checksum_sha256().unwrap().ends_with("-1")),
            _ => assert_eq!(head.checksum_crc64_nvme(), Some(CHECK)),
        }
    }
}

#[tokio::test]
async fn an_upload_that_is_not_as_claimed_is_not_completed() {
    let (server, client) = a_bucket().await;
    let begin = client.create_multipart_upload().bucket(BUCKET).key("a");
    let begin = begin.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
    let id = begin.send().await.unwrap().upload_id.unwrap();
    let upload = client.upload_part().bucket(BUCKET).key("a").upload_id(&id);
    let upload = upload.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
    let upload = upload.part_number(1).body(b"other".to_vec().into());
    let etag = upload.send().await.unwrap().e_tag.unwrap();
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("a");
    let parts = all(vec![crate::support::completed(1, &etag)]);
    let complete = complete.upload_id(id).multipart_upload(parts);
    let complete = complete.checksum_crc64_nvme(CHECK).send().await;
    assert_eq!(complete.unwrap_err().code(), Some("BadDigest"));
    assert_eq!(server.object(BUCKET, "a"), None);
}

#[tokio::test]
async fn a_copy_of_an_upload_has_a_plain_etag_and_a_checksum_of_the_whole() {
    let (_server, client) = a_bucket().await;
    let id = crate::support::begin(&client, "a").await;
    let parts = vec![
        part(&client, ("a", &id), 1, noise(5 * MIB)).await,
        part(&client, ("a", &id), 2, noise(10)).await,
    ];
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("a");
    let complete = complete.upload_id(id).multipart_upload(all(parts));
    complete.send().await.unwrap();
    let copy = client.copy_object().bucket(BUCKET).key("b");
    let copy = copy.copy_source(format!("{BUCKET}/a"));
    let copy = copy.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
    let result = copy.send().await.unwrap().copy_object_result.unwrap();
    assert!(!result.e_tag().unwrap().contains('-'));
    let head = head(&client, "b").await;
    assert!(head.checksum_crc64_nvme().is_some());
    assert_eq!(head.checksum_crc64_nvme(), result.checksum_crc64_nvme());
    assert_eq!(head.checksum_type(), Some(&ChecksumType::FullObject));
}
