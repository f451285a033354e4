//! The other ways to write a URL.

use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::SourceUrl;

use super::scene::Scene;
use super::{End, PRIVATE, Verdicts};
use End::{DeadLetter, LeftAlone};

/// An attack, the URL, and what becomes of it where a rule names its host. The honest rule
/// refuses each of them.
const URLS: &[(&str, &str, End)] = &[
    (
        "user info",
        "http://allowed.test@127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "user info like a port",
        "http://allowed.test:80@127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "user info of the allowed host",
        "http://127.0.0.1:{port}@allowed.test:{port}/public/a",
        DeadLetter,
    ),
    (
        "a password without a name",
        "http://:x@allowed.test:{port}/public/a",
        DeadLetter,
    ),
    (
        "two at signs",
        "http://a@allowed.test@127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "an escaped slash before an at sign",
        "http://allowed.test%2F@127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "an escaped hash before an at sign",
        "http://allowed.test%23@127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "a semicolon before an at sign",
        "http://allowed.test;@127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "empty user info",
        "http://@127.0.0.1:{port}/public/a",
        PRIVATE,
    ),
    (
        "empty user info and password",
        "http://:@127.0.0.1:{port}/public/a",
        PRIVATE,
    ),
    (
        "a hash before an at sign",
        "http://127.0.0.1:{port}#@allowed.test/public/a",
        PRIVATE,
    ),
    (
        "a question mark before an at sign",
        "http://127.0.0.1:{port}?@allowed.test/public/a",
        LeftAlone,
    ),
    (
        "a slash before an at sign",
        "http://127.0.0.1:{port}/@allowed.test/public/a",
        PRIVATE,
    ),
    (
        "a backslash before an at sign",
        "http://allowed.test\\@127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "a backslash after the address",
        "http://127.0.0.1:{port}\\@allowed.test/public/a",
        DeadLetter,
    ),
    (
        "backslashes for slashes",
        "http:\\\\127.0.0.1:{port}\\public\\a",
        DeadLetter,
    ),
    (
        "a tab in the host",
        "http://127.0.\t0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "a line break in the scheme",
        "ht\ntp://127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "a line break and a header",
        "http://127.0.0.1:{port}/a HTTP/1.1\r\nHost: allowed.test",
        DeadLetter,
    ),
    (
        "a line break before it",
        "\nhttp://127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "a null byte",
        "http://127.0.0.1:{port}/public/a\0.txt",
        DeadLetter,
    ),
    (
        "a control character of Latin-1",
        "http://127.0.0.1\u{85}:{port}/public/a",
        DeadLetter,
    ),
    (
        "spaces around it",
        " http://127.0.0.1:{port}/public/a ",
        PRIVATE,
    ),
    ("one slash", "http:/127.0.0.1:{port}/public/a", PRIVATE),
    ("no slash", "http:127.0.0.1:{port}/public/a", PRIVATE),
    (
        "three slashes",
        "http:///127.0.0.1:{port}/public/a",
        PRIVATE,
    ),
    (
        "many slashes",
        "http://///127.0.0.1:{port}/public/a",
        PRIVATE,
    ),
    ("no scheme", "//127.0.0.1:{port}/public/a", DeadLetter),
    (
        "neither scheme nor slashes",
        "127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    (
        "a name and neither scheme nor slashes",
        "localhost:{port}/public/a",
        DeadLetter,
    ),
    ("no host", "http://:{port}/public/a", DeadLetter),
    ("nothing but a scheme", "http://", DeadLetter),
    ("nothing", "", DeadLetter),
    (
        "a scheme in mixed case",
        "hTTp://127.0.0.1:{port}/public/a",
        PRIVATE,
    ),
    (
        "https in mixed case",
        "HttpS://127.0.0.1:{port}/public/a",
        PRIVATE,
    ),
    (
        "a port in full-width digits",
        "http://127.0.0.1:８０/public/a",
        DeadLetter,
    ),
    (
        "a port that wraps around",
        "http://127.0.0.1:65616/public/a",
        DeadLetter,
    ),
    (
        "a negative port",
        "http://127.0.0.1:-1/public/a",
        DeadLetter,
    ),
    (
        "two ports",
        "http://127.0.0.1:{port}:80/public/a",
        DeadLetter,
    ),
    ("port zero", "http://127.0.0.1:0/public/a", PRIVATE),
    ("an empty port", "http://127.0.0.1:/public/a", PRIVATE),
    ("a local file", "file:///etc/passwd", DeadLetter),
    ("a local file in capitals", "FILE:///etc/passwd", DeadLetter),
    (
        "a local file without slashes",
        "file:/etc/passwd",
        DeadLetter,
    ),
    (
        "a file of a host",
        "file://127.0.0.1/etc/passwd",
        DeadLetter,
    ),
    ("FTP", "ftp://127.0.0.1:{port}/public/a", DeadLetter),
    (
        "Gopher",
        "gopher://127.0.0.1:{port}/_GET%20/public/a",
        DeadLetter,
    ),
    ("a dictionary", "dict://127.0.0.1:{port}/d:a", DeadLetter),
    ("LDAP", "ldap://127.0.0.1:{port}/a", DeadLetter),
    ("WebSocket", "ws://127.0.0.1:{port}/public/a", DeadLetter),
    ("data", "data:text/plain,a", DeadLetter),
    ("a script", "javascript:alert(1)", DeadLetter),
    ("a blob", "blob:http://127.0.0.1:{port}/a", DeadLetter),
    ("an archive", "jar:http://127.0.0.1:{port}/a!/b", DeadLetter),
    (
        "a URL of a URL",
        "url:http://127.0.0.1:{port}/public/a",
        DeadLetter,
    ),
    ("a socket", "unix:/run/docker.sock:/public/a", DeadLetter),
    (
        "a socket as a host",
        "http+unix://%2Frun%2Fdocker.sock/public/a",
        DeadLetter,
    ),
    ("nothing at all", "about:blank", DeadLetter),
];

/// Rules that are as lenient as one can be misconfigured for a URL: everything on its host,
/// and everything on every host that these attacks pretend to mean.
pub(crate) fn lenient(scene: &Scene, url: &str) -> Vec<SourceRule> {
    let hosts = ["127.0.0.1", "[::1]", "localhost", "allowed.test"];
    let meant = hosts.iter().flat_map(|host| {
        ["http", "https"].map(|scheme| scene.rule(&format!("{scheme}://{host}:{{port}}/")))
    });
    let named = SourceUrl::parse(&scene.at_port(url))
        .map(|url| scene.rule(&format!("{}://{}/", url.scheme(), url.authority())));
    meant.chain(named).collect()
}

#[tokio::test]
async fn no_way_to_write_a_url_leads_past_the_rules() {
    let (scene, _public) = Scene::set();
    let mut verdicts = Verdicts::default();
    for (attack, url, by_its_own_rule) in URLS {
        let ended = scene.asked_for(url, lenient(&scene, url)).await;
        verdicts.note(&format!("{attack} {url}"), *by_its_own_rule, ended);
        let ended = scene.asked_for(url, vec![scene.honest()]).await;
        verdicts.note(&format!("{attack} {url}, honest"), DeadLetter, ended);
    }
}
