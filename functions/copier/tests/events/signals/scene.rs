//! The three handlers over one house, with a log.

use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_copier::TimeLimit;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::policy::{CopyLimits, Policy, Wait};
use cloud_mirror_domain::ports::Pool as _;
use cloud_mirror_domain::rules::Rules;
use cloud_mirror_domain::url::{SourceUrl, to_base64url};
use cloud_mirror_purge::{Principal, Purge, Purger};
use cloud_mirror_redirect::Redirect;
use cloud_mirror_runtime::telemetry::{Format, Settings, dispatch};
use cloud_mirror_testkit::log::Log;
use http::{Request, Response, StatusCode};
use tokio::join;
use tokio::time::sleep;
use tracing::dispatcher::{DefaultGuard, set_default};

use crate::house::{House, LEASE, SECOND, rules};
use crate::parts::{PART, filled};
use crate::queue::event_of;

const REGION: &str = "eu-central-1";
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) const WHO: &str = "arn:aws:iam::123456789012:user/ops";

pub(super) struct Scene {
    pub(super) house: House,
    pub(super) redirect: Redirect,
    pub(super) log: Log,
    purge: Purge,
    _logs: DefaultGuard,
}

impl Scene {
    /// Requests wait 5 s in one invocation, and parts are as small as they can be. This thread logs as a
    /// function of the stack `mirror` does.
    pub(super) fn new() -> Self {
        let wait = Wait {
            invocation: SECOND * 5,
            ..Wait::default()
        };
        let copy = CopyLimits {
            stream_part: PART as u64,
            ..CopyLimits::default()
        };
        let policy = Policy {
            wait,
            copy,
            ..Policy::default()
        };
        let mut shared = None;
        let house = House::with(policy.clone(), |ports| shared.insert(ports).clone());
        let ports = shared.unwrap();
        let purger = Purger::new(rules(), policy.lifetimes, ports.clone());
        let log = Log::default();
        Self {
            house,
            redirect: Redirect::new(of_callers_from(REGION), policy, ports),
            purge: Purge::new(rules(), purger),
            _logs: logging_to(log.clone()),
            log,
        }
    }

    pub(super) async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Response<String> {
        self.ask_for(REGION, path, headers).await
    }

    pub(super) async fn ask_for(
        &self,
        region: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Response<String> {
        let url = to_base64url(&url_of(path));
        let mut request = Request::get(format!("/v1/redirect/s3/{region}/{url}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.redirect.handle(request.body(()).unwrap()).await
    }

    /// Somebody asks, and the copier works off what is in the queue.
    pub(super) async fn miss(&self, path: &str) {
        let (answer, ()) = join!(self.ask(path, &[]), self.house.work_for(SECOND));
        assert!(cache_status(&answer).contains("; stored"), "{answer:?}");
    }

    pub(super) async fn a_copy_fails(&self, path: &str) {
        self.house.source.fail_as(Kind::SourceFailed);
        join!(
            self.ask(path, &[("prefer", "wait=0")]),
            self.house.work_for(SECOND / 10)
        );
        self.house.source.mend();
        // Its next try.
        self.house.work_for(LEASE * 2).await;
    }

    pub(super) async fn purge(&self, path: &str) -> StatusCode {
        let url = to_base64url(&url_of(path));
        let request = Request::delete(format!("/v1/purge/s3/{REGION}/{url}"));
        let mut request = request.header("x-request-id", "purge-1").body(()).unwrap();
        request.extensions_mut().insert(Principal(WHO.to_owned()));
        self.purge.handle(request).await.status()
    }

    /// An object of two parts, of which an invocation sees the first and the next one both.
    pub(super) async fn a_copy_takes_two_invocations(&self, path: &str) {
        let source = &self.house.source;
        source.serve(vec![filled(b'a', PART), filled(b'b', PART)]);
        source.says_etag("\"strong\"");
        source.hold_before(1);
        self.ask(path, &[("prefer", "wait=0")]).await;
        let message = self.house.queue.messages.receive(1).await;
        let limit = TimeLimit::before(self.house.now() + LEASE, self.house.now());
        let failed = self
            .house
            .hand_over_within(event_of(&message), &limit)
            .await;
        assert!(failed.is_empty(), "handed on");
        self.house.queue.messages.delete(&message[0].receipt);
        source.release();
        self.house.work_for(SECOND).await;
        source.serve(vec![Bytes::from_static(b"short")]);
    }

    /// Every event there is, at least once.
    pub(super) async fn everything_happens(&self) {
        self.requests_are_answered_in_every_way().await;
        self.replicas_are_seen_and_missed().await;
        self.a_copy_fails("/fails").await;
        self.a_copy_takes_two_invocations("/large").await;
        assert_eq!(self.purge("/tool").await, 204);
        self.house.faults.break_down("table");
        assert_eq!(self.purge("/tool").await, 503);
        self.house.faults.mend("table");
    }

    async fn requests_are_answered_in_every_way(&self) {
        self.house.faults.delay("pool.put", SECOND / 10);
        self.miss("/tool").await;
        let herd = async { join!(self.ask("/herd", &[]), self.ask("/herd", &[])) };
        let (herd, ()) = join!(herd, self.house.work_for(SECOND));
        assert!(cache_status(&herd.1).contains("; collapsed"), "{herd:?}");
        self.ask("/tool", &[]).await;
        let hop = self.ask("/nobody-copies", &[]).await;
        assert!(cache_status(&hop).contains("detail=hop"), "{hop:?}");
        self.ask("/nobody-waits", &[("prefer", "wait=0")]).await;
        self.ask("/../../other", &[]).await;
        self.ask_for("nowhere", "/tool", &[]).await;
        self.ask_for("auto", "/tool", &[]).await;
        self.house.faults.break_down("table");
        self.ask("/tool", &[]).await;
        self.house.faults.mend("table");
        self.house.work_for(SECOND).await;
    }

    async fn replicas_are_seen_and_missed(&self) {
        let look = [("cache-control", "no-cache")];
        self.ask("/tool", &look).await;
        self.house.table.clear();
        self.ask("/tool", &[]).await;
        self.delete_behind_our_back("/tool").await;
        join!(self.ask("/tool", &look), self.house.work_for(SECOND));
        // Over, but the bucket's lifecycle is late.
        sleep(DAY).await;
        self.miss("/tool").await;
    }

    async fn delete_behind_our_back(&self, path: &str) {
        let url = SourceUrl::parse(&url_of(path)).unwrap();
        let there = self.house.pool.head(&url).await.unwrap().unwrap();
        self.house.pool.delete(&url, &there.etag).await.unwrap();
    }
}

/// The usual rules, where callers of whom nothing is known are taken to be there.
fn of_callers_from(region: &str) -> Rules {
    let mut rules = rules();
    rules.auto.default_region = Some(region.to_owned());
    rules
}

fn url_of(path: &str) -> String {
    format!("https://example.com/downloads{path}")
}

fn cache_status(answer: &Response<String>) -> &str {
    answer.headers()["cache-status"].to_str().unwrap()
}

/// Logs into it, for as long as the guard lives, what is done on this thread.
pub(crate) fn logging_to(log: Log) -> DefaultGuard {
    let settings = Settings {
        format: Format::Json,
        filter: None,
        stack: Some("mirror".to_owned()),
    };
    set_default(&dispatch(&settings, move || log.clone()))
}
