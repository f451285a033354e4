//! Objects are kept as they were put.

use cloud_mirror_testkit::servers::gcs::TOKEN;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use reqwest::Method;

use super::support::{BUCKET, a_bucket, answer, ask, client, header, plain, refusal, refused};

/// As in a URL; decoded it is `a folder/ä+b%2Fc?d#e`.
const PATH: &str = "a%20folder/%C3%A4%2Bb%252Fc%3Fd%23e";
const KEY: &str = "a folder/ä+b%2Fc?d#e";

#[tokio::test]
async fn an_object_comes_back_as_another_client_put_it() {
    let server = a_bucket().await;
    let client = client(&server);
    let path = Path::from("a/b");
    let put = client.put(&path, PutPayload::from_static(b"hello")).await;
    let put = put.unwrap();
    assert_eq!(
        put.e_tag.as_deref(),
        Some("\"5d41402abc4b2a76b9719d911017c592\"")
    );
    let got = client.get(&path).await.unwrap();
    assert_eq!(got.meta.version, put.version);
    assert_eq!(got.bytes().await.unwrap(), "hello");
    assert_eq!(server.keys(BUCKET), ["a/b"]);
}

#[tokio::test]
async fn headers_metadata_and_checksums_are_told() {
    let server = a_bucket().await;
    let put = ask(&server, Method::PUT, PATH).body("123456789");
    let put = put
        .header("content-type", "text/html")
        .header("content-language", "de");
    let put = put
        .header("content-disposition", "attachment")
        .header("cache-control", "max-age=1");
    assert_eq!(
        answer(put.header("x-goog-meta-One", "1")).await.status(),
        200
    );
    let head = answer(ask(&server, Method::HEAD, PATH)).await;
    let told = |name| header(&head, name);
    assert_eq!(told("content-type"), "text/html");
    assert_eq!(told("content-language"), "de");
    assert_eq!(told("content-disposition"), "attachment");
    assert_eq!(told("cache-control"), "max-age=1");
    assert_eq!(told("x-goog-meta-one"), "1");
    assert_eq!(told("content-length"), "9");
    assert_eq!(told("x-goog-stored-content-length"), "9");
    assert_eq!(
        told("x-goog-hash"),
        "crc32c=4waSgw==, md5=JfnnlDI7RTiF9RgfG2JNCw=="
    );
    assert_eq!(server.keys(BUCKET), [KEY]);
}

#[tokio::test]
async fn what_a_writer_leaves_out_is_googles() {
    let server = a_bucket().await;
    server.put(BUCKET, "a", "bytes", &[]);
    let head = answer(ask(&server, Method::HEAD, "a")).await;
    assert_eq!(header(&head, "content-type"), "application/octet-stream");
    assert_eq!(header(&head, "cache-control"), "private, max-age=0");
    server.make_public(BUCKET);
    let head = answer(ask(&server, Method::HEAD, "a")).await;
    assert_eq!(header(&head, "cache-control"), "public, max-age=3600");
}

#[tokio::test]
async fn bytes_that_are_not_what_was_announced_are_refused() {
    let server = a_bucket().await;
    let put = || ask(&server, Method::PUT, "a").body("123456789");
    let wrong = put().header("x-goog-hash", "crc32c=AAAAAA==");
    assert_eq!(refusal(wrong).await, refused(400, "BadDigest"));
    let wrong = put().header("content-md5", "XUFAKrxLKna5cZ2REBfFkg==");
    assert_eq!(refusal(wrong).await, refused(400, "BadDigest"));
    assert_eq!(server.object(BUCKET, "a"), None);
    let right = put().header("x-goog-hash", "crc32c=4waSgw==");
    assert_eq!(answer(right).await.status(), 200);
}

#[tokio::test]
async fn a_request_must_say_how_long_its_body_is_even_if_there_is_none() {
    let server = a_bucket().await;
    let url = format!("{}/{BUCKET}/a", server.url());
    let put = || plain().put(&url).bearer_auth(TOKEN);
    assert_eq!(put().send().await.unwrap().status(), 411);
    assert_eq!(server.object(BUCKET, "a"), None);
    let said = put().header("content-length", "0").send().await;
    assert_eq!(said.unwrap().status(), 200);
}

#[tokio::test]
async fn a_range_is_answered_with_its_bytes_alone() {
    let server = a_bucket().await;
    server.put(BUCKET, "a", "0123456789", &[]);
    for (range, bytes, told) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=8-", "89", "bytes 8-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=5-99", "56789", "bytes 5-9/10"),
    ] {
        let got = answer(ask(&server, Method::GET, "a").header("range", range)).await;
        assert_eq!(
            (got.status().as_u16(), header(&got, "content-range")),
            (206, told.to_owned())
        );
        assert_eq!(got.text().await.unwrap(), bytes);
    }
    let beyond = ask(&server, Method::GET, "a").header("range", "bytes=10-");
    assert_eq!(refusal(beyond).await, refused(416, "InvalidRange"));
}

#[tokio::test]
async fn a_compressed_object_reaches_only_who_asks_for_it() {
    let server = a_bucket().await;
    let gzip = [("content-encoding", "gzip")];
    server.put(BUCKET, "a", "compressed", &gzip);
    let get = async |path: &str, accepts: &str| {
        let get = ask(&server, Method::GET, path).header("accept-encoding", accepts);
        let got = answer(get).await;
        (header(&got, "content-encoding"), got.text().await.unwrap())
    };
    let stored = ("gzip".to_owned(), "compressed".to_owned());
    assert_eq!(get("a", "gzip").await, stored);
    assert_ne!(get("a", "identity").await, stored);
    assert_eq!(get("a", "identity").await.0, "");
    let kept = [
        ("content-encoding", "gzip"),
        ("cache-control", "no-transform"),
    ];
    server.put(BUCKET, "b", "compressed", &kept);
    assert_eq!(get("b", "identity").await, stored);
}

#[tokio::test]
async fn metadata_beyond_8_kib_are_refused() {
    let server = a_bucket().await;
    let long = "x".repeat(8 * 1024 - 2);
    let put = |name| ask(&server, Method::PUT, "a").header(name, &long);
    assert_eq!(answer(put("x-goog-meta-ab")).await.status(), 200);
    assert_eq!(
        refusal(put("x-goog-meta-abc")).await,
        refused(400, "MetadataTooLarge")
    );
}

#[tokio::test]
async fn an_absent_object_is_404_and_so_is_its_deletion() {
    let server = a_bucket().await;
    assert_eq!(
        refusal(ask(&server, Method::GET, "a")).await,
        refused(404, "NoSuchKey")
    );
    assert_eq!(
        refusal(ask(&server, Method::DELETE, "a")).await,
        refused(404, "NoSuchKey")
    );
    server.put(BUCKET, "a", "bytes", &[]);
    assert_eq!(
        answer(ask(&server, Method::DELETE, "a")).await.status(),
        204
    );
    assert_eq!(server.object(BUCKET, "a"), None);
}
