//! Prefetching: everything on the list is there in the end, once, however often it was interrupted.

mod scene;

use std::collections::HashSet;
use std::process::Output;

use cloud_mirror_testkit::origin::Object;
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use scene::{PATIENCE, Scene, ended};

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_prefetch_goes_on_and_nothing_is_copied_twice_or_lost() {
    interrupted_twice(1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute: scripts/reliability runs it"]
async fn ten_thousand_are_prefetched_over_two_interruptions_none_twice_and_none_lost() {
    interrupted_twice(10_000).await;
}

async fn interrupted_twice(count: usize) {
    let scene = Scene::with_objects(count).await;
    // However late this test looks, there is something left to interrupt.
    let last = format!("/{}", count - 1);
    scene.origin.serve(&last, Object::new("the last").held());
    let (list, journaled) = ("urls.txt", ["--journal", "prefetch.journal"]);
    let asked_to_stop = scene.spawn(list, &journaled);
    scene.until_noted(count / 4).await;
    signal("-INT", &asked_to_stop).await;
    let ended = ended(asked_to_stop).await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(
        text(&ended.stderr).contains("goes on where this ended"),
        "{ended:?}"
    );

    let mut killed = scene.spawn(list, &journaled);
    scene.until_noted(count * 3 / 4).await;
    killed.kill().await.unwrap();
    scene.origin.release(&last);
    let noted = scene.noted();
    assert!(
        (count / 4..count).contains(&noted),
        "{noted} before the end"
    );

    let told = scene.prefetch(list, &journaled).await;
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let summary = summary(&told);
    assert_eq!(summary["wanted"], count);
    assert!(
        summary["done_before"].as_u64() >= Some(count as u64 * 3 / 4 - 1),
        "{summary}"
    );
    scene.every_object_was_fetched_once();
    assert_eq!(scene.noted(), count, "each is noted once");

    let again = scene.prefetch(list, &[]).await;
    assert_eq!(self::summary(&again)["hits"], count, "all are present");
    scene.every_object_was_fetched_once();
}

#[tokio::test]
async fn what_fails_is_told_with_its_kind_and_holds_up_nothing_else() {
    let scene = Scene::with_objects(3).await;
    let signed = scene.origin.url("/0?X-Amz-Signature=5ec3e7");
    let list = format!(
        "{}\nftp://nowhere/\n{}\nhttps://not.allowed.example/a\n{}\n{signed}\n",
        scene.urls().join("\n"),
        scene.origin.url("/missing"),
        scene.origin.url("/1?x=1"),
    );
    std::fs::write(scene.path("list"), list).unwrap();
    let told = scene.prefetch("list", &[]).await;
    assert_eq!(told.status.code(), Some(1), "{told:?}");
    let said = lines(&told);
    assert_eq!(said[0]["place"], "list:4");
    let kinds: HashSet<_> = said
        .iter()
        .filter_map(|line| line["error"].as_str())
        .collect();
    let expected = [
        "malformed-line",
        "source-not-found",
        "source-not-allowed",
        "query",
        "signed",
    ];
    assert_eq!(kinds, expected.into());
    let summary = summary(&told);
    assert_eq!(
        (&summary["copied"], &summary["failed"]),
        (&3.into(), &4.into()),
        "{summary}"
    );
    assert_eq!(summary["copied_bytes"], "object 0".len() * 3);
    assert!(
        !text(&told.stdout).contains("5ec3e7"),
        "a signature is a secret"
    );
}

#[tokio::test]
async fn every_pool_of_the_service_is_filled_and_people_are_told_in_words() {
    let scene = Scene::with_objects(2).await;
    let mut command = scene.command("urls.txt", &["--region", "all"]);
    let told = command.output().await.unwrap();
    let said = text(&told.stdout);
    assert!(
        said.starts_with("4 wanted, 4 copied; 32 bytes copied; "),
        "{told:?}"
    );
    assert!(
        told.stderr.is_empty(),
        "no bar where there is no terminal: {told:?}"
    );
    assert_eq!(scene.origin.gets("/0"), 2, "once for each pool");
    let again = scene
        .command("urls.txt", &["--region", "there"])
        .output()
        .await
        .unwrap();
    assert!(
        text(&again.stdout).starts_with("2 wanted, 2 were there; "),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_source_that_fails_for_a_while_is_asked_again() {
    let scene = Scene::with_objects(1).await;
    let failing = Object::new("down").head_ok_get_status(503);
    scene.origin.serve("/0", failing.then("up again"));
    let told = scene.prefetch("urls.txt", &[]).await;
    assert_eq!(summary(&told)["copied"], 1, "{told:?}");
    assert_eq!(scene.origin.gets("/0"), 2);
}

#[tokio::test]
async fn a_copy_that_outlives_its_requests_is_waited_for() {
    let scene = Scene::with_objects(1).await;
    scene.origin.serve("/0", Object::new("slow").held());
    let asking = scene.spawn("urls.txt", &[]);
    timeout(PATIENCE, scene.origin.until_gets("/0", 1))
        .await
        .unwrap();
    // The mirror's own wait is over before it can have been told.
    scene.until_the_wait_is_over().await;
    scene.origin.release("/0");
    let told = ended(asking).await;
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    assert_eq!(scene.origin.gets("/0"), 1);
}

#[tokio::test]
async fn an_interruption_waits_for_no_copy_that_goes_on() {
    let scene = Scene::with_objects(1).await;
    scene.origin.serve("/0", Object::new("slow").held());
    let asking = scene.spawn("urls.txt", &[]);
    timeout(PATIENCE, scene.origin.until_gets("/0", 1))
        .await
        .unwrap();
    signal("-INT", &asking).await;
    let told = ended(asking).await;
    assert_eq!(told.status.code(), Some(1), "{told:?}");
    assert!(
        text(&told.stdout).starts_with("1 wanted, 1 left; "),
        "{told:?}"
    );
    assert!(
        text(&told.stderr).contains("run the same command again"),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_buckets_keys_are_asked_for_by_the_urls_of_their_rule() {
    let (scene, s3) = (Scene::with_objects(1).await, S3Server::start().await);
    s3.create_bucket("acme", "us-west-2");
    for key in ["public/a b+c", "public/d", "private/e"] {
        s3.put("acme", key, "elsewhere", &[]);
    }
    scene.origin.serve("/files/a%20b%2Bc", "one");
    scene.origin.serve("/files/d", "another");
    let config = ["--config", "mirror.toml"];
    let mut all = scene.command("s3://acme/", &config);
    let told = with_credentials(&mut all, &s3).output().await.unwrap();
    assert_eq!(told.status.code(), Some(1), "{told:?}");
    let said = text(&told.stdout);
    assert!(
        said.starts_with("s3://acme/private/e: source-not-allowed: "),
        "{said}"
    );
    let mut public = scene.command("s3://acme/public/", &config);
    let told = with_credentials(&mut public, &s3).output().await.unwrap();
    assert!(
        text(&told.stdout).starts_with("2 wanted, 2 were there; "),
        "{told:?}"
    );
    assert_eq!(scene.origin.gets("/files/a%20b%2Bc"), 1);
}

#[tokio::test]
async fn a_pool_that_is_not_there_is_named_beside_those_that_are() {
    let scene = Scene::with_objects(1).await;
    let told = scene.prefetch("urls.txt", &["--region", "nowhere"]).await;
    assert_eq!(told.status.code(), Some(2), "{told:?}");
    let said = text(&told.stderr);
    assert!(
        said.contains("no pool file_nowhere") && said.contains("file_here"),
        "{said}"
    );
}

fn with_credentials<'a>(command: &'a mut Command, s3: &S3Server) -> &'a mut Command {
    command
        .env("AWS_ENDPOINT_URL_S3", s3.url())
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
}

async fn signal(signal: &str, child: &Child) {
    let pid = child.id().expect("it runs").to_string();
    let sent = Command::new("kill").args([signal, &pid]).status().await;
    assert!(sent.unwrap().success());
}

fn lines(told: &Output) -> Vec<Value> {
    let text = text(&told.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn summary(told: &Output) -> Value {
    let last = lines(told).pop().expect("a summary");
    last["summary"].clone()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
