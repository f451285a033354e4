//! Objects of every kind arrive byte for byte, header for header.

use bytes::Bytes;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Mirror, Setup, Stage};

async fn arrives(mirror: &Mirror, path: &str, bytes: impl Into<Bytes>) {
    let bytes = bytes.into();
    mirror.origin_has(path, Object::new(bytes.clone()));
    let answer = mirror.ask(path).await;
    assert!(mirror.is_replica(&answer), "{path}: {answer:?}");
    let downloaded = mirror.download(path).await;
    assert_eq!(downloaded.status, 200, "{path}");
    assert!(
        downloaded.body == bytes,
        "{path}: {} bytes",
        downloaded.body.len()
    );
    assert_eq!(mirror.origin.gets(path), 1, "{path}");
}

/// Bytes that repeat nowhere near a part's size.
fn pattern(length: usize) -> Bytes {
    (0..length)
        .map(|n| (n ^ (n >> 8) ^ (n >> 16)) as u8)
        .collect::<Vec<_>>()
        .into()
}

pub(crate) async fn an_empty_object_is_mirrored(stage: Stage) {
    arrives(&stage.mirror().await, "/empty", "").await;
}

pub(crate) async fn ten_bytes_are_mirrored(stage: Stage) {
    arrives(&stage.mirror().await, "/ten", "0123456789").await;
}

pub(crate) async fn seventy_mebibytes_are_mirrored(stage: Stage) {
    let mirror = stage.mirror_as(Setup::default().own_store()).await;
    arrives(&mirror, "/big", pattern(70 * 1024 * 1024)).await;
    let id = mirror.id("/big");
    let uploads = mirror
        .deployment
        .pool(&id.pool)
        .upload
        .find(&id.url, Timestamp::from_millis(u64::MAX))
        .await
        .unwrap();
    assert!(
        uploads.is_empty(),
        "no unfinished upload is left: {uploads:?}"
    );
}

pub(crate) async fn odd_names_are_mirrored_byte_for_byte(stage: Stage) {
    let mirror = stage.mirror().await;
    for path in [
        "/with%20a%20space",
        "/with+a+plus",
        "/a%25percent",
        "/a%23hash",
        "/gr%C3%BC%C3%9Fe/%E6%97%A5%E6%9C%AC",
        "/a/folder/",
        "/a//double//slash",
        "/a;b=c,d@e:f!$&'()*~",
        "/%F0%9F%92%BE",
    ] {
        arrives(&mirror, path, format!("the bytes of {path}")).await;
    }
}

pub(crate) async fn neighbours_in_name_stay_two_objects(stage: Stage) {
    let mirror = stage.mirror().await;
    for path in ["/a", "/a/b", "/a%2Fb", "/a/", "/A", "/a%20b", "/a+b"] {
        arrives(&mirror, path, format!("the bytes of {path}")).await;
    }
    for path in ["/a", "/a/b", "/a%2Fb", "/a/", "/A", "/a%20b", "/a+b"] {
        assert_eq!(
            mirror.download(path).await.text(),
            format!("the bytes of {path}")
        );
    }
}

pub(crate) async fn a_key_beyond_s3s_limit_is_mirrored(stage: Stage) {
    let mirror = stage.mirror().await;
    let long = format!("/{}/tool.tar.gz", "d/".repeat(700));
    arrives(&mirror, &long, "long").await;
    let other = long.replacen("d/", "e/", 1);
    arrives(&mirror, &other, "another").await;
    assert_eq!(mirror.download(&long).await.text(), "long");
}

pub(crate) async fn a_query_string_means_what_its_rule_says(stage: Stage) {
    {
        let kept = stage.mirror_of("query = \"keep\"", "").await;
        kept.origin_has("/a?version=1", "one");
        kept.origin_has("/a?version=2", "two");
        assert_eq!(kept.download("/a?version=1").await.text(), "one");
        assert_eq!(kept.download("/a?version=2").await.text(), "two");
        assert!(kept.is_replica(&kept.ask("/a?version=1").await));
    }

    let dropped = stage.mirror_of("query = \"drop\"", "").await;
    dropped.origin_has("/a", "same");
    assert_eq!(dropped.download("/a?session=1").await.text(), "same");
    assert_eq!(dropped.download("/a?session=2").await.text(), "same");
    assert_eq!(dropped.origin.gets("/a"), 1, "one object, one copy");
}

pub(crate) async fn encoded_bytes_arrive_unchanged(stage: Stage) {
    let mirror = stage.mirror().await;
    // Not even gzip: whoever decoded it on the way would fail.
    let object = Object::new("not really gzip")
        .content_encoding("gzip")
        .content_type("text/css")
        .header("content-language", "de")
        .header("cache-control", "max-age=7");
    mirror.origin_has("/a.css", object);
    let downloaded = mirror.download("/a.css").await;
    assert_eq!(downloaded.text(), "not really gzip");
    for (name, value) in [
        ("content-encoding", "gzip"),
        ("content-type", "text/css"),
        ("content-language", "de"),
        ("cache-control", "max-age=7"),
    ] {
        assert_eq!(downloaded.header(name), value, "{name}");
    }
}

pub(crate) async fn a_missing_content_type_stays_missing(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", Object::new("bytes").without_content_type());
    let downloaded = mirror.download("/a").await;
    assert_eq!(
        (
            downloaded.text().as_str(),
            downloaded.header("content-type")
        ),
        ("bytes", "")
    );
}

pub(crate) async fn an_object_without_a_length_is_mirrored(stage: Stage) {
    let mirror = stage.mirror().await;
    let bytes = pattern(20 * 1024 * 1024);
    mirror.origin_has("/a", Object::new(bytes.clone()).without_length());
    let downloaded = mirror.download("/a").await;
    assert!(downloaded.body == bytes, "{} bytes", downloaded.body.len());
    assert!(mirror.is_replica(&mirror.ask("/a").await));
}

pub(crate) async fn a_download_keeps_its_digests_and_its_name(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/dir/the%20name.txt", "abc");
    let downloaded = mirror.download("/dir/the%20name.txt").await;
    let disposition = downloaded.header("content-disposition");
    assert_eq!(disposition, "inline; filename*=UTF-8''the%20name.txt");
    let digests = mirror
        .replica("/dir/the%20name.txt")
        .await
        .and_then(|replica| replica.digests);
    assert_eq!(
        digests.map(|d| d.md5).as_deref(),
        Some("900150983cd24fb0d6963f7d28e17f72")
    );
}

pub(crate) async fn a_range_of_a_replica_is_served(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "0123456789");
    mirror.has_copied("/a").await;
    let range = [("range", "bytes=2-4")];
    let part = mirror
        .client
        .follow("GET", &mirror.redirect_url("/a"), &range)
        .await;
    assert_eq!((part.status, part.text().as_str()), (206, "234"));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
}
