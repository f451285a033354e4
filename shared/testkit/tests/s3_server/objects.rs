//! Objects are kept as they were put.

use aws_sdk_s3::primitives::ByteStream;

use crate::support::{BUCKET, a_bucket, get, put, refusal, refused};

const KEY: &str = "a folder/ä+b%2Fc?d#e";

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let (server, client) = a_bucket().await;
    let etag = put(&client, KEY, b"hello").await;
    assert_eq!(etag, "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!(get(&client, KEY).await, b"hello");
    assert_eq!(server.object(BUCKET, KEY).unwrap(), "hello");
    assert_eq!(server.keys(BUCKET), [KEY]);
}

#[tokio::test]
async fn headers_and_metadata_are_kept_and_the_encoding_of_the_upload_is_not() {
    let (_server, client) = a_bucket().await;
    let put = client.put_object().bucket(BUCKET).key(KEY);
    let put = put.content_type("text/html").content_encoding("gzip");
    let put = put.content_disposition("attachment").content_language("de");
    let put = put.cache_control("max-age=1").metadata("one", "1");
    let body = ByteStream::from_static(b"bytes");
    put.body(body).send().await.unwrap();
    let head = client.head_object().bucket(BUCKET).key(KEY);
    let head = head.send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/html"));
    assert_eq!(head.content_encoding(), Some("gzip"));
    assert_eq!(head.content_disposition(), Some("attachment"));
    assert_eq!(head.content_language(), Some("de"));
    assert_eq!(head.cache_control(), Some("max-age=1"));
    assert_eq!(head.content_length(), Some(5));
    assert_eq!(head.metadata().unwrap()["one"], "1");
}

#[tokio::test]
async fn an_object_without_a_type_has_that_of_s3() {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, KEY, "bytes", &[]);
    let head = client.head_object().bucket(BUCKET).key(KEY);
    let head = head.send().await.unwrap();
    assert_eq!(head.content_type(), Some("binary/octet-stream"));
}

#[tokio::test]
async fn what_a_test_puts_past_the_wire_is_an_object_like_others() {
    let (server, client) = a_bucket().await;
    let headers = [
        ("Content-Type", "text/plain"),
        ("x-amz-meta-One", "1"),
        ("x-amz-tagging", "t=1"),
    ];
    let etag = server.put(BUCKET, KEY, "bytes", &headers);
    let head = client.head_object().bucket(BUCKET).key(KEY);
    let head = head.send().await.unwrap();
    assert_eq!(head.e_tag(), Some(&*etag));
    assert_eq!(head.content_type(), Some("text/plain"));
    assert_eq!(head.metadata().unwrap()["one"], "1");
    assert_eq!(head.tag_count(), Some(1));
    server.delete(BUCKET, KEY);
    assert_eq!(server.object(BUCKET, KEY), None);
}

#[tokio::test]
async fn a_range_is_answered_with_its_bytes_alone() {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, KEY, "0123456789", &[]);
    for (range, bytes, told) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=8-", "89", "bytes 8-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=5-99", "56789", "bytes 5-9/10"),
    ] {
        let get = client.get_object().bucket(BUCKET).key(KEY).range(range);
        let answer = get.send().await.unwrap();
        assert_eq!(answer.content_range(), Some(told));
        assert_eq!(
            answer.body.collect().await.unwrap().to_vec(),
            bytes.as_bytes()
        );
    }
    let get = client.get_object().bucket(BUCKET).key(KEY);
    let beyond = get.range("bytes=10-").send().await;
    assert_eq!(refusal(beyond), refused(416, "InvalidRange"));
}

#[tokio::test]
async fn an_object_of_any_size_needs_no_memory() {
    let (server, client) = a_bucket().await;
    let size = 1 << 42;
    server.put_pattern(BUCKET, KEY, size, 0);
    assert_eq!(server.size(BUCKET, KEY), Some(size));
    let end = |length| format!("bytes={}-{}", size - length, size - 1);
    let read = async |range: String| {
        let get = client.get_object().bucket(BUCKET).key(KEY).range(range);
        get.send().await.unwrap().body.collect().await.unwrap()
    };
    let (long, short) = (read(end(200_000)).await, read(end(100_000)).await);
    assert_eq!(long.to_vec()[100_000..], short.to_vec());
}

#[tokio::test]
async fn an_absent_object_is_404_and_deleting_it_succeeds() {
    let (_server, client) = a_bucket().await;
    let head = client.head_object().bucket(BUCKET).key("none").send();
    assert_eq!(refusal(head.await), refused(404, "NotFound"));
    let get = client.get_object().bucket(BUCKET).key("none").send();
    assert_eq!(refusal(get.await), refused(404, "NoSuchKey"));
    let delete = client.delete_object().bucket(BUCKET).key("none").send();
    delete.await.unwrap();
}

#[tokio::test]
async fn tags_are_put_counted_and_replaced() {
    let (_server, client) = a_bucket().await;
    let put = client.put_object().bucket(BUCKET).key(KEY);
    put.tagging("a=1&b=x%20y").send().await.unwrap();
    let tags = async || {
        let get = client.get_object_tagging().bucket(BUCKET).key(KEY);
        let tags = get.send().await.unwrap().tag_set.into_iter();
        tags.map(|tag| format!("{}={}", tag.key, tag.value))
            .collect::<Vec<_>>()
    };
    assert_eq!(tags().await, ["a=1", "b=x y"]);
    let get = client.get_object().bucket(BUCKET).key(KEY).send();
    assert_eq!(get.await.unwrap().tag_count(), Some(2));
    let tag = aws_sdk_s3::types::Tag::builder().key("c").value("3");
    let tagging = aws_sdk_s3::types::Tagging::builder().tag_set(tag.build().unwrap());
    let put = client.put_object_tagging().bucket(BUCKET).key(KEY);
    let put = put.tagging(tagging.build().unwrap());
    put.send().await.unwrap();
    assert_eq!(tags().await, ["c=3"]);
}

#[tokio::test]
async fn a_listing_comes_page_by_page() {
    let (server, client) = a_bucket().await;
    for key in ["a/1", "b/1", "b/2", "b/3", "c/1"] {
        server.put(BUCKET, key, "bytes", &[]);
    }
    let list = client.list_objects_v2().bucket(BUCKET).prefix("b/");
    let mut pages = list.max_keys(2).into_paginator().send();
    let mut seen: Vec<Vec<String>> = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        seen.push(
            page.contents()
                .iter()
                .map(|object| object.key().unwrap().to_owned())
                .collect(),
        );
    }
    assert_eq!(
        seen,
        [
            vec!["b/1".to_owned(), "b/2".to_owned()],
            vec!["b/3".to_owned()]
        ]
    );
}
