//! What is not put up with.

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_http::{HttpSource, Limits};
use cloud_mirror_testkit::origin::{Object, Origin};

use crate::{bytes, head, source};

/// Hops are capped as every source's are: the suite shows it.
async fn refused(origin: &Origin, path: &str) -> Failure {
    let (url, rule) = (origin.url(path), origin.rule());
    let failure = bytes(&source(), &url, &rule).await.unwrap_err();
    assert_eq!(failure.kind, Kind::HeadersTooLarge, "{failure}");
    assert!(!failure.detail.contains("secret"), "{failure}");
    assert_eq!(
        head(&source(), &url, &rule).await.unwrap_err().kind,
        failure.kind
    );
    failure
}

#[tokio::test]
async fn headers_that_are_too_large_are_refused() {
    let origin = Origin::start().await;
    let padding = |bytes| Object::new("a").header("x-padding", "x".repeat(bytes));
    origin.serve("/a", padding(63 * 1024));
    assert!(
        bytes(&source(), &origin.url("/a"), &origin.rule())
            .await
            .is_ok()
    );
    origin.serve("/a", padding(64 * 1024));
    let failure = refused(&origin, "/a?key=secret").await;
    assert!(failure.detail.contains("bytes of headers"), "{failure}");
}

#[tokio::test]
async fn the_limit_counts_names_and_values_of_all_headers() {
    let origin = Origin::start().await;
    origin.serve(
        "/a",
        Object::new("a").header("x-a", "1234567").etag("\"1\""),
    );
    let sent = [
        ("content-type", "application/octet-stream".len()),
        ("x-a", 7),
        ("etag", 3),
        ("connection", "close".len()),
        ("content-length", 1),
        ("date", "Wed, 21 Oct 2015 07:28:00 GMT".len()),
    ];
    let size: usize = sent.iter().map(|(name, value)| name.len() + value).sum();
    for (headers, enough) in [(size, true), (size - 1, false)] {
        let limits = Limits {
            headers,
            ..Limits::default()
        };
        let source = HttpSource::new(limits).unwrap();
        let found = bytes(&source, &origin.url("/a"), &origin.rule()).await;
        assert_eq!(found.is_ok(), enough, "{found:?}");
    }
}

#[tokio::test]
async fn a_head_that_the_library_gives_up_reading_is_too_large_as_well() {
    let origin = Origin::start().await;
    origin.serve(
        "/a",
        Object::new("a").header("x-padding", "x".repeat(1_000_000)),
    );
    refused(&origin, "/a?key=secret").await;
    let many = (0..200).fold(Object::new("a"), |object, n| {
        object.header(&format!("x-{n}"), "1")
    });
    origin.serve("/a", many);
    refused(&origin, "/a?key=secret").await;
}

#[tokio::test]
async fn a_redirects_headers_count_too() {
    let origin = Origin::start().await;
    let away = Object::redirect_to("/b").header("x-padding", "x".repeat(70_000));
    origin.serve("/a", away);
    origin.serve("/b", "b");
    refused(&origin, "/a").await;
    assert_eq!(origin.gets("/b"), 0);
}
