//! Multipart uploads.

use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::{ObjectStore, PutMultipartOptions, PutPayload};
use reqwest::Method;

use super::support::{
    BUCKET, MIB, a_bucket, answer, ask, client, element, header, noise, refusal, refused,
};

#[tokio::test]
async fn an_upload_of_another_client_becomes_an_object_when_it_is_completed() {
    let server = a_bucket().await;
    let client = client(&server);
    let path = Path::from("a/b");
    let mut upload = client
        .put_multipart_opts(&path, PutMultipartOptions::default())
        .await
        .unwrap();
    upload
        .put_part(PutPayload::from(noise(5 * MIB)))
        .await
        .unwrap();
    upload
        .put_part(PutPayload::from_static(b"the end"))
        .await
        .unwrap();
    assert_eq!(server.object(BUCKET, "a/b"), None);
    upload.complete().await.unwrap();
    let expected = [noise(5 * MIB), b"the end".to_vec()].concat();
    assert_eq!(server.object(BUCKET, "a/b").unwrap(), expected);
    assert!(server.uploads(BUCKET).is_empty());
    let head = answer(ask(&server, Method::HEAD, "a/b")).await;
    assert!(header(&head, "x-goog-hash").starts_with("crc32c="));
    assert!(!header(&head, "x-goog-hash").contains("md5"));
    assert!(header(&head, "etag").ends_with("-2\""));
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let server = a_bucket().await;
    let client = client(&server);
    let path = Path::from("a");
    let id = client.create_multipart(&path).await.unwrap();
    client
        .put_part(&path, &id, 0, PutPayload::from_static(b"1"))
        .await
        .unwrap();
    assert_eq!(server.uploads(BUCKET), [("a".to_owned(), id.clone())]);
    client.abort_multipart(&path, &id).await.unwrap();
    assert!(server.uploads(BUCKET).is_empty());
    let abort = ask(&server, Method::DELETE, &format!("a?uploadId={id}"));
    assert_eq!(refusal(abort).await, refused(404, "NoSuchUpload"));
}

/// Begins an upload and tells its identifier.
async fn begun(server: &cloud_mirror_testkit::servers::gcs::GcsServer, path: &str) -> String {
    let begun = answer(ask(server, Method::POST, &format!("{path}?uploads"))).await;
    element(&begun.text().await.unwrap(), "UploadId")
}

#[tokio::test]
async fn only_parts_that_are_there_and_large_enough_are_joined() {
    let server = a_bucket().await;
    let id = begun(&server, "a").await;
    let part = async |number: u32, bytes: &'static str| {
        let put = ask(
            &server,
            Method::PUT,
            &format!("a?partNumber={number}&uploadId={id}"),
        );
        header(&answer(put.body(bytes)).await, "etag")
    };
    let (one, two) = (part(1, "one").await, part(2, "two").await);
    let complete = |parts: &[(u32, &str)]| {
        let parts = parts.iter().map(|(number, etag)| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        });
        let parts: String = parts.collect();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        ask(&server, Method::POST, &format!("a?uploadId={id}")).body(body)
    };
    let small = complete(&[(1, &one), (2, &two)]);
    assert_eq!(refusal(small).await, refused(400, "EntityTooSmall"));
    let order = complete(&[(2, &two), (1, &one)]);
    assert_eq!(refusal(order).await, refused(400, "InvalidPartOrder"));
    let wrong = complete(&[(1, &two)]);
    assert_eq!(refusal(wrong).await, refused(400, "InvalidPart"));
    assert_eq!(
        refusal(complete(&[])).await,
        refused(400, "MalformedCompleteMultipartUploadRequest")
    );
    assert_eq!(answer(complete(&[(2, &two)])).await.status(), 200);
    assert_eq!(server.object(BUCKET, "a").unwrap(), "two");
    assert_eq!(
        refusal(complete(&[(2, &two)])).await,
        refused(404, "NoSuchUpload")
    );
}

#[tokio::test]
async fn a_part_that_is_not_what_was_announced_is_refused() {
    let server = a_bucket().await;
    let id = begun(&server, "a").await;
    let put = |number: u32| {
        let path = format!("a?partNumber={number}&uploadId={id}");
        ask(&server, Method::PUT, &path).body("bytes")
    };
    let wrong = put(1).header("x-goog-hash", "crc32c=AAAAAA==");
    assert_eq!(refusal(wrong).await, refused(400, "BadDigest"));
    assert_eq!(refusal(put(0)).await, refused(400, "InvalidArgument"));
    assert_eq!(refusal(put(10_001)).await, refused(400, "InvalidArgument"));
    assert_eq!(answer(put(10_000)).await.status(), 200);
}

#[tokio::test]
async fn parts_and_uploads_are_listed_page_by_page() {
    let server = a_bucket().await;
    let ids = [
        begun(&server, "a").await,
        begun(&server, "a").await,
        begun(&server, "b").await,
    ];
    for number in [1, 3, 7] {
        let path = format!("a?partNumber={number}&uploadId={}", ids[0]);
        answer(ask(&server, Method::PUT, &path).body("bytes")).await;
    }
    let page = async |query: &str| {
        let path = format!("a?uploadId={}&max-parts=2{query}", ids[0]);
        let page = answer(ask(&server, Method::GET, &path))
            .await
            .text()
            .await
            .unwrap();
        (
            element(&page, "IsTruncated"),
            element(&page, "NextPartNumberMarker"),
            element(&page, "Size"),
        )
    };
    assert_eq!(page("").await, ("true".into(), "3".into(), "5".into()));
    let last = page("&part-number-marker=3").await;
    assert_eq!(last, ("false".into(), "7".into(), "5".into()));
    let page = async |query: &str| {
        let path = format!("?uploads&max-uploads=1{query}");
        let page = answer(ask(&server, Method::GET, &path))
            .await
            .text()
            .await
            .unwrap();
        (element(&page, "IsTruncated"), element(&page, "UploadId"))
    };
    assert_eq!(page("").await, ("true".into(), ids[0].clone()));
    let next = format!("&key-marker=a&upload-id-marker={}", ids[0]);
    assert_eq!(page(&next).await, ("true".into(), ids[1].clone()));
    assert_eq!(page("&prefix=b").await, ("false".into(), ids[2].clone()));
}
