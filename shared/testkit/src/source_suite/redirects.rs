//! Where a source may lead us.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::ports::Source;

use super::story::Story;
use crate::origin::{Object, Origin};

pub(super) async fn a_redirect_within_the_rule_is_followed(source: &dyn Source) {
    let elsewhere = Origin::start().await;
    let mut story = Story::serving(source, "/b/c", "moved").await;
    story.rule.redirect_hosts = vec![elsewhere.authority()];
    elsewhere.serve(
        "/back?Signature=secret",
        Object::redirect_to(story.origin.url("/b/c")),
    );
    for status in [301, 302, 303, 307, 308] {
        story
            .origin
            .serve("/relative", Object::redirect_to("b/c").status(status));
        let away = Object::redirect_to(elsewhere.url("/back?Signature=secret"));
        story.origin.serve("/away", away.status(status));
        assert_eq!(
            story.bytes("/relative").await.unwrap(),
            b"moved",
            "{status}"
        );
        assert_eq!(story.bytes("/away").await.unwrap(), b"moved", "{status}");
        assert_eq!(
            story.head("/relative").await.unwrap().via_hosts,
            ["127.0.0.1"]
        );
        let facts = story.head("/away").await.unwrap();
        assert_eq!((facts.size, facts.via_hosts.len()), (Some(5), 2));
    }
}

pub(super) async fn a_redirect_to_a_forbidden_place_is_refused(source: &dyn Source) {
    let forbidden = Origin::start().await;
    let mut story = Story::serving(source, "/private/a", "private").await;
    story.rule.prefix = story.origin.source_url("/public/");
    for place in [
        forbidden.url("/a?Signature=secret"),
        story.origin.url("/private/a?Signature=secret"),
        "../private/a?Signature=secret".to_owned(),
        "ftp://127.0.0.1/a?Signature=secret".to_owned(),
        "//user:secret@127.0.0.1/public/a".to_owned(),
        "%2e%2e%2fprivate/a?Signature=secret".to_owned(),
    ] {
        story.origin.serve("/public/a", Object::redirect_to(&place));
        let failure = story.failure("/public/a").await;
        assert_eq!(failure.kind, Kind::RedirectRefused, "{place}");
        assert!(!failure.detail.contains("secret"), "{failure}");
    }
    assert_eq!(
        forbidden.gets("/a?Signature=secret") + story.requests("/private/a"),
        0
    );
}

pub(super) async fn a_redirect_without_end_is_given_up(source: &dyn Source) {
    let story = Story::serving(source, "/a", Object::redirect_loop()).await;
    assert_eq!(story.open_failure("/a").await.kind, Kind::TooManyRedirects);
    assert_eq!(story.origin.gets("/a"), 11, "ten redirects are followed");
    assert_eq!(story.failure("/a").await.kind, Kind::TooManyRedirects);
}

pub(super) async fn a_redirect_to_nowhere_is_a_failure(source: &dyn Source) {
    let story = Story::serving(source, "/a", Object::new("").status(302)).await;
    assert_eq!(story.failure("/a").await.kind, Kind::SourceFailed);
}
