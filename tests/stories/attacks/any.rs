//! All of it combined at random.

use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_testkit::origin::{Object, Origin};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::End;
use super::hosts::{LOOPBACKS, METADATA, OTHERS};
use super::scene::Scene;
use super::urls::lenient;

const CASES: u32 = 512;

/// A URL of a host that is not public, in one of many thousand ways.
fn urls() -> impl Strategy<Value = String> {
    let scheme = select(&[
        "http://",
        "https://",
        "HTTP://",
        "http:",
        "http:/",
        "http:///",
        "hTtPs:////",
        " http://",
    ]);
    let user = select(&[
        "",
        "",
        "",
        "@",
        ":@",
        "allowed.test@",
        "allowed.test:80@",
        "a%40b@",
        "allowed.test;@",
    ]);
    let host = select([LOOPBACKS, METADATA, OTHERS].concat());
    let port = select(&[
        ":{port}", ":{port}", ":0{port}", ":", "", ":80", ":443", ":0",
    ]);
    let path = select(&[
        "",
        "/",
        "/a",
        "/public/a",
        "/public/../a",
        "/%2e%2e/a",
        "/a?x=1",
        "/#@allowed.test/",
        "//allowed.test/public/a",
        "/;a",
        "/é",
    ]);
    let dot = select(&["", "", "."]);
    (scheme, user, host, dot, port, path).prop_map(|(scheme, user, (_, host), dot, port, path)| {
        format!("{scheme}{user}{host}{dot}{port}{path}")
    })
}

fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    })
}

async fn no_attack_succeeds(
    scene: &Scene,
    url: &str,
    rules: Vec<SourceRule>,
) -> Result<(), TestCaseError> {
    let ended = scene.asked_for(url, rules).await;
    prop_assert_eq!(ended.connections, 0, "{}", url);
    prop_assert_ne!(ended.as_what, End::Copied, "{}", url);
    Ok(())
}

#[test]
fn no_url_of_a_host_that_is_not_public_is_ever_connected_to() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (scene, _public) = runtime.block_on(async { Scene::set() });
    let tried = runner().run(&urls(), |url| {
        runtime.block_on(async {
            no_attack_succeeds(&scene, &url, lenient(&scene, &url)).await?;
            no_attack_succeeds(&scene, &url, vec![scene.honest()]).await
        })
    });
    tried.unwrap();
}

#[test]
fn no_redirect_to_a_host_that_is_not_public_is_ever_followed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (scene, origin) = runtime.block_on(async {
        let (scene, public) = Scene::set();
        (scene, Origin::listening(public))
    });
    let start = "http://allowed.test:{port}/public/start";
    let tried = runner().run(&urls(), |location| {
        let location = scene.at_port(location.trim_start());
        origin.serve("/public/start", Object::redirect_to(&location));
        let mut rule = scene.honest();
        rule.redirect_hosts.extend(
            lenient(&scene, &location)
                .iter()
                .map(|rule| rule.prefix.authority().to_owned()),
        );
        runtime.block_on(no_attack_succeeds(&scene, start, vec![rule]))
    });
    tried.unwrap();
}
