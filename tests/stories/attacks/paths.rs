//! Ways out of a rule's prefix, and hosts that look like its own.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_testkit::origin::Origin;

use super::scene::Scene;
use super::{End, Verdicts};

/// The honest rule allows `/public/` of `http://allowed.test:{port}`. None of these is in it.
const ESCAPES: &[(&str, &str)] = &[
    ("two dots", "/public/../private/a"),
    ("two dots further down", "/public/b/../../private/a"),
    ("one dot and two", "/public/./../private/a"),
    ("two dots at the end", "/public/.."),
    ("escaped dots", "/public/%2e%2e/private/a"),
    ("one escaped dot", "/public/.%2E/private/a"),
    ("dots escaped twice", "/public/%252e%252e/private/a"),
    (
        "dots escaped three times",
        "/public/%25252e%25252e/private/a",
    ),
    (
        "dots escaped seven times",
        "/public/%25252525252e./private/a",
    ),
    ("one dot escaped twice", "/public/%252e/a"),
    ("an escaped slash", "/public/..%2fprivate/a"),
    ("escaped dots and slash", "/public/%2e%2e%2Fprivate/a"),
    ("a slash escaped twice", "/public/..%252fprivate/a"),
    ("everything in one segment", "/public%2f..%2fprivate/a"),
    (
        "an escaped digit of an escape",
        "/public/%25%32%65%25%32%65/private/a",
    ),
    ("backslashes", "/public/..\\private\\a"),
    ("an escaped backslash", "/public/..%5cprivate/a"),
    ("escaped backslashes", "/public/%5c..%5cprivate/a"),
    ("a backslash escaped twice", "/public/%255c..%255cprivate/a"),
    ("parameters of two dots", "/public/..;/private/a"),
    ("named parameters of two dots", "/public/..;a=b/private/a"),
    ("parameters of escaped dots", "/public/%2e%2e;/private/a"),
    ("escaped parameters", "/public/..%3b/private/a"),
    ("parameters of one dot", "/public/.;/..;/private/a"),
    ("parameters of two dots at the end", "/public/..;"),
    ("a tab between the dots", "/public/.\t./private/a"),
    ("a prefix that continues", "/publicity/a"),
    ("a prefix that continues after a dot", "/public.bak/a"),
    ("a prefix with parameters", "/public;a/a"),
    ("a prefix with an escaped slash", "/public%2Fa"),
    ("a prefix with a null byte", "/public%00/a"),
    ("the prefix without its slash", "/public"),
    ("the prefix in capitals", "/PUBLIC/a"),
    ("the prefix with an escape", "/%70ublic/a"),
    ("the prefix after two slashes", "//public/a"),
    ("the prefix after another host", "//evil.test/public/a"),
    ("the prefix as a query", "/private/a?/public/a"),
    ("the prefix as a fragment", "/private/a#/public/a"),
];

/// No host of a rule for `allowed.test`, however much it looks like it.
const LOOK_ALIKES: &[(&str, &str)] = &[
    ("Cyrillic a", "http://аllowed.test:{port}"),
    ("Cyrillic o", "http://allоwed.test:{port}"),
    ("Greek omicron", "http://allοwed.test:{port}"),
    ("an accent", "http://allowéd.test:{port}"),
    ("a dot below", "http://allowe\u{323}d.test:{port}"),
    ("one for l", "http://a11owed.test:{port}"),
    ("a dotless i for l", "http://aılowed.test:{port}"),
    ("a Cyrillic palochka for l", "http://aӏӏowed.test:{port}"),
    ("as punycode", "http://xn--llowed-2nf.test:{port}"),
    ("a trailing dot", "http://allowed.test.:{port}"),
    ("a host before it", "http://www.allowed.test:{port}"),
    (
        "a host that continues",
        "http://allowed.test.evil.test:{port}",
    ),
    (
        "a host that continues without a dot",
        "http://allowed.testing:{port}",
    ),
    (
        "a host that begins earlier",
        "http://notallowed.test:{port}",
    ),
    ("a dash for the dot", "http://allowed-test:{port}"),
    ("a middle dot for the dot", "http://allowed·test:{port}"),
    ("no dot", "http://allowedtest:{port}"),
    ("a zero-width joiner", "http://allowed\u{200d}.test:{port}"),
    ("another scheme", "https://allowed.test:{port}"),
    ("another port", "http://allowed.test:1"),
    ("port zero", "http://allowed.test:0"),
    ("no port", "http://allowed.test"),
    ("the other scheme's port", "http://allowed.test:443"),
    (
        "a port of ours with a digit more",
        "http://allowed.test:{port}0",
    ),
    (
        "the host as user info",
        "http://allowed.test:{port}@evil.test",
    ),
    ("the host as a path", "http://evil.test/allowed.test:{port}"),
    (
        "the host as a fragment",
        "http://evil.test#allowed.test:{port}",
    ),
];

/// The very same object, written in another way.
const SAME: &[(&str, &str)] = &[
    ("as it stands", "http://allowed.test:{port}/public/a"),
    ("in capitals", "HTTP://ALLOWED.TEST:{port}/public/a"),
    (
        "a full-width letter",
        "http://ａllowed.test:{port}/public/a",
    ),
    (
        "an ideographic full stop",
        "http://allowed。test:{port}/public/a",
    ),
    ("an escaped letter", "http://%61llowed.test:{port}/public/a"),
    ("an escaped dot", "http://allowed%2Etest:{port}/public/a"),
    ("a soft hyphen", "http://allow\u{ad}ed.test:{port}/public/a"),
    ("a long s", "http://allowed.te\u{17f}t:{port}/public/a"),
    ("empty user info", "http://@allowed.test:{port}/public/a"),
    (
        "a port with a zero before it",
        "http://allowed.test:0{port}/public/a",
    ),
    ("one slash", "http:/allowed.test:{port}/public/a"),
    (
        "a dot segment that leads nowhere",
        "http://allowed.test:{port}/public/./a",
    ),
    (
        "dot segments that lead back",
        "http://allowed.test:{port}/private/../public/a",
    ),
    (
        "a fragment",
        "http://allowed.test:{port}/public/a#@127.0.0.1:{port}/",
    ),
];

/// What looks like a way out to nobody but servers that are broken themselves: it is asked for
/// exactly as it is written.
const AS_WRITTEN: &[(&str, &str)] = &[
    ("overlong dots", "/public/%c0%ae%c0%ae/private/a"),
    ("overlong slashes", "/public/..%c0%afprivate/a"),
    (
        "dots as no URL escapes them",
        "/public/%u002e%u002e/private/a",
    ),
    ("full-width dots", "/public/%EF%BC%8E%EF%BC%8E/private/a"),
    ("three dots", "/public/.../private/a"),
    ("two dots in a name", "/public/..private/a"),
    ("two slashes", "/public//private/a"),
    ("escaped line breaks", "/public/a%0d%0aHost:%20127.0.0.1"),
];

fn url(path: &str) -> String {
    format!("http://allowed.test:{{port}}{path}")
}

#[tokio::test]
async fn no_path_leads_out_of_a_rules_prefix() {
    let (scene, public) = Scene::set();
    let _origin = Origin::listening(public);
    let mut verdicts = Verdicts::default();
    for (attack, path) in ESCAPES {
        let ended = scene.asked_for(&url(path), vec![scene.honest()]).await;
        verdicts.note(&format!("{attack} {path}"), End::DeadLetter, ended);
    }
}

#[tokio::test]
async fn a_path_that_is_asked_for_is_asked_for_exactly_as_it_is_written() {
    let (scene, public) = Scene::set();
    let origin = Origin::listening(public);
    let mut verdicts = Verdicts::default();
    for (attack, path) in AS_WRITTEN {
        let ended = scene.asked_for(&url(path), vec![scene.honest()]).await;
        let missing = End::Settled(Kind::SourceNotFound);
        verdicts.note(&format!("{attack} {path}"), missing, ended);
        assert_eq!(origin.heads(path), 1, "{attack} {path}");
    }
}

#[tokio::test]
async fn a_host_that_only_looks_like_the_allowed_one_is_not_allowed() {
    let (scene, public) = Scene::set();
    let origin = Origin::listening(public);
    origin.serve("/public/a", "a");
    let mut verdicts = Verdicts::default();
    for (attack, host) in LOOK_ALIKES {
        let url = format!("{host}/public/a");
        let ended = scene.asked_for(&url, vec![scene.honest()]).await;
        verdicts.note(&format!("{attack} {url}"), End::DeadLetter, ended);
    }
    assert_eq!(
        (origin.heads("/public/a"), origin.gets("/public/a")),
        (0, 0)
    );
}

#[tokio::test]
async fn another_spelling_of_an_allowed_url_is_the_same_object() {
    let (scene, public) = Scene::set();
    let origin = Origin::listening(public);
    origin.serve("/public/a", "a");
    let canonical = scene.at_port(SAME[0].1);
    let mut verdicts = Verdicts::default();
    for (spelling, url) in SAME {
        let url = scene.at_port(url);
        let body = serde_json::json!({"v": 1, "id": "sample_here", "url": url, "action": "put"});
        let rules = vec![scene.honest()];
        let ended = scene.handed(body.to_string(), &canonical, rules).await;
        verdicts.note(&format!("{spelling} {url}"), End::Copied, ended);
    }
    assert_eq!(origin.gets("/public/a"), SAME.len());
}

/// Nobody knows the name, so that a match is seen without a connection to a well-known port.
#[tokio::test]
async fn a_schemes_own_port_may_be_spelled_out() {
    let (scene, _public) = Scene::set();
    let mut verdicts = Verdicts::default();
    let unknown = End::Settled(Kind::SourceUnreachable);
    for scheme in ["http", "https"] {
        let port = if scheme == "http" { 80 } else { 443 };
        let plain = format!("{scheme}://nowhere.test/");
        let spelled = format!("{scheme}://nowhere.test:{port}/");
        for (prefix, url) in [(&plain, &spelled), (&spelled, &plain)] {
            let rules = vec![scene.rule(prefix)];
            let ended = scene.asked_for(&format!("{url}a"), rules).await;
            verdicts.note(&format!("{prefix} {url}"), unknown, ended);
        }
    }
}
