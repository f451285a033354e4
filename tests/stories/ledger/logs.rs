//! How much is logged: by the functions, and by the front door.

use std::io::Write;
use std::sync::LazyLock;

use cloud_mirror_runtime::telemetry::{Format, Settings, dispatch};
use cloud_mirror_testkit::log::Log;
use cloud_mirror_tests::eventually;
use cloud_mirror_tests::wired::{Who, Wired};
use http::Response;
use tracing::dispatcher::{DefaultGuard, Dispatch};

use super::sizes::is_about;
use super::template::{access_log_format, redirect_route};
use super::{PATH, STRONG, redirect, with_a_replica};

/// What a hit logs, with its metrics, for a URL of 62 characters.
pub(crate) const HIT_LOG_BYTES: usize = 959;

/// What both functions log of a miss that S3 copies, with their metrics, for a URL of 39 characters.
pub(crate) const STORE_MISS_LOG_BYTES: usize = 2_767;

/// What both functions log of a miss that is streamed, with their metrics, for a URL of 62 characters.
pub(crate) const STREAM_MISS_LOG_BYTES: usize = 2_914;

/// What the HTTP API logs of any request, by the template's format.
pub(crate) const ACCESS_LOG_BYTES: usize = 399;

/// The HTTP API's id of the request, as the function is told it.
const REQUEST_ID: (&str, &str) = ("x-request-id", "JKJaXmPLvHcESHA=");

/// While several listen, whatever another thread logs for the first time asks all of them whether it is to
/// be logged; while one does, it asks only that other thread's own, which is nobody.
static SEVERAL: LazyLock<[Dispatch; 2]> =
    LazyLock::new(|| [as_deployed(std::io::sink), as_deployed(std::io::sink)]);

/// Writes lines as a deployed function does.
fn as_deployed<W: Write + 'static>(writer: impl Fn() -> W + Send + Sync + 'static) -> Dispatch {
    let settings = Settings {
        format: Format::Json,
        filter: None,
        stack: Some("cloud-mirror".to_owned()),
    };
    dispatch(&settings, writer)
}

/// What this thread logs from here on.
fn listening() -> (Log, DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let logging = as_deployed(move || writer.clone());
    let guard = tracing::dispatcher::set_default(&logging);
    tracing::callsite::rebuild_interest_cache();
    (log, guard)
}

/// A hit, and its log. Nobody listens at first.
async fn hit() -> (Response<String>, Log) {
    LazyLock::force(&SEVERAL);
    let (mirror, url) = with_a_replica("").await;
    let environment = mirror.environment();
    environment.ask(&redirect(&url), &[REQUEST_ID]).await;
    let (log, _logging) = listening();
    let answer = environment.ask(&redirect(&url), &[REQUEST_ID]).await;
    (answer, log)
}

#[tokio::test]
async fn a_hit_logs_as_much_as_the_bill_says() {
    let (_, log) = hit().await;
    assert!(log.text().contains(PATH), "{}", log.text());
    is_about("a hit's log", log.text().len(), HIT_LOG_BYTES);
}

/// A miss, whose request waits for a copier in another environment: what both log of the second one.
async fn miss(mirror: &Wired, urls: [String; 2]) -> Log {
    LazyLock::force(&SEVERAL);
    let [unheard, heard] = urls;
    waited_for(mirror, &unheard).await;
    let (log, _logging) = listening();
    waited_for(mirror, &heard).await;
    log
}

async fn waited_for(mirror: &Wired, url: &str) {
    let (environment, path) = (mirror.environment(), redirect(url));
    let looks = || mirror.calls().count(Who::Request, STRONG);
    let before = looks();
    let copying = async {
        eventually("the request waits", || async { looks() > before }).await;
        mirror.work_off().await;
    };
    let (answer, ()) = tokio::join!(environment.ask(&path, &[REQUEST_ID]), copying);
    assert_eq!(answer.status(), 302);
}

/// In alphabetical order: who waited may hear of the end before the copier does.
const OF_A_MISS: [&str; 5] = ["begun", "claimed", "copied", "decided", "verified"];

fn story(log: &Log) -> Vec<String> {
    let mut story = log.story();
    story.sort();
    story
}

#[tokio::test]
async fn a_miss_logs_as_much_as_the_bill_says() {
    let mirror = Wired::start("").await;
    let urls = ["a", "b"].map(|key| mirror.store_has(key, 10));
    let log = miss(&mirror, urls).await;
    assert_eq!(story(&log), OF_A_MISS);
    is_about("a copy by S3", log.text().len(), STORE_MISS_LOG_BYTES);
    let paths = [PATH.replace("arm64", "amd64"), PATH.to_owned()];
    let urls = paths.map(|path| {
        mirror.origin().serve(&path, "ten bytes.");
        mirror.origin().url(&path)
    });
    let log = miss(&mirror, urls).await;
    assert_eq!(story(&log), OF_A_MISS);
    is_about("a stream", log.text().len(), STREAM_MISS_LOG_BYTES);
}

/// Nobody is asked who they are, and nothing fails: for both the API writes a dash.
fn access_line(answer: &Response<String>) -> String {
    let (status, bytes) = (
        answer.status().as_str().to_owned(),
        answer.body().len().to_string(),
    );
    let values = [
        (
            "integration.requestId",
            "8a2ff2ee-6c2b-4a4c-9a4e-0d8b0c1d2e3f",
        ),
        ("integration.latency", "5"),
        ("integration.status", "200"),
        ("integration.error", "-"),
        ("requestId", REQUEST_ID.1),
        ("requestTimeEpoch", "1763780400000"),
        ("httpMethod", "GET"),
        ("routeKey", &redirect_route()),
        ("protocol", "HTTP/1.1"),
        ("status", &status),
        ("responseLength", &bytes),
        ("responseLatency", "9"),
        ("error.responseType", "-"),
        ("identity.sourceIp", "203.0.113.123"),
        ("identity.userArn", "-"),
    ];
    values
        .iter()
        .fold(access_log_format(), |line, (name, value)| {
            line.replace(&format!("\"$context.{name}\""), &format!("\"{value}\""))
        })
}

#[tokio::test]
async fn the_front_door_logs_as_much_as_the_bill_says() {
    let (answer, _) = hit().await;
    let line = access_line(&answer);
    assert!(!line.contains("$context"), "{line}");
    serde_json::from_str::<serde_json::Value>(&line).expect("one JSON object");
    is_about("the front door's line", line.len(), ACCESS_LOG_BYTES);
}
