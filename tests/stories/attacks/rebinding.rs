//! Names that lead somewhere else the second time.
//!
//! The origin ends each connection with its answer, so that every request makes a new one, and the
//! canary listens at the same port of loopback.

use std::net::IpAddr;
use std::time::Duration;

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_testkit::origin::{Object, Origin};

use super::scene::{LOOPBACK, PUBLIC, Scene};
use super::{End, PRIVATE, Verdicts};

const URL: &str = "http://rebind.test:{port}/a";

fn rules(scene: &Scene) -> Vec<SourceRule> {
    vec![scene.rule("http://rebind.test:{port}/")]
}

/// The HEAD asks the public address; the GET's own connection would be made to the second answer.
#[tokio::test]
async fn a_second_answer_that_is_private_is_never_connected_to() {
    let (scene, public) = Scene::set();
    let origin = Origin::listening(public);
    origin.serve("/a", "a");
    let metadata: IpAddr = "169.254.169.254".parse().unwrap();
    let mut verdicts = Verdicts::default();
    for (attack, second) in [
        ("loopback", vec![LOOPBACK]),
        ("metadata", vec![metadata]),
        ("loopback among public ones", vec![PUBLIC, LOOPBACK]),
    ] {
        scene.leads("rebind.test", [vec![PUBLIC], second]);
        let ended = scene.asked_for(URL, rules(&scene)).await;
        verdicts.note(attack, PRIVATE, ended);
    }
    assert_eq!((origin.heads("/a"), origin.gets("/a")), (3, 0));
}

#[tokio::test]
async fn a_redirect_to_the_same_name_is_judged_anew() {
    let (scene, public) = Scene::set();
    let origin = Origin::listening(public);
    origin.serve("/a", Object::redirect_to("/b"));
    scene.leads("rebind.test", [vec![PUBLIC], vec![LOOPBACK]]);
    let mut verdicts = Verdicts::default();
    let ended = scene.asked_for(URL, rules(&scene)).await;
    verdicts.note("the second hop", PRIVATE, ended);
    assert_eq!(origin.heads("/b"), 0);
}

/// A body that breaks off is asked for again, with its own connection.
#[tokio::test]
async fn a_source_that_is_opened_again_is_judged_anew() {
    let (scene, public) = Scene::set();
    let origin = Origin::listening(public);
    let broken = Object::new("a body that breaks off")
        .etag("\"1\"")
        .cut_short_after(4);
    origin.serve("/a", broken);
    scene.leads("rebind.test", [vec![PUBLIC], vec![PUBLIC], vec![LOOPBACK]]);
    let mut verdicts = Verdicts::default();
    let ended = scene.asked_for(URL, rules(&scene)).await;
    verdicts.note("the rest", PRIVATE, ended);
    assert_eq!(origin.gets("/a"), 1);
}

#[tokio::test]
async fn an_honest_name_that_moves_is_followed() {
    let (scene, public) = Scene::set();
    let origin = Origin::listening(public);
    origin.serve("/a", "a");
    scene.leads("rebind.test", [vec![PUBLIC], vec![PUBLIC, PUBLIC]]);
    let mut verdicts = Verdicts::default();
    let ended = scene.asked_for(URL, rules(&scene)).await;
    verdicts.note("the control", End::Copied, ended);
}

#[tokio::test]
async fn a_name_server_that_says_nothing_is_given_up() {
    let (scene, _public) = Scene::connecting_within(Duration::from_millis(100));
    let mut verdicts = Verdicts::default();
    let unreachable = End::Settled(Kind::SourceUnreachable);
    for name in ["silent.test", "nowhere.test"] {
        let url = format!("http://{name}:{{port}}/");
        let ended = scene.asked_for(&url, vec![scene.rule(&url)]).await;
        verdicts.note(name, unreachable, ended);
    }
}
