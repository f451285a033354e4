//! What is no success, and what it is called.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::ports::Source;

use super::story::Story;
use crate::origin::Object;

pub(super) async fn every_other_status_is_a_failure_of_its_kind(source: &dyn Source) {
    let story = Story::of(source).await;
    for (status, kind) in [
        (204, Kind::SourceFailed),
        (206, Kind::SourceFailed),
        (300, Kind::SourceFailed),
        (304, Kind::SourceFailed),
        (401, Kind::SourceRefused),
        (403, Kind::SourceRefused),
        (404, Kind::SourceNotFound),
        (410, Kind::SourceGone),
        (429, Kind::SourceRefused),
        (500, Kind::SourceFailed),
        (503, Kind::SourceFailed),
    ] {
        story
            .origin
            .serve("/a", Object::new("an error page").status(status));
        let failure = story.failure("/a?key=secret").await;
        assert_eq!(failure.kind, kind, "{status}");
        let named = format!("{}: answered {status}", story.origin.url("/a"));
        assert!(failure.detail.starts_with(&named), "{failure}");
        assert!(!failure.detail.contains("secret"), "{failure}");
    }
}

pub(super) async fn get_is_judged_as_strictly_as_head(source: &dyn Source) {
    let story = Story::of(source).await;
    for (status, kind) in [(500, Kind::SourceFailed), (404, Kind::SourceNotFound)] {
        story.origin.serve(
            "/a",
            Object::new("an error page").head_ok_get_status(status),
        );
        assert!(story.head("/a").await.is_ok());
        assert_eq!(story.open_failure("/a").await.kind, kind);
    }
}

pub(super) async fn a_body_that_is_cut_short_never_ends_well(source: &dyn Source) {
    let story = Story::of(source).await;
    for sent in [0, 4, 9] {
        story
            .origin
            .serve("/a", Object::new("ten bytes.").cut_short_after(sent));
        assert_eq!(story.head("/a").await.unwrap().size, Some(10));
        let failure = story.bytes("/a").await.unwrap_err();
        assert_eq!(failure.kind, Kind::SourceUnreachable, "{failure}");
        let counted = format!("stopped sending after {sent} of 10 bytes");
        assert!(failure.detail.contains(&counted), "{failure}");
    }
    story.origin.serve(
        "/a",
        Object::new("ten bytes.")
            .without_length()
            .cut_short_after(4),
    );
    assert_eq!(
        story.bytes("/a").await.unwrap_err().kind,
        Kind::SourceUnreachable
    );
}

pub(super) async fn an_unreachable_source_says_so(source: &dyn Source) {
    let story = Story::serving(source, "/a", "a").await;
    story.origin.down().await;
    let failure = story.failure("/a?key=secret").await;
    assert_eq!(failure.kind, Kind::SourceUnreachable, "{failure}");
    assert!(!failure.detail.contains("secret"), "{failure}");
}

pub(super) async fn a_private_address_needs_permission(source: &dyn Source) {
    let mut story = Story::serving(source, "/a", "a").await;
    story.rule.allow_private = false;
    assert_eq!(story.failure("/a").await.kind, Kind::AddressRefused);
    assert_eq!(story.requests("/a"), 0);
}
