//! Decisions, turned outward: one exhaustive match.

use std::time::Duration;

use cloud_mirror_domain::decide::{Decision, Why};
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::ports::{Address, Method, Port};
use cloud_mirror_domain::rules::{PoolId, Refusal, Standing, Target};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::trace::Trace;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::{Value, json};
use tracing::{Instrument as _, info, warn};

use crate::drive::{GRACE, Part};
use crate::request::{self, Read};
use crate::told::{self, Identity};
use crate::{Counted, Redirect};

/// A client may keep a redirect to a replica for this long, which is part of a purge's delay.
const MAX_AGE: Duration = Duration::from_secs(60);

impl Redirect {
    pub(crate) async fn redirect(
        &self,
        parts: &Parts,
        pool: &PoolId,
        raw_url: &str,
    ) -> Response<String> {
        let began = self.now();
        let read = request::read(parts, &self.rules, pool, raw_url, (began, self.policy.wait));
        let identity = Identity::of(parts);
        let decided = self.decided(parts, &read, identity.trace, began);
        let decided = decided.instrument(identity.span(pool, &self.rules)).await;
        let applied = read.asked.preference_applied(&self.policy.wait);
        decided.finish(pool, &identity.request_id, applied)
    }

    async fn decided(
        &self,
        parts: &Parts,
        read: &Read,
        trace: Trace,
        began: Timestamp,
    ) -> Answered {
        read.wanted.target.iter().for_each(told::asked_for);
        let (decision, part) = self.fate(&read.wanted, trace).await;
        let answer = match &read.wanted.target {
            Ok(target) => self.answer(parts, read, target, decision, part).await,
            Err(refusal) => Answered::refused(refusal),
        };
        self.count(answer.counted);
        let waited = self.now().since(began).as_millis();
        info!(
            event = "decided",
            answer = answer.counted.as_str(),
            status = answer.response.status().as_u16(),
            cache_status = answer.cache_status,
            wait_milliseconds = u64::try_from(waited).unwrap_or(u64::MAX),
        );
        answer
    }

    async fn answer(
        &self,
        parts: &Parts,
        read: &Read,
        target: &Target,
        decision: Decision,
        part: Part,
    ) -> Answered {
        match decision {
            Decision::Refuse(refusal) => Answered::refused(&refusal),
            Decision::SourceSays(kind) => Answered::source_says(kind),
            Decision::Replica(entry, _) => match self.address(parts, target).await {
                Some(address) => {
                    let ends = address
                        .expires
                        .map_or(entry.expires, |end| end.min(entry.expires));
                    Answered::replica(&address.url, ends.since(self.now()), part)
                }
                None => Answered::origin(target, &Why::FailOpen(Port::Pool)),
            },
            Decision::Hop { budget } => Answered::hop(&read.asked.hop_location(budget)),
            Decision::Origin(why) => Answered::origin(target, &why),
            // `fate` answers only with answers; were it to break that promise, the client is
            // served all the same.
            Decision::Get
            | Decision::Look(_)
            | Decision::Forget(_)
            | Decision::Claim
            | Decision::LookUnderClaim(_)
            | Decision::SettlePresent(..)
            | Decision::Enqueue(..)
            | Decision::Wait(..) => Answered::origin(target, &Why::FailOpen(Port::Table)),
        }
    }

    async fn address(&self, parts: &Parts, target: &Target) -> Option<Address> {
        let method = if parts.method == http::Method::HEAD {
            Method::Head
        } else {
            Method::Get
        };
        let ports = self.ports.pools.get(&target.id.pool)?;
        let addressed = ports.pool.address(&target.id.url, method);
        match tokio::time::timeout(GRACE, addressed).await {
            Ok(Ok(address)) => return Some(address),
            Ok(Err(error)) => warn!(%error, "fail-open: no address for a replica"),
            Err(_) => warn!("fail-open: no address for a replica in time"),
        }
        None
    }

    fn count(&self, counted: Counted) {
        if counted == Counted::FailOpen {
            self.counters().add(Counted::Origin);
        }
        self.counters().add(counted);
    }
}

/// An answer before the headers that every answer has.
struct Answered {
    response: Response<String>,
    cache_status: String,
    counted: Counted,
}

impl Answered {
    fn replica(url: &str, life: Duration, part: Part) -> Self {
        let max_age = life.min(MAX_AGE).as_secs();
        let ttl = life.as_secs();
        let (cache_status, counted) = match part {
            Part::Looked => (format!("hit; ttl={ttl}"), Counted::Hit),
            Part::BackFilled => (format!("hit; ttl={ttl}; detail=back-filled"), Counted::Hit),
            Part::Stored => (format!("fwd=miss; stored; ttl={ttl}"), Counted::Stored),
            Part::Collapsed => (
                format!("fwd=miss; collapsed; ttl={ttl}"),
                Counted::Collapsed,
            ),
        };
        let cache_control = format!("private, max-age={max_age}");
        Self {
            response: found("present", url, &cache_control),
            cache_status,
            counted,
        }
    }

    fn hop(location: &str) -> Self {
        Self {
            response: found("pending", location, "no-store"),
            cache_status: "fwd=miss; detail=hop".into(),
            counted: Counted::Hop,
        }
    }

    fn origin(target: &Target, why: &Why) -> Self {
        let counted = match why {
            Why::FailOpen(_) => Counted::FailOpen,
            _ => Counted::Origin,
        };
        let cache_status = match why {
            Why::Standing(Standing::SamePlace) => "fwd=bypass; detail=same-place".into(),
            Why::Standing(Standing::Signed) => "fwd=bypass; detail=signed".into(),
            Why::Standing(Standing::Query) => "fwd=bypass; detail=query".into(),
            Why::Standing(Standing::Mirrored) | Why::WaitExhausted => {
                "fwd=miss; detail=wait-exhausted".into()
            }
            Why::TooSlow => "fwd=miss; detail=too-slow".into(),
            Why::Purging => "fwd=bypass; detail=purging".into(),
            Why::Error(failure) => format!("fwd=miss; detail={}", failure.kind),
            Why::FailOpen(port) => format!("fwd=bypass; detail=fail-open-{port}"),
        };
        let response = found("origin", target.origin.as_str(), "no-store");
        Self {
            response,
            cache_status,
            counted,
        }
    }

    fn source_says(kind: Kind) -> Self {
        // Only kinds with a status are decided so; without one the object is simply not found.
        let status = kind
            .status()
            .and_then(|status| StatusCode::from_u16(status).ok());
        Self {
            response: error(
                status.unwrap_or(StatusCode::NOT_FOUND),
                kind.as_str(),
                kind.message(),
            ),
            cache_status: format!("fwd=miss; detail={kind}"),
            counted: Counted::Refused,
        }
    }

    fn refused(refusal: &Refusal) -> Self {
        let (status, word) = refusal.status();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self {
            response: error(status, word, &refusal.to_string()),
            cache_status: format!("fwd=bypass; detail={word}"),
            counted: Counted::Refused,
        }
    }

    fn finish(self, pool: &PoolId, request_id: &str, preference: Option<u64>) -> Response<String> {
        let mut response = self.response;
        let mut set = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value);
            }
        };
        set(
            "cache-status",
            format!("cloud-mirror; {}", self.cache_status),
        );
        set("x-cloud-mirror-pool", pool.to_string());
        set("x-request-id", request_id.to_owned());
        if let Some(seconds) = preference {
            set("preference-applied", format!("wait={seconds}"));
        }
        response
    }
}

/// `302`, never 301 or 308: a permanent redirect outlives region, purge and expiry.
fn found(status: &str, url: &str, cache_control: &str) -> Response<String> {
    let mut response = json(StatusCode::FOUND, &json!({ "status": status, "url": url }));
    for (name, value) in [(LOCATION, url), (CACHE_CONTROL, cache_control)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

pub(crate) fn json(status: StatusCode, body: &Value) -> Response<String> {
    let mut response = Response::new(format!("{body}\n"));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(crate) fn error(status: StatusCode, word: &str, message: &str) -> Response<String> {
    let mut response = json(status, &json!({ "error": word, "message": message }));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) fn no_such_route() -> Response<String> {
    error(
        StatusCode::NOT_FOUND,
        "no-such-route",
        "the routes are /v1/redirect/{service}/{region}/{url}, /v1/status/…, /v1/pools, /v1/ping and /v1/openapi.json, which describes them",
    )
}

pub(crate) fn wrong_method() -> Response<String> {
    let mut response = error(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        "ask with GET or HEAD",
    );
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}
