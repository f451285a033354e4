//! What an object is told to be, and its bytes.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::ports::{ObjectHeaders, Source};

use super::story::{Story, all_facts, read, with_all_headers};
use crate::origin::Object;

pub(super) async fn head_tells_what_the_source_says(source: &dyn Source) {
    let story = Story::serving(source, "/a", with_all_headers("ten bytes.")).await;
    assert_eq!(story.head("/a").await.unwrap(), all_facts(10));
    assert_eq!((story.origin.heads("/a"), story.origin.gets("/a")), (1, 0));
}

pub(super) async fn open_brings_the_bytes_and_the_same_facts(source: &dyn Source) {
    let story = Story::serving(source, "/a", with_all_headers("ten bytes.")).await;
    let opened = story.open("/a").await.unwrap();
    assert_eq!(opened.facts, all_facts(10));
    assert_eq!(read(opened.body).await.unwrap(), b"ten bytes.");
    assert_eq!((story.origin.heads("/a"), story.origin.gets("/a")), (0, 1));
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    story.origin.serve("/large", large.clone());
    assert!(
        story.bytes("/large").await.unwrap() == large,
        "a large object arrives whole"
    );
}

pub(super) async fn an_empty_object_is_an_object(source: &dyn Source) {
    let story = Story::serving(source, "/empty", "").await;
    assert_eq!(story.head("/empty").await.unwrap().size, Some(0));
    assert_eq!(story.open("/empty").await.unwrap().facts.size, Some(0));
    assert_eq!(story.bytes("/empty").await.unwrap(), b"");
}

pub(super) async fn escapes_in_a_url_are_kept(source: &dyn Source) {
    let names = [
        "/a/b",
        "/a%2Fb",
        "/a%2fb",
        "/a/b/",
        "/a//b",
        "/a%20b",
        "/a+b",
        "/%C3%A9",
        "/%23%3F",
        "/a%25b",
        "/a;b=c,d@e:f",
        "/a|b~c",
        "/a?x=1",
        "/a?x=%2F&y",
        "/a?",
    ];
    let story = Story::of(source).await;
    for name in names {
        story.origin.serve(name, name);
    }
    for name in names {
        assert_eq!(story.bytes(name).await.unwrap(), name.as_bytes(), "{name}");
        assert_eq!(
            story.head(name).await.unwrap().size,
            Some(name.len() as u64),
            "{name}"
        );
    }
}

pub(super) async fn encoded_bytes_arrive_as_they_are(source: &dyn Source) {
    let begin_of_gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 75, 4, 0];
    let object = Object::new(begin_of_gzip.clone()).content_encoding("gzip");
    let story = Story::serving(source, "/a.gz", object).await;
    let opened = story.open("/a.gz").await.unwrap();
    assert_eq!(
        opened.facts.headers.content_encoding.as_deref(),
        Some("gzip")
    );
    assert_eq!(opened.facts.size, Some(13));
    assert_eq!(read(opened.body).await.unwrap(), begin_of_gzip);
}

pub(super) async fn a_missing_content_type_is_no_failure(source: &dyn Source) {
    let story = Story::serving(source, "/a", Object::new("a").without_content_type()).await;
    assert_eq!(
        story.head("/a").await.unwrap().headers,
        ObjectHeaders::default()
    );
    assert_eq!(story.bytes("/a").await.unwrap(), b"a");
}

pub(super) async fn a_source_without_head_is_asked_with_get(source: &dyn Source) {
    let story = Story::serving(source, "/a", with_all_headers("four").head_not_allowed()).await;
    assert_eq!(story.head("/a").await.unwrap(), all_facts(4));
    story
        .origin
        .serve("/a", with_all_headers("four").head_status(501));
    assert_eq!(story.head("/a").await.unwrap(), all_facts(4));
    story.origin.serve("/a", Object::new("").status(405));
    assert_eq!(story.failure("/a").await.kind, Kind::SourceRefused);
}

pub(super) async fn a_length_may_be_unknown(source: &dyn Source) {
    let story = Story::serving(source, "/a", Object::new("ten bytes.").without_length()).await;
    assert_eq!(story.head("/a").await.unwrap().size, None);
    assert_eq!(story.open("/a").await.unwrap().facts.size, None);
    assert_eq!(story.bytes("/a").await.unwrap(), b"ten bytes.");
}
