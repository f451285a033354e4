//! How a source is asked, and what becomes of its silence.

use std::time::Duration;

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_testkit::origin::{Object, Origin};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::{bytes, head, impatient, rule_for, source};

#[tokio::test]
async fn the_bytes_are_asked_for_as_they_are() {
    let origin = Origin::start().await;
    origin.serve("/a", "a");
    assert_eq!(
        bytes(&source(), &origin.url("/a"), &origin.rule())
            .await
            .unwrap(),
        b"a"
    );
    let asked = origin.last_headers("/a");
    assert_eq!(asked["accept-encoding"], "identity");
    let agent = asked["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("cloud-mirror/"), "{agent}");
}

#[tokio::test]
async fn nothing_of_one_step_is_told_to_the_next() {
    let origin = Origin::start().await;
    let away = Object::redirect_to("/b").header("set-cookie", "session=secret");
    origin.serve("/a", away);
    origin.serve("/b", "b");
    bytes(&source(), &origin.url("/a?key=secret"), &origin.rule())
        .await
        .unwrap();
    let asked = origin.last_headers("/b");
    for name in ["cookie", "referer", "authorization"] {
        assert!(!asked.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn a_header_that_is_no_text_is_left_out() {
    let origin = Origin::start().await;
    let object = Object::new("a").header("content-disposition", b"attachment; filename=\xE9");
    origin.serve("/a", object.etag("\"1\""));
    let facts = head(&source(), &origin.url("/a"), &origin.rule())
        .await
        .unwrap();
    assert_eq!(facts.headers.content_disposition, None);
    assert_eq!(facts.etag.as_deref(), Some("\"1\""));
}

#[tokio::test]
async fn a_source_that_never_answers_is_stalled() {
    let origin = Origin::start().await;
    origin.serve("/a", Object::new("a").held());
    let failure = bytes(&impatient(), &origin.url("/a?key=secret"), &origin.rule()).await;
    assert_kind(Kind::SourceStalled, &failure.unwrap_err());
    assert_eq!(origin.gets("/a"), 1);
}

#[tokio::test]
async fn a_source_that_stops_in_the_middle_is_stalled() {
    let origin = Origin::start().await;
    origin.serve("/a", Object::new("a").slow(Duration::from_secs(3_600)));
    let failure = bytes(&impatient(), &origin.url("/a?key=secret"), &origin.rule()).await;
    let failure = failure.unwrap_err();
    assert_kind(Kind::SourceStalled, &failure);
    assert!(
        failure
            .detail
            .contains("stopped sending after 0 of 1 bytes"),
        "{failure}"
    );
}

#[tokio::test]
async fn a_source_that_stalls_after_some_bytes_says_how_many() {
    let origin = Origin::start().await;
    origin.serve("/a", Object::new("ten bytes.").stalled_after(4));
    let failure = bytes(&impatient(), &origin.url("/a"), &origin.rule()).await;
    let failure = failure.unwrap_err();
    assert_kind(Kind::SourceStalled, &failure);
    assert!(failure.detail.contains("after 4 of 10 bytes"), "{failure}");
}

#[tokio::test]
async fn a_body_that_comes_late_but_comes_is_taken() {
    let origin = Origin::start().await;
    origin.serve("/a", Object::new("a").slow(Duration::from_millis(20)));
    assert_eq!(
        bytes(&source(), &origin.url("/a"), &origin.rule())
            .await
            .unwrap(),
        b"a"
    );
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_unreachable_over_https() {
    let origin = Origin::start().await;
    let url = origin.url("/a?key=secret").replace("http:", "https:");
    let mut rule = rule_for(&url);
    rule.allow_private = true;
    assert_unreachable(&bytes(&source(), &url, &rule).await.unwrap_err());
}

#[tokio::test]
async fn a_server_that_speaks_no_http_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/a?key=secret", listener.local_addr().unwrap());
    let chatter = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection
            .write_all(b"220 mail.example.com ESMTP\r\n")
            .await
            .unwrap();
    });
    let mut rule = rule_for(&url);
    rule.allow_private = true;
    assert_unreachable(&bytes(&source(), &url, &rule).await.unwrap_err());
    chatter.await.unwrap();
}

#[tokio::test]
async fn a_held_source_answers_once_it_is_released() {
    let origin = Origin::start().await;
    origin.serve("/a", Object::new("a").held());
    let (url, rule) = (origin.url("/a"), origin.rule());
    let fetch = tokio::spawn(async move { bytes(&source(), &url, &rule).await });
    origin.until_gets("/a", 1).await;
    assert!(!fetch.is_finished());
    origin.release("/a");
    assert_eq!(fetch.await.unwrap().unwrap(), b"a");
}

#[track_caller]
fn assert_unreachable(failure: &Failure) {
    assert_kind(Kind::SourceUnreachable, failure);
}

#[track_caller]
fn assert_kind(kind: Kind, failure: &Failure) {
    assert_eq!(failure.kind, kind, "{failure}");
    assert!(!failure.detail.contains("secret"), "{failure}");
}
