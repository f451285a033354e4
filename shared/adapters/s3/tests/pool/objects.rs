//! What is kept of an object, and what is told of it.

use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Method, PoolError, PoolPorts};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::{KeyStyle, SourceUrl};
use cloud_mirror_s3::{Access, S3Pool};

use crate::support::{
    BUCKET, DAY, Stage, digests, key, object, put, reader, replica, settings, url, written,
};

#[tokio::test]
async fn a_reader_gets_the_bytes_with_the_sources_own_headers() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let url = url("a%20b?x=1+2");
    put(&ports, &url, "bytes").await.unwrap();
    let address = ports.pool.address(&url, Method::Get).await.unwrap().url;
    let answer = reader().get(address).send().await.unwrap();
    for (name, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-encoding", "gzip"),
        ("content-disposition", "inline; filename*=UTF-8''a%20b"),
        ("content-language", "de, en"),
        ("cache-control", "max-age=60"),
        ("x-amz-meta-cloud-mirror-upstream-url", url.as_str()),
        ("x-amz-meta-cloud-mirror-upstream-etag", "\"upstream\""),
        ("x-amz-meta-cloud-mirror-upstream-content-length", "5"),
        (
            "x-amz-meta-cloud-mirror-via-hosts",
            "cdn.example, edge.example",
        ),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    assert_eq!(answer.bytes().await.unwrap(), "bytes");
}

#[tokio::test]
async fn a_replica_ends_when_the_lifecycle_says() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let url = url("a");
    put(&ports, &url, "bytes").await.unwrap();
    let replica = replica(&ports, &url).await;
    let ends = replica.expires.expect("the bucket has a lifecycle");
    let day = DAY.as_millis() as u64;
    assert_eq!(ends.as_millis() % day, 0, "at midnight: {ends:?}");
    assert!(ends >= replica.stored + 2 * DAY, "{replica:?}");
    assert!(ends <= replica.stored + 4 * DAY, "{replica:?}");
}

#[tokio::test]
async fn without_a_lifecycle_no_end_is_invented() {
    let stage = Stage::new().await;
    stage.s3.create_bucket(BUCKET, "eu-central-1");
    let ports = stage.pool(Access::Presigned).ports();
    put(&ports, &url("a"), "bytes").await.unwrap();
    let replica = replica(&ports, &url("a")).await;
    assert_eq!(replica.expires, None);
    assert_eq!(
        replica.stored,
        Timestamp::from_millis(replica.stored.as_seconds() * 1000)
    );
}

#[tokio::test]
async fn digests_are_tags_of_the_object_and_its_next_bytes_have_their_own() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let url = url("a");
    put(&ports, &url, "bytes").await.unwrap();
    let first = replica(&ports, &url).await;
    assert_eq!(first.digests, Some(digests()));
    let mut next = written("the next bytes");
    next.digests.md5 = "9".repeat(32);
    let seen = Seen::Etag(first.etag);
    let object = object(&url, next.bytes.len());
    ports
        .upload
        .put(&url, &object, next.clone(), &seen)
        .await
        .unwrap();
    assert_eq!(replica(&ports, &url).await.digests, Some(next.digests));
}

#[tokio::test]
async fn an_object_of_others_is_asked_for_no_tags() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let tags = [("x-amz-tagging", "md5=1&sha1=2&sha256=3&sha512=4")];
    stage.s3.put(BUCKET, &key(&url("a")), "bytes", &tags);
    let replica = replica(&ports, &url("a")).await;
    assert_eq!((replica.upstream, replica.digests), (None, None));
    assert_eq!(stage.s3.count("GetObjectTagging"), 0);
}

#[tokio::test]
async fn what_no_header_can_carry_is_dropped_and_the_copy_is_made() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let url = url("odd");
    let mut odd = object(&url, 5);
    odd.headers.content_type = Some("text/plain\u{1}".into());
    odd.headers.content_disposition = Some("attachment; filename=\"é\"".into());
    odd.upstream.etag = Some("\"é\"".into());
    odd.via_hosts = vec!["münchen.example".into()];
    ports
        .upload
        .put(&url, &odd, written("bytes"), &Seen::None)
        .await
        .unwrap();
    let replica = replica(&ports, &url).await;
    assert!(replica.is_of(&url), "{replica:?}");
    assert_eq!(replica.upstream.unwrap().etag, None);
    let address = ports.pool.address(&url, Method::Get).await.unwrap().url;
    let headers = reader()
        .get(address)
        .send()
        .await
        .unwrap()
        .headers()
        .clone();
    assert_eq!(headers.get("content-disposition"), None);
    assert_eq!(headers["cache-control"], "max-age=60");
}

#[tokio::test]
async fn headers_that_are_too_long_for_s3_keep_no_object_from_being_mirrored() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let url = url("long");
    let mut long = object(&url, 5);
    long.headers.content_disposition =
        Some(format!("inline; filename*=UTF-8''{}", "%20".repeat(900)));
    let answer = ports.upload.put(&url, &long, written("bytes"), &Seen::None);
    answer.await.unwrap();
    ports.upload.begin(&url, &long).await.unwrap();
    let client = stage.client();
    let head = client.head_object().bucket(BUCKET).key(key(&url)).send();
    let head = head.await.unwrap();
    assert_eq!(head.content_disposition(), None);
    assert_eq!(head.content_type(), long.headers.content_type.as_deref());
    assert_eq!(head.cache_control(), long.headers.cache_control.as_deref());
}

#[tokio::test]
async fn a_type_that_the_sdk_adds_still_fits_beside_the_longest_headers() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    for length in 1_950..=2_048 {
        let url = url(&length.to_string());
        let mut long = object(&url, 5);
        long.headers = Default::default();
        long.headers.cache_control = Some("v".repeat(length));
        let answer = ports.upload.put(&url, &long, written("bytes"), &Seen::None);
        answer.await.unwrap();
    }
}

#[tokio::test]
async fn a_source_without_any_headers_can_be_mirrored() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let url = url("bare");
    let mut bare = object(&url, 5);
    bare.headers = Default::default();
    bare.upstream.etag = None;
    bare.upstream.length = None;
    bare.via_hosts = Vec::new();
    ports
        .upload
        .put(&url, &bare, written("bytes"), &Seen::None)
        .await
        .unwrap();
    assert!(replica(&ports, &url).await.is_of(&url));
}

#[tokio::test]
async fn the_longest_urls_can_be_put_and_are_recognised() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    for bytes in [1_024, 1_700, 1_999, 2_000] {
        let path = "%C3%A9/".repeat(bytes / 10);
        let name = "n".repeat(bytes - url(&path).as_str().len());
        let url = url(&(path + &name));
        assert_eq!(url.as_str().len(), bytes);
        put(&ports, &url, "bytes").await.unwrap();
        let replica = replica(&ports, &url).await;
        assert!(replica.is_of(&url), "{replica:?}");
        assert_eq!(
            replica.upstream.unwrap().etag.as_deref(),
            Some("\"upstream\"")
        );
    }
}

#[tokio::test]
async fn the_node_originals_buckets_can_be_taken_over() {
    let stage = Stage::new().await;
    stage.s3.create_bucket(BUCKET, "eu-central-1");
    let ports = in_url_style(&stage);
    let url = SourceUrl::parse("https://example.com/a%20b/%C3%A9").unwrap();
    let metadata = [
        (
            "x-amz-meta-cloud-mirror-upstream-url",
            "https://example.com/a%20b/%C3%A9",
        ),
        ("x-amz-meta-cloud-mirror-upstream-content-length", "5"),
        ("x-amz-meta-cloud-mirror-upstream-etag", "\"1\""),
        ("x-amz-meta-cloud-mirror-addresses", "[]"),
    ];
    stage
        .s3
        .put(BUCKET, "https://example.com/a b/é", "bytes", &metadata);
    let found = replica(&ports, &url).await;
    assert!(found.is_of(&url), "{found:?}");
    assert_eq!(found.upstream.unwrap().etag.as_deref(), Some("\"1\""));
    let address = ports.pool.address(&url, Method::Get).await.unwrap().url;
    let answer = reader().get(address).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), "bytes");
    ports.pool.delete(&url, &found.etag).await.unwrap();
    assert!(stage.s3.keys(BUCKET).is_empty());
}

fn in_url_style(stage: &Stage) -> PoolPorts {
    let mut settings = settings(Access::Presigned);
    settings.key_style = KeyStyle::Url;
    S3Pool::new(settings, stage.clients(), stage.clock.clone()).ports()
}

#[tokio::test]
async fn denied_is_not_absence() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let is_denied = |answer: Result<_, PoolError>| matches!(answer, Err(PoolError::Denied(_)));
    stage.s3.hide_absence(BUCKET, true);
    assert!(
        is_denied(ports.pool.head(&url("absent")).await),
        "without s3:ListBucket"
    );
    stage.s3.hide_absence(BUCKET, false);
    stage.s3.deny(BUCKET, true);
    assert!(is_denied(ports.pool.head(&url("a")).await));
    let denied = put(&ports, &url("a"), "bytes").await;
    assert!(matches!(denied, Err(PoolError::Denied(why)) if why.contains("AccessDenied")));
}

#[tokio::test]
async fn the_store_is_told_the_checksum_of_the_whole_whichever_way_the_bytes_came() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let [whole, parts] = [url("whole"), url("parts")];
    put(&ports, &whole, "bytes").await.unwrap();
    crate::parts::upload(&ports, &parts, "bytes").await;
    let [whole, parts] = [replica(&ports, &whole).await, replica(&ports, &parts).await];
    assert!(
        whole.checksum.as_ref().unwrap().starts_with("crc64nvme:"),
        "{whole:?}"
    );
    assert_eq!(whole.checksum, parts.checksum);
    assert_ne!(whole.etag, parts.etag, "which says nothing about the bytes");
}
