//! Where a stream goes on that broke.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::ports::Source;

use super::story::{Story, read};
use crate::origin::{Object, Origin};

const ETAG: &str = "\"v1\"";

fn ten_bytes() -> Object {
    Object::new("ten bytes.").etag(ETAG)
}

pub(super) async fn a_stream_that_broke_goes_on_where_it_is_asked_to(source: &dyn Source) {
    let story = Story::serving(source, "/a", ten_bytes()).await;
    for first_byte in [0, 4, 9] {
        let opened = story.resume("/a", first_byte, ETAG).await.unwrap();
        assert_eq!(opened.first_byte, first_byte);
        assert_eq!(opened.facts.size, Some(10), "the whole object's");
        assert_eq!(opened.facts.etag.as_deref(), Some(ETAG));
        let rest = &b"ten bytes."[usize::try_from(first_byte).unwrap()..];
        assert_eq!(read(opened.body).await.unwrap(), rest);
    }
    assert_eq!(story.origin.gets("/a"), 3, "nobody asks twice");
}

pub(super) async fn an_object_that_has_changed_answers_from_its_first_byte(source: &dyn Source) {
    let other = Object::new("other bytes").etag("\"v2\"");
    let story = Story::serving(source, "/a", ten_bytes().cut_short_after(4).then(other)).await;
    assert!(story.bytes("/a").await.is_err());
    let opened = story.resume("/a", 4, ETAG).await.unwrap();
    assert_eq!(opened.first_byte, 0);
    assert_eq!(opened.facts.size, Some(11));
    assert_eq!(opened.facts.etag.as_deref(), Some("\"v2\""));
    assert_eq!(read(opened.body).await.unwrap(), b"other bytes");
}

pub(super) async fn a_source_without_ranges_answers_from_its_first_byte(source: &dyn Source) {
    let story = Story::serving(source, "/a", ten_bytes().without_ranges()).await;
    let opened = story.resume("/a", 4, ETAG).await.unwrap();
    assert_eq!((opened.first_byte, opened.facts.size), (0, Some(10)));
    assert_eq!(opened.facts.etag.as_deref(), Some(ETAG));
    assert_eq!(read(opened.body).await.unwrap(), b"ten bytes.");
}

pub(super) async fn an_object_that_has_become_shorter_has_changed(source: &dyn Source) {
    let story = Story::serving(source, "/a", Object::new("ten").etag(ETAG)).await;
    let failure = story.resume("/a?key=secret", 4, ETAG).await.err().unwrap();
    assert_eq!(failure.kind, Kind::SourceChanged, "{failure}");
    assert!(!failure.detail.contains("secret"), "{failure}");
}

pub(super) async fn a_range_is_asked_for_at_every_step_of_a_redirect(source: &dyn Source) {
    let elsewhere = Origin::start().await;
    elsewhere.serve("/b", ten_bytes());
    let mut story = Story::serving(source, "/a", Object::redirect_to(elsewhere.url("/b"))).await;
    story.rule.redirect_hosts = vec![elsewhere.authority()];
    let opened = story.resume("/a", 4, ETAG).await.unwrap();
    assert_eq!(opened.first_byte, 4);
    assert_eq!(opened.facts.via_hosts, ["127.0.0.1"]);
    assert_eq!(read(opened.body).await.unwrap(), b"bytes.");
    for (origin, path) in [(&story.origin, "/a"), (&elsewhere, "/b")] {
        assert_eq!(origin.ranges(path), [Some("bytes=4-".to_owned())]);
        assert_eq!(origin.last_headers(path)["if-range"], ETAG);
    }
}

pub(super) async fn a_stream_may_break_again_and_again(source: &dyn Source) {
    let story = Story::serving(source, "/a", ten_bytes().cut_short_after(4).cut_times(2)).await;
    assert!(story.bytes("/a").await.is_err());
    let opened = story.resume("/a", 4, ETAG).await.unwrap();
    let failure = read(opened.body).await.unwrap_err();
    assert_eq!(failure.kind, Kind::SourceUnreachable, "{failure}");
    let counted = "stopped sending after 4 of 6 bytes";
    assert!(failure.detail.contains(counted), "{failure}");
    let opened = story.resume("/a", 8, ETAG).await.unwrap();
    assert_eq!(read(opened.body).await.unwrap(), b"s.");
}

pub(super) async fn a_failure_stays_one_of_its_kind(source: &dyn Source) {
    let story = Story::of(source).await;
    for (status, kind) in [
        (404, Kind::SourceNotFound),
        (403, Kind::SourceRefused),
        (503, Kind::SourceFailed),
    ] {
        story.origin.serve("/a", ten_bytes().status(status));
        let failure = story.resume("/a", 4, ETAG).await.err().unwrap();
        assert_eq!(failure.kind, kind, "{status}");
    }
}
