//! How it ends: gracefully when asked once, at once when asked twice.

use std::path::Path;
use std::time::Duration;

use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_testkit::origin::{Object, Origin};
use reqwest::StatusCode;
use reqwest::redirect::Policy;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::process::{PATIENCE, Running, client};

const SLOW: &str = "/slow.bin";

#[tokio::test]
async fn a_copy_in_flight_is_finished_and_its_client_answered_before_the_end() {
    let (folder, origin) = (TempDir::new().unwrap(), slow_origin().await);
    let mut running = serving(folder.path(), &origin).await;
    let client = a_client_waits_for_the_copy(&running, &origin).await;
    running.signal("-TERM").await;
    running.until_it_warns("stopping").await;
    origin.release(SLOW);

    let answer = client.await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    let replica = answer.headers()["location"].to_str().unwrap();
    assert!(replica.contains("/pool/file/here/"), "{replica}");
    assert_eq!(running.exit().await.code(), Some(0));

    let again = serving(folder.path(), &origin).await;
    let url = redirect_url(&again, &origin);
    let answer = self::client(Policy::limited(5)).get(url).send().await;
    assert_eq!(answer.unwrap().bytes().await.unwrap(), "slow bytes");
    assert_eq!(origin.gets(SLOW), 1, "the next process finds the replica");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let (folder, origin) = (TempDir::new().unwrap(), slow_origin().await);
    let mut running = serving(folder.path(), &origin).await;
    let _client = a_client_waits_for_the_copy(&running, &origin).await;
    running.signal("-TERM").await;
    running.until_it_warns("stop again to end at once").await;
    running.signal("-TERM").await;
    let ended = running.exits_within(Duration::from_secs(5)).await;
    let code = ended.expect("it does not wait for the copy").code();
    assert_eq!(code, Some(130), "nobody takes this for a graceful end");
}

#[tokio::test]
async fn an_idle_process_ends_gracefully_on_ctrl_c() {
    let (folder, origin) = (TempDir::new().unwrap(), slow_origin().await);
    let mut running = serving(folder.path(), &origin).await;
    let ping = format!("{}/v1/ping", running.base_url());
    let answer = client(Policy::none()).get(ping).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    running.signal("-INT").await;
    assert_eq!(running.exit().await.code(), Some(0));
}

async fn slow_origin() -> Origin {
    let origin = Origin::start().await;
    origin.serve(SLOW, Object::new("slow bytes").held());
    origin
}

/// A process that mirrors this origin into one pool.
async fn serving(folder: &Path, origin: &Origin) -> Running {
    let config = format!(
        r#"
[[source]]
url = "{}"
allow_http = true
allow_private = true
[[pool]]
service = "file"
regions = ["here"]
path = "{{data}}/pools/{{region}}"
"#,
        origin.url("/")
    );
    std::fs::write(folder.join("mirror.toml"), config).unwrap();
    Running::serve(folder, &["--config", "mirror.toml"]).await
}

fn redirect_url(running: &Running, origin: &Origin) -> String {
    let url = to_base64url(&origin.url(SLOW));
    format!("{}/v1/redirect/file/here/{url}", running.base_url())
}

async fn a_client_waits_for_the_copy(
    running: &Running,
    origin: &Origin,
) -> JoinHandle<reqwest::Response> {
    let asked = client(Policy::none()).get(redirect_url(running, origin));
    let asking = tokio::spawn(async move { asked.send().await.unwrap() });
    let begun = tokio::time::timeout(PATIENCE, origin.until_gets(SLOW, 1)).await;
    begun.expect("the copy begins");
    asking
}
