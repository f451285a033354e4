//! What is never connected to.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_testkit::origin::{Object, Origin};

use crate::{bytes, head, rule_for, source};

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_refused() {
    let origin = Origin::start().await;
    origin.serve("/a", "a");
    let url = origin.url("/a").replace("127.0.0.1", "localhost");
    let failure = bytes(&source(), &url, &rule_for(&url)).await.unwrap_err();
    assert_eq!(failure.kind, Kind::AddressRefused, "{failure}");
    assert!(
        failure.detail.contains("localhost has the address"),
        "{failure}"
    );
    assert_eq!(origin.gets("/a"), 0);
}

#[tokio::test]
async fn a_private_name_is_fetched_from_where_its_rule_allows_it() {
    let origin = Origin::start().await;
    origin.serve("/a", "a");
    let url = origin.url("/a").replace("127.0.0.1", "localhost");
    let mut rule = rule_for(&url);
    rule.allow_private = true;
    assert_eq!(bytes(&source(), &url, &rule).await.unwrap(), b"a");
}

#[tokio::test]
async fn a_permission_is_not_inherited_through_an_open_connection() {
    let origin = Origin::start().await;
    origin.serve("/a", Object::new("a").header("connection", "keep-alive"));
    let url = origin.url("/a").replace("127.0.0.1", "localhost");
    let strict = rule_for(&url);
    let mut permissive = strict.clone();
    permissive.allow_private = true;
    let source = source();
    assert!(bytes(&source, &url, &permissive).await.is_ok());
    assert_eq!(
        bytes(&source, &url, &strict).await.unwrap_err().kind,
        Kind::AddressRefused
    );
}

#[tokio::test]
async fn every_spelling_of_a_private_address_is_refused() {
    let source = source();
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.0.1.",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "224.0.0.1",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
    ] {
        let url = format!("http://{host}:9/a");
        let failure = head(&source, &url, &rule_for(&url)).await.unwrap_err();
        assert_eq!(failure.kind, Kind::AddressRefused, "{url}: {failure}");
    }
}

#[tokio::test]
async fn plain_http_needs_permission() {
    let origin = Origin::start().await;
    origin.serve("/a", "a");
    let mut rule = origin.rule();
    rule.allow_http = false;
    let failure = bytes(&source(), &origin.url("/a"), &rule)
        .await
        .unwrap_err();
    assert_eq!(failure.kind, Kind::NotPermitted, "{failure}");
    assert_eq!(origin.gets("/a"), 0);
}

#[tokio::test]
async fn a_redirect_is_followed_to_no_host_but_those_that_the_rule_names() {
    let (origin, cdn) = (Origin::start().await, Origin::start().await);
    cdn.serve("/a", "a");
    origin.serve("/a", Object::redirect_to(cdn.url("/a")));
    let mut rule = origin.rule();
    let refused = bytes(&source(), &origin.url("/a"), &rule)
        .await
        .unwrap_err();
    assert_eq!((refused.kind, cdn.gets("/a")), (Kind::RedirectRefused, 0));
    rule.redirect_hosts = vec![cdn.authority()];
    assert_eq!(
        bytes(&source(), &origin.url("/a"), &rule).await.unwrap(),
        b"a"
    );
}

/// The environment is the process's, so another process is needed: this very binary, made to run
/// one test that could not pass through the proxy that the environment names.
#[test]
fn a_proxy_in_the_environment_is_not_used() {
    let nobody = "http://127.0.0.1:1";
    let this_binary = std::env::current_exe().unwrap();
    let run = std::process::Command::new(this_binary)
        .args(["--exact", "asking::the_bytes_are_asked_for_as_they_are"])
        .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, nobody)))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("REQUEST_METHOD")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}
