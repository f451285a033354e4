//! Answers to a range that are none.

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Fetch, Opened, Resume, Source};
use cloud_mirror_testkit::origin::{Object, Origin};
use futures::TryStreamExt;

use crate::{parsed, source};

const ETAG: &str = "\"v1\"";

/// What an origin's object gives to whoever goes on after four bytes.
async fn resumed(object: Object) -> Result<Opened, Failure> {
    let origin = Origin::start().await;
    origin.serve("/a", object);
    let fetch = Fetch {
        url: &parsed(&origin.url("/a?key=secret")),
        rule: &origin.rule(),
    };
    let resume = Resume {
        first_byte: 4,
        etag: ETAG,
    };
    source().open(fetch, Some(resume)).await
}

fn ten_bytes() -> Object {
    Object::new("ten bytes.").etag(ETAG)
}

/// A source that sends these bytes as a part, whatever it was asked for.
fn part(bytes: &'static str, range: &str) -> Object {
    let object = Object::new(bytes).etag(ETAG).status(206);
    object.header("content-range", range)
}

#[track_caller]
fn assert_refused(found: Result<Opened, Failure>, kind: Kind) {
    let failure = found.map(|opened| opened.facts).unwrap_err();
    assert_eq!(failure.kind, kind, "{failure}");
    assert!(!failure.detail.contains("secret"), "{failure}");
}

#[tokio::test]
async fn a_part_that_begins_elsewhere_is_a_failure() {
    for range in [
        "bytes 0-5/10",
        "bytes 5-9/10",
        "bytes */10",
        "bytes 4-9/5",
        "lines 4-9/10",
        "six bytes",
    ] {
        assert_refused(resumed(part("bytes.", range)).await, Kind::SourceFailed);
    }
    let silent = Object::new("bytes.").etag(ETAG).status(206);
    assert_refused(resumed(silent).await, Kind::SourceFailed);
}

#[tokio::test]
async fn several_parts_are_a_failure() {
    let several = part("--x", "bytes 4-9/10").content_type("Multipart/byteranges; boundary=x");
    assert_refused(resumed(several).await, Kind::SourceFailed);
}

#[tokio::test]
async fn a_part_of_another_object_has_changed_whatever_if_range_said() {
    for etag in ["\"v2\"", "W/\"v1\"", "v1"] {
        let other = part("bytes.", "bytes 4-9/10").etag(etag);
        assert_refused(resumed(other).await, Kind::SourceChanged);
    }
}

#[tokio::test]
async fn a_part_of_nobody_knows_what_is_a_failure() {
    let nameless = Object::new("bytes.").status(206);
    let nameless = nameless.header("content-range", "bytes 4-9/10");
    assert_refused(resumed(nameless).await, Kind::SourceFailed);
}

#[tokio::test]
async fn a_part_may_leave_the_whole_size_unsaid() {
    let opened = resumed(part("bytes.", "bytes 4-9/*")).await.unwrap();
    assert_eq!((opened.first_byte, opened.facts.size), (4, None));
    let pieces: Vec<_> = opened.body.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"bytes.");
}

#[tokio::test]
async fn a_part_that_ends_before_the_object_does_is_no_end() {
    let opened = resumed(part("byte", "bytes 4-7/10")).await.unwrap();
    assert_eq!(opened.facts.size, Some(10));
    let failure = opened.body.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(failure.kind, Kind::SourceUnreachable, "{failure}");
    assert!(failure.detail.contains("after 4 of 6 bytes"), "{failure}");
}

#[tokio::test]
async fn a_part_offers_no_digest_for_it_may_be_the_parts() {
    let md5 = ("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==");
    let whole = ten_bytes().header(md5.0, md5.1);
    let opened = resumed(whole.clone().without_ranges()).await.unwrap();
    assert_eq!(opened.facts.offered.len(), 1);
    assert_eq!(resumed(whole).await.unwrap().facts.offered, []);
}

#[tokio::test]
async fn only_who_resumes_asks_for_a_range() {
    let origin = Origin::start().await;
    origin.serve("/a", ten_bytes());
    let (url, rule) = (parsed(&origin.url("/a")), origin.rule());
    let fetch = Fetch {
        url: &url,
        rule: &rule,
    };
    source().open(fetch, None).await.unwrap();
    assert_eq!(origin.ranges("/a"), [None]);
    assert!(!origin.last_headers("/a").contains_key("if-range"));
}
