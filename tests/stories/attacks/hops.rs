//! Redirects at other moments, with other statuses, and after others.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_testkit::origin::{Object, Origin};
use tokio::net::TcpListener;

use super::redirects::{REFUSED, START, lenient, redirected, scene};
use super::scene::{PUBLIC, Scene};
use super::{End, PRIVATE, Verdicts};

#[tokio::test]
async fn every_status_that_redirects_is_judged_and_no_other_is_followed() {
    let (scene, origin) = scene().await;
    let mut verdicts = Verdicts::default();
    let location = scene.at_port("http://127.0.0.1:{port}/a");
    for (status, end) in [
        (301, PRIVATE),
        (302, PRIVATE),
        (303, PRIVATE),
        (307, PRIVATE),
        (308, PRIVATE),
        (201, End::Settled(Kind::SourceFailed)),
        (300, End::Settled(Kind::SourceFailed)),
        (304, End::Settled(Kind::SourceFailed)),
        (305, End::Settled(Kind::SourceFailed)),
        (306, End::Settled(Kind::SourceFailed)),
        (401, End::Settled(Kind::SourceRefused)),
        (407, End::Settled(Kind::SourceRefused)),
    ] {
        origin.serve(
            "/public/start",
            Object::redirect_to(&location).status(status),
        );
        let rule = lenient(&scene, &location);
        let ended = scene.asked_for(START, vec![rule]).await;
        verdicts.note(&status.to_string(), end, ended);
    }
}

#[tokio::test]
async fn a_redirect_after_honest_ones_is_judged_as_the_first_is() {
    let (scene, origin) = scene().await;
    let mut verdicts = Verdicts::default();
    for hops in 1..10 {
        origin.serve(
            &format!("/public/{hops}"),
            Object::redirect_to((hops + 1).to_string()),
        );
    }
    for (last, location, end) in [
        (3, "http://127.0.0.1:{port}/a", REFUSED),
        (9, "file:///etc/passwd", REFUSED),
        (5, "http://cdn.test:{port}/a", End::Copied),
        (5, "/public/1", End::Settled(Kind::TooManyRedirects)),
        (5, "/public/5", End::Settled(Kind::TooManyRedirects)),
    ] {
        let path = format!("/public/{last}");
        origin.serve(&path, Object::redirect_to(scene.at_port(location)));
        let ended = redirected(&scene, &origin, "1", scene.honest()).await;
        verdicts.note(&format!("{last} {location}"), end, ended);
        origin.serve(&path, Object::redirect_to((last + 1).to_string()));
    }
}

/// A HEAD may be answered honestly and the GET not.
#[tokio::test]
async fn a_redirect_that_only_the_get_meets_is_judged_too() {
    let (scene, origin) = scene().await;
    let mut verdicts = Verdicts::default();
    for (location, end) in [
        ("http://127.0.0.1:{port}/a", REFUSED),
        ("file:///etc/passwd", REFUSED),
    ] {
        let location = scene.at_port(location);
        let start = Object::redirect_to(&location).head_status(200);
        origin.serve("/public/start", start);
        let ended = scene.asked_for(START, vec![scene.honest()]).await;
        verdicts.note(&location, end, ended);
    }
}

/// Every spelling of a bucket is one place for a rule, but not every port of its host is.
#[tokio::test]
async fn another_port_of_a_buckets_host_is_another_source() {
    let (scene, public) = Scene::set();
    let origin = Origin::listening(public);
    let elsewhere = Origin::listening(TcpListener::bind((PUBLIC, 0)).await.unwrap());
    elsewhere.serve("/public/a", "a");
    scene.leads("acme.s3.us-west-2.amazonaws.com", [vec![PUBLIC]]);
    let prefix = "http://acme.s3.us-west-2.amazonaws.com:{port}/public/";
    let location = elsewhere.url("/public/a");
    let location = location.replace("127.0.0.2", "acme.s3.us-west-2.amazonaws.com");
    origin.serve("/public/start", Object::redirect_to(&location));
    let mut verdicts = Verdicts::default();
    let url = format!("{prefix}start");
    let ended = scene.asked_for(&url, vec![scene.rule(prefix)]).await;
    verdicts.note("redirected there", REFUSED, ended);
    assert_eq!(elsewhere.heads("/public/a"), 0, "asked by a redirect");
}

/// The judgement alone: these tests have no certificate that the source would believe.
#[test]
fn a_redirect_from_https_to_http_is_refused_unless_the_rule_allows_http() {
    let url = |text| SourceUrl::parse(text).unwrap();
    let mut rule = SourceRule::new(url("https://allowed.test/public/"));
    rule.redirect_hosts = vec!["allowed.test".into(), "cdn.test".into()];
    for location in [
        "http://allowed.test/public/a",
        "http://cdn.test/a",
        "HTTP://cdn.test/a",
    ] {
        let next = rule.prefix.join(location).unwrap();
        assert!(!rule.allows_redirect_to(&next), "{location}");
    }
    assert!(rule.allows_redirect_to(&url("https://cdn.test/a")));
}
