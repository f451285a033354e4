//! Where an allowed source may send us.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_testkit::origin::{Object, Origin};

use super::hosts::{LOOPBACKS, METADATA, OTHERS};
use super::scene::Scene;
use super::{End, PRIVATE, Verdicts};

pub(crate) const START: &str = "http://allowed.test:{port}/public/start";
pub(crate) const REFUSED: End = End::Settled(Kind::RedirectRefused);

/// An attack, the `Location`, and what becomes of it where the rule's `redirect_hosts` name the very
/// host that it leads to. The honest rule refuses each of them.
const LOCATIONS: &[(&str, &str, End)] = &[
    ("a local file", "file:///etc/passwd", REFUSED),
    ("a local file in capitals", "FILE:///etc/passwd", REFUSED),
    (
        "a file of the allowed host",
        "file://allowed.test/etc/passwd",
        REFUSED,
    ),
    ("FTP", "ftp://127.0.0.1:{port}/a", REFUSED),
    ("Gopher", "gopher://127.0.0.1:{port}/_a", REFUSED),
    ("WebSocket", "ws://127.0.0.1:{port}/a", REFUSED),
    ("data", "data:text/plain,a", REFUSED),
    ("a script", "javascript:alert(1)", REFUSED),
    ("without a scheme", "//127.0.0.1:{port}/a", PRIVATE),
    (
        "without a scheme, three slashes",
        "///127.0.0.1:{port}/a",
        REFUSED,
    ),
    (
        "backslashes for slashes",
        "\\\\127.0.0.1:{port}\\a",
        PRIVATE,
    ),
    ("one backslash", "/\\127.0.0.1:{port}/a", PRIVATE),
    (
        "backslashes after the scheme",
        "http:\\\\127.0.0.1:{port}\\a",
        PRIVATE,
    ),
    (
        "a tab in the scheme",
        "ht\ttp://127.0.0.1:{port}/a",
        PRIVATE,
    ),
    ("a tab between slashes", "/\t/127.0.0.1:{port}/a", PRIVATE),
    ("spaces around it", "  http://127.0.0.1:{port}/a  ", PRIVATE),
    (
        "a scheme in mixed case",
        "hTTp://127.0.0.1:{port}/a",
        PRIVATE,
    ),
    ("https", "https://127.0.0.1:{port}/a", PRIVATE),
    ("user info", "http://user:pw@cdn.test:{port}/a", REFUSED),
    (
        "the allowed host as user info",
        "http://allowed.test:{port}@127.0.0.1:{port}/public/a",
        REFUSED,
    ),
    (
        "user info before the allowed host",
        "http://127.0.0.1@allowed.test:{port}/public/a",
        REFUSED,
    ),
    (
        "a backslash before an at sign",
        "http://127.0.0.1:{port}\\@allowed.test:{port}/public/a",
        PRIVATE,
    ),
    (
        "a hash before an at sign",
        "http://127.0.0.1:{port}#@allowed.test:{port}/public/a",
        PRIVATE,
    ),
    (
        "a question mark before an at sign",
        "http://127.0.0.1:{port}?@allowed.test/public/a",
        PRIVATE,
    ),
    (
        "a name that leads to loopback",
        "http://inside.test:{port}/a",
        PRIVATE,
    ),
    ("a zone", "http://[::1%25lo]:{port}/a", REFUSED),
    ("no host", "http://:{port}/a", REFUSED),
    ("dots that decode", "/public/%252e%252e/private/a", REFUSED),
    ("a slash that decodes", "/public/..%2fprivate/a", REFUSED),
    ("a backslash that decodes", "/public/a%5cb", REFUSED),
    ("a backslash that decodes twice", "/public/a%255cb", REFUSED),
    ("parameters of two dots", "/public/..;/private/a", REFUSED),
    (
        "dots that decode, at the CDN",
        "http://cdn.test:{port}/%252e%252e/a",
        REFUSED,
    ),
    (
        "a slash that decodes, at the CDN",
        "http://cdn.test:{port}/..%2fa",
        REFUSED,
    ),
    (
        "a backslash that decodes, at the CDN",
        "http://cdn.test:{port}/a%5cb",
        REFUSED,
    ),
    ("a backslash in a query", "/public/a?b\\c", REFUSED),
];

/// Where the honest rule does not let us follow, although nothing there is dangerous by itself.
const ELSEWHERE: &[(&str, &str)] = &[
    ("out of the prefix", "/private/a"),
    ("out of the prefix by dots", "../private/a"),
    (
        "out of the prefix by escaped dots",
        "/public/%2e%2e/private/a",
    ),
    ("out of the prefix by backslashes", "/public\\..\\private/a"),
    ("a prefix that continues", "/publicity/a"),
    ("another host", "http://evil.test:{port}/public/a"),
    ("a look-alike", "http://аllowed.test:{port}/public/a"),
    (
        "a look-alike of the CDN",
        "http://cdn.test.evil.test:{port}/a",
    ),
    ("a trailing dot", "http://allowed.test.:{port}/public/a"),
    ("another port", "http://allowed.test:1/public/a"),
    ("another port of the CDN", "http://cdn.test:1/a"),
    ("no port", "http://cdn.test/a"),
    ("another scheme", "https://allowed.test:{port}/public/a"),
];

pub(crate) async fn scene() -> (Scene, Origin) {
    let (scene, public) = Scene::set();
    let origin = Origin::listening(public);
    origin.serve("/public/a", "a");
    origin.serve("/private/a", "a");
    origin.serve("/a", "a");
    let metadata = vec!["169.254.169.254".parse().unwrap()];
    scene.leads("metadata.google.internal", [metadata]);
    (scene, origin)
}

/// A rule whose `redirect_hosts` name whatever host this leads to.
pub(crate) fn lenient(scene: &Scene, location: &str) -> SourceRule {
    let start = SourceUrl::parse(&scene.at_port(START)).unwrap();
    let mut rule = scene.honest();
    if let Ok(next) = start.join(location) {
        rule.redirect_hosts.push(next.authority().to_owned());
    }
    rule
}

pub(crate) async fn redirected(
    scene: &Scene,
    origin: &Origin,
    location: &str,
    rule: SourceRule,
) -> super::Ended {
    origin.serve("/public/start", Object::redirect_to(location));
    scene.asked_for(START, vec![rule]).await
}

#[tokio::test]
async fn no_redirect_leads_past_the_rule() {
    let (scene, origin) = scene().await;
    let mut verdicts = Verdicts::default();
    for (attack, location, named) in LOCATIONS {
        let location = scene.at_port(location);
        let ended = redirected(&scene, &origin, &location, scene.honest()).await;
        verdicts.note(&format!("{attack} {location}, honest"), REFUSED, ended);
        let rule = lenient(&scene, &location);
        let ended = redirected(&scene, &origin, &location, rule).await;
        verdicts.note(&format!("{attack} {location}"), *named, ended);
    }
    assert_eq!(origin.heads("/private/a"), 0);
}

#[tokio::test]
async fn no_redirect_leads_to_a_host_that_is_not_public_however_it_is_spelled() {
    let (scene, origin) = scene().await;
    let mut verdicts = Verdicts::default();
    for (attack, host) in [LOOPBACKS, METADATA, OTHERS].concat() {
        let location = scene.at_port(&format!("http://{host}:{{port}}/a"));
        let ended = redirected(&scene, &origin, &location, scene.honest()).await;
        verdicts.note(&format!("{attack} {location}, honest"), REFUSED, ended);
        let rule = lenient(&scene, &location);
        let ended = redirected(&scene, &origin, &location, rule).await;
        verdicts.note(&format!("{attack} {location}"), PRIVATE, ended);
    }
}

#[tokio::test]
async fn a_redirect_to_where_the_rule_does_not_allow_is_refused() {
    let (scene, origin) = scene().await;
    let mut verdicts = Verdicts::default();
    for (attack, location) in ELSEWHERE {
        let location = scene.at_port(location);
        let ended = redirected(&scene, &origin, &location, scene.honest()).await;
        verdicts.note(&format!("{attack} {location}"), REFUSED, ended);
    }
    assert_eq!(origin.heads("/private/a"), 0);
}

/// Else refusing everything would pass.
#[tokio::test]
async fn a_redirect_to_where_the_rule_allows_is_followed() {
    let (scene, origin) = scene().await;
    let mut verdicts = Verdicts::default();
    for location in [
        "/public/a",
        "a",
        "?x=1#y",
        "//allowed.test:{port}/public/a",
        "//@allowed.test:{port}/public/a",
        "http://CDN.test:{port}/a",
    ] {
        let location = scene.at_port(location);
        origin.serve("/public/start?x=1", "a");
        let ended = redirected(&scene, &origin, &location, scene.honest()).await;
        verdicts.note(&location, End::Copied, ended);
    }
}
