//! Gigabytes that a server is sent and does not keep.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::ChecksumAlgorithm;
use cloud_mirror_testkit::servers::s3::{S3Server, Settings};

use crate::support::{BUCKET, MIB, REGION, all, begin, client, noise, part, put, refusal, refused};

/// The SHA-256 of `bytes`, as any tool tells it.
const OF_BYTES: &str = "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9";

async fn forgetful() -> (S3Server, Client) {
    let settings = Settings {
        forgets_bytes: true,
        ..Settings::default()
    };
    let server = S3Server::start_with(settings).await;
    server.create_bucket(BUCKET, REGION);
    let client = client(&server, REGION);
    (server, client)
}

#[tokio::test]
async fn the_hash_of_each_part_is_kept_in_the_objects_order() {
    let (server, client) = forgetful().await;
    let id = begin(&client, "a").await;
    let last = part(&client, ("a", &id), 2, b"bytes".to_vec()).await;
    let first = part(&client, ("a", &id), 1, noise(5 * MIB)).await;
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("a");
    let complete = complete
        .upload_id(&id)
        .multipart_upload(all(vec![first, last]));
    complete.send().await.unwrap();
    let received = server.received(BUCKET, "a");
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].0, 5 * MIB as u64);
    assert_eq!(received[1], (5, OF_BYTES.to_owned()));
    assert_ne!(received[0].1, received[1].1);
    assert_eq!(server.size(BUCKET, "a"), Some(5 * MIB as u64 + 5));
}

#[tokio::test]
async fn what_was_put_is_known_by_its_hash_and_cannot_be_read() {
    let (server, client) = forgetful().await;
    put(&client, "a", b"bytes").await;
    assert_eq!(server.received(BUCKET, "a"), [(5, OF_BYTES.to_owned())]);
    assert_eq!(server.received(BUCKET, "b"), []);
    let head = client.head_object().bucket(BUCKET).key("a").send().await;
    assert_eq!(head.unwrap().content_length(), Some(5));
    let get = client.get_object().bucket(BUCKET).key("a").send().await;
    assert_eq!(refusal(get), refused(501, "NotImplemented"));
}

#[tokio::test]
async fn a_wrong_checksum_is_refused_before_the_bytes_are_forgotten() {
    let (server, client) = forgetful().await;
    let put = client.put_object().bucket(BUCKET).key("a");
    let put = put.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
    let put = put.checksum_crc64_nvme("AAAAAAAAAAA=");
    let put = put.body(b"bytes".to_vec().into()).send().await;
    assert_eq!(refusal(put), refused(400, "BadDigest"));
    assert_eq!(server.size(BUCKET, "a"), None);
}

#[tokio::test]
async fn a_server_that_keeps_its_bytes_tells_the_same_of_them() {
    let server = S3Server::start().await;
    server.create_bucket(BUCKET, REGION);
    put(&client(&server, REGION), "a", b"bytes").await;
    assert_eq!(server.received(BUCKET, "a"), [(5, OF_BYTES.to_owned())]);
}
