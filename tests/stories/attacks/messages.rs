//! Messages that mean another URL than they seem to, or one that no request may ask for.

use cloud_mirror_domain::error::Kind;

use super::scene::Scene;
use super::urls::lenient;
use super::{End, PRIVATE, Verdicts};
use End::{DeadLetter, Purged};

#[tokio::test]
async fn a_url_that_is_too_long_to_be_asked_for_is_not_taken_from_a_message_either() {
    let (scene, _public) = Scene::set();
    let mut verdicts = Verdicts::default();
    let url = format!("http://allowed.test:{{port}}/public/{}", "a".repeat(2_000));
    let ended = scene.asked_for(&url, vec![scene.honest()]).await;
    verdicts.note("too long", DeadLetter, ended);
}

#[tokio::test]
async fn plain_http_is_not_spoken_where_no_rule_allows_it() {
    let (scene, _public) = Scene::set();
    let mut verdicts = Verdicts::default();
    for host in ["127.0.0.1", "localhost", "allowed.test"] {
        let url = format!("http://{host}:{{port}}/a");
        let mut rules = lenient(&scene, &url);
        for rule in &mut rules {
            rule.allow_http = false;
            rule.allow_private = true;
        }
        let ended = scene.asked_for(&url, rules).await;
        verdicts.note(&url, End::Settled(Kind::NotPermitted), ended);
    }
}

/// A message's body, `{port}` filled in. Each means a URL of loopback's, under the eyes of a rule
/// that names loopback and of one that does not.
const BODIES: &[(&str, &str, End)] = &[
    (
        "the Node original's",
        r#"{"version":1,"data":{"id":"sample_here","url":"http://127.0.0.1:{port}/a","action":"put"}}"#,
        PRIVATE,
    ),
    (
        "two URLs",
        r#"{"v":1,"id":"sample_here","url":"http://allowed.test:{port}/public/a","url":"http://127.0.0.1:{port}/a","action":"put"}"#,
        PRIVATE,
    ),
    (
        "both formats",
        r#"{"v":1,"version":1,"id":"sample_here","url":"http://127.0.0.1:{port}/a","action":"put","data":{"id":"sample_here","url":"http://allowed.test:{port}/public/a","action":"put"}}"#,
        PRIVATE,
    ),
    (
        "escaped characters",
        r#"{"v":1,"id":"sample_here","url":"http:\/\/\u0031\u0032\u0037.0.0.1:{port}\/a","action":"put"}"#,
        PRIVATE,
    ),
    (
        "several URLs",
        r#"{"v":1,"id":"sample_here","url":["http://127.0.0.1:{port}/a"],"action":"put"}"#,
        DeadLetter,
    ),
    (
        "a URL in parts",
        r#"{"v":1,"id":"sample_here","url":{"href":"http://127.0.0.1:{port}/a"},"action":"put"}"#,
        DeadLetter,
    ),
    (
        "a purge of what is not there",
        r#"{"v":1,"id":"sample_here","url":"http://127.0.0.1:{port}/a","action":"purge"}"#,
        Purged,
    ),
    (
        "another pool",
        r#"{"v":1,"id":"sample_..%2f..","url":"http://127.0.0.1:{port}/a","action":"put"}"#,
        DeadLetter,
    ),
    (
        "a claim that nobody made",
        r#"{"v":1,"id":"sample_here","url":"http://127.0.0.1:{port}/a","action":"put","attempt":"01ARZ3NDEKTSV4RRFFQ69G5FAV","seen":"none","bulk":true}"#,
        PRIVATE,
    ),
    ("no JSON", "http://127.0.0.1:{port}/a", DeadLetter),
];

#[tokio::test]
async fn no_message_leads_past_the_rules() {
    let (scene, _public) = Scene::set();
    let url = scene.at_port("http://127.0.0.1:{port}/a");
    let mut verdicts = Verdicts::default();
    for (attack, body, by_its_own_rule) in BODIES {
        let body = scene.at_port(body);
        let rules = vec![scene.rule("http://127.0.0.1:{port}/")];
        let ended = scene.handed(body.clone(), &url, rules).await;
        verdicts.note(attack, *by_its_own_rule, ended);
        let ended = scene.handed(body, &url, vec![scene.honest()]).await;
        verdicts.note(&format!("{attack}, honest"), DeadLetter, ended);
    }
}
