//! Decisions, turned outward: one exhaustive match.

use std::pin::pin;
use std::time::Duration;

use cloud_mirror_domain::decide::{Decision, Why};
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::ports::{Address, Method, Port};
use cloud_mirror_domain::rules::{Basis, PoolId, Refusal, Standing, Target};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::trace::Trace;
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use tracing::{Instrument as _, info, warn};

use crate::drive::{GRACE, Part};
use crate::request::{self, Read};
use crate::told::Identity;
use crate::within::within;
use crate::{Counted, Redirect, reply};

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
        let chosen = self.chosen(parts, pool, raw_url);
        let identity = Identity::of(parts);
        let span = identity.span(pool, chosen.as_ref().ok(), &self.rules);
        let read = request::read(parts, chosen, began, self.policy.wait);
        let decided = pin!(self.decided(parts, &read, identity.trace, began));
        let decided = decided.instrument(span).await;
        let applied = read.asked.preference_applied(&self.policy.wait);
        decided.finish(read.pool.as_ref(), &identity.request_id, applied)
    }

    async fn decided(
        &self,
        parts: &Parts,
        read: &Read,
        trace: Trace,
        began: Timestamp,
    ) -> Answered {
        let (decision, part) = self.fate(&read.wanted, began, trace).await;
        let answer = match &read.wanted.target {
            Ok(target) => self.answer(parts, read, target, decision, part).await,
            Err(refusal) => Answered::refused(refusal),
        };
        self.count(answer.counted);
        let waited = self.now().since(began).as_millis();
        let by = read.caller.by.filter(|by| *by != Basis::Asked);
        info!(
            event = "decided",
            answer = answer.counted.as_str(),
            status = answer.response.status().as_u16(),
            cache_status = answer.cache_status,
            caller_region = by.and(read.caller.region.as_deref()),
            located_by = by.map(Basis::word),
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
                None => {
                    self.origin(parts, read, target, &Why::FailOpen(Port::Pool))
                        .await
                }
            },
            Decision::Hop { budget } => Answered::hop(&read.asked.hop_location(budget)),
            Decision::Origin(why) => self.origin(parts, read, target, &why).await,
            // `fate` answers only with answers; were it to break that promise, the client is
            // served all the same.
            Decision::Get
            | Decision::Look(_)
            | Decision::Forget(_)
            | Decision::Claim
            | Decision::LookUnderClaim(_)
            | Decision::SettlePresent(..)
            | Decision::Enqueue(..)
            | Decision::Wait(..) => {
                self.origin(parts, read, target, &Why::FailOpen(Port::Table))
                    .await
            }
        }
    }

    async fn origin(&self, parts: &Parts, read: &Read, target: &Target, why: &Why) -> Answered {
        let url = self.origin_url(parts, &read.wanted.patience, target).await;
        Answered::origin(&url, why)
    }

    async fn address(&self, parts: &Parts, target: &Target) -> Option<Address> {
        let ports = self.ports.pools.get(&target.id.pool)?;
        let addressed = ports.pool.address(&target.id.url, method_of(parts));
        match within(GRACE, addressed).await {
            Some(Ok(address)) => return Some(address),
            Some(Err(error)) => warn!(%error, "fail-open: no address for a replica"),
            None => warn!("fail-open: no address for a replica in time"),
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
            response: reply::found("present", url, &cache_control),
            cache_status,
            counted,
        }
    }

    fn hop(location: &str) -> Self {
        Self {
            response: reply::found("pending", location, "no-store"),
            cache_status: "fwd=miss; detail=hop".into(),
            counted: Counted::Hop,
        }
    }

    fn origin(url: &str, why: &Why) -> Self {
        let counted = match why {
            Why::FailOpen(_) => Counted::FailOpen,
            _ => Counted::Origin,
        };
        let cache_status = match why {
            Why::Standing(Standing::SamePlace) => "fwd=bypass; detail=same-place".into(),
            Why::Standing(Standing::Signed) => "fwd=bypass; detail=signed".into(),
            Why::Standing(Standing::Query) => "fwd=bypass; detail=query".into(),
            Why::Standing(Standing::NoPool) => "fwd=bypass; detail=no-pool".into(),
            Why::Standing(Standing::Drained) => "fwd=bypass; detail=drained".into(),
            Why::Standing(Standing::Mirrored) | Why::WaitExhausted => {
                "fwd=miss; detail=wait-exhausted".into()
            }
            Why::TooSlow => "fwd=miss; detail=too-slow".into(),
            Why::Purging => "fwd=bypass; detail=purging".into(),
            Why::Error(failure) => format!("fwd=miss; detail={}", failure.kind),
            Why::FailOpen(port) => format!("fwd=bypass; detail=fail-open-{port}"),
        };
        let response = reply::found("origin", url, "no-store");
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
            response: reply::error(
                status.unwrap_or(StatusCode::NOT_FOUND),
                kind.as_str(),
                kind.message(),
            ),
            cache_status: format!("fwd=miss; detail={kind}"),
            counted: Counted::Refused,
        }
    }

    fn refused(refusal: &Refusal) -> Self {
        let (_, word) = refusal.status();
        Self {
            response: reply::refusal(refusal),
            cache_status: format!("fwd=bypass; detail={word}"),
            counted: Counted::Refused,
        }
    }

    fn finish(
        self,
        pool: Option<&PoolId>,
        request_id: &str,
        preference: Option<u64>,
    ) -> Response<String> {
        let mut response = self.response;
        let mut set = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::try_from(value) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value);
            }
        };
        set(
            "cache-status",
            format!("cloud-mirror; {}", self.cache_status),
        );
        if let Some(pool) = pool {
            set("x-cloud-mirror-pool", pool.to_string());
        }
        set("x-request-id", request_id.to_owned());
        if let Some(seconds) = preference {
            set("preference-applied", format!("wait={seconds}"));
        }
        response
    }
}

/// The method that an address is signed for: the one that the client will use at its target.
pub(crate) fn method_of(parts: &Parts) -> Method {
    match parts.method {
        http::Method::HEAD => Method::Head,
        _ => Method::Get,
    }
}
