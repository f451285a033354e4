//! Large objects are copied in parts.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::upload_part_copy::builders::UploadPartCopyFluentBuilder;
use cloud_mirror_testkit::servers::s3::S3Server;

use crate::support::{BUCKET, MIB, a_bucket, all, begin, completed, noise, refusal, refused};

const GIB: u64 = 1 << 30;

fn copy_part(client: &Client, id: &str, number: i32) -> UploadPartCopyFluentBuilder {
    let copy = client.upload_part_copy().bucket(BUCKET).key("b");
    let copy = copy.upload_id(id).part_number(number);
    copy.copy_source(format!("{BUCKET}/a"))
}

/// Copies `a` to `b` by ranges of this size.
async fn copy_in_parts(server: &S3Server, client: &Client, size: u64) {
    let id = begin(client, "b").await;
    let whole = server.size(BUCKET, "a").unwrap();
    let mut parts = Vec::new();
    for (number, begin) in (1..).zip((0..whole).step_by(size as usize)) {
        let end = whole.min(begin + size) - 1;
        let copy = copy_part(client, &id, number);
        let copy = copy.copy_source_range(format!("bytes={begin}-{end}"));
        let result = copy.send().await.unwrap().copy_part_result.unwrap();
        parts.push(completed(number, result.e_tag().unwrap()));
    }
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("b");
    let complete = complete.upload_id(id).multipart_upload(all(parts));
    complete.send().await.unwrap();
}

#[tokio::test]
async fn parts_that_tile_a_source_make_a_copy_of_it() {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, "a", noise(13 * MIB), &[]);
    copy_in_parts(&server, &client, 5 * MIB as u64).await;
    assert!(server.same_bytes((BUCKET, "a"), (BUCKET, "b")));
    let requests = server.requests().into_iter();
    let ranges: Vec<_> = requests
        .filter_map(|request| request.copy_source_range)
        .collect();
    let expected = [
        "bytes=0-5242879",
        "bytes=5242880-10485759",
        "bytes=10485760-13631487",
    ];
    assert_eq!(ranges, expected);
}

#[tokio::test]
async fn six_gibibytes_are_too_much_for_one_request_and_copied_in_parts() {
    let (server, client) = a_bucket().await;
    server.put_pattern(BUCKET, "a", 6 * GIB, 1);
    let copy = client.copy_object().bucket(BUCKET).key("b");
    let copy = copy.copy_source(format!("{BUCKET}/a")).send().await;
    assert_eq!(refusal(copy), refused(400, "InvalidRequest"));
    copy_in_parts(&server, &client, GIB).await;
    assert!(server.same_bytes((BUCKET, "a"), (BUCKET, "b")));
    assert_eq!(server.size(BUCKET, "b"), Some(6 * GIB));
}

#[tokio::test]
async fn a_part_of_more_than_five_gibibytes_is_refused() {
    let (server, client) = a_bucket().await;
    server.put_pattern(BUCKET, "a", 6 * GIB, 1);
    let id = begin(&client, "b").await;
    let invalid = refused(400, "InvalidRequest");
    let whole = copy_part(&client, &id, 1).send().await;
    assert_eq!(refusal(whole), invalid);
    let range = format!("bytes=0-{}", 5 * GIB);
    let range = copy_part(&client, &id, 1).copy_source_range(range);
    assert_eq!(refusal(range.send().await), invalid);
}

#[tokio::test]
async fn a_range_must_lie_within_a_source_that_is_large_enough() {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, "a", noise(6 * MIB), &[]);
    let id = begin(&client, "b").await;
    let range = async |range: &str| {
        let copy = copy_part(&client, &id, 1).copy_source_range(range);
        copy.send().await
    };
    let invalid = refused(400, "InvalidArgument");
    for bent in [
        "bytes=0-6291456",
        "bytes=0-",
        "bytes=-1",
        "bytes=2-1",
        "0-1",
    ] {
        assert_eq!(refusal(range(bent).await), invalid, "{bent}");
    }
    range("bytes=0-6291455").await.unwrap();
    server.put(BUCKET, "a", "bytes", &[]);
    let small = range("bytes=0-1").await;
    assert_eq!(refusal(small), refused(400, "InvalidRequest"));
}

#[tokio::test]
async fn a_source_that_changes_between_two_parts_is_noticed() {
    let (server, client) = a_bucket().await;
    let etag = server.put(BUCKET, "a", noise(6 * MIB), &[]);
    let id = begin(&client, "b").await;
    let first = copy_part(&client, &id, 1).copy_source_if_match(&etag);
    first.send().await.unwrap();
    server.put(BUCKET, "a", noise(7 * MIB), &[]);
    let second = copy_part(&client, &id, 2).copy_source_if_match(&etag);
    assert_eq!(
        refusal(second.send().await),
        refused(412, "PreconditionFailed")
    );
}

#[tokio::test]
async fn three_hundred_mebibytes_of_real_bytes_are_copied_in_parts() {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, "a", noise(MIB).repeat(300), &[]);
    copy_in_parts(&server, &client, 64 * MIB as u64).await;
    assert!(server.same_bytes((BUCKET, "a"), (BUCKET, "b")));
}
