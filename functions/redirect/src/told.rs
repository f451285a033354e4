//! What is told of a request: its span, and the lines of its life.

use cloud_mirror_domain::claim::Answer;
use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::rules::{Chosen, PoolId, Rules};
use cloud_mirror_domain::trace::Trace;
use http::request::Parts;
use tracing::field::{Empty, display};
use tracing::{Span, error_span, info, warn};
use ulid::Ulid;

/// The pool of requests that no pool serves, and of those for pools that do not exist.
const NONE: &str = "none";
const UNKNOWN: &str = "unknown";

/// What the lines of a request are found by.
pub(crate) struct Identity {
    pub(crate) request_id: String,
    pub(crate) trace: Trace,
}

impl Identity {
    /// As the front door has it, else as the request says, else fresh.
    pub(crate) fn of(parts: &Parts) -> Self {
        let known = parts.extensions.get::<Trace>().copied();
        let said = parts.headers.get("x-amzn-trace-id");
        let said = said.and_then(|value| value.to_str().ok());
        Self {
            request_id: request_id(parts),
            trace: Trace::of(known, said, Ulid::generate),
        }
    }

    /// What every line of the request has, whatever level the logs are filtered by; the rest is said
    /// as soon as it is known. The pool is the one that serves the client. Requests that are served by
    /// none share one name, and so do those for pools that do not exist, because a pool is a metric's
    /// dimension, and anybody could make as many as he likes. A URL's query may be a secret.
    pub(crate) fn span(&self, asked: &PoolId, chosen: Option<&Chosen>, rules: &Rules) -> Span {
        let (pool, nobody) = match chosen {
            Some(chosen) => (chosen.pool.as_ref(), NONE),
            None => (rules.pool(asked).map(|known| &known.id), UNKNOWN),
        };
        error_span!(
            "request",
            request_id = self.request_id,
            trace_id = %self.trace.id(),
            pool = pool.map_or(nobody.into(), PoolId::to_string),
            asked_pool = (pool != Some(asked)).then(|| asked.to_string()),
            url = chosen.map(|chosen| display(chosen.target.id.url.up_to_path())),
            attempt = Empty,
        )
    }
}

/// A claim that was won; or the last one of several that nobody ended, which settles an error.
pub(crate) fn claimed(answer: &Answer, attempt: Ulid) {
    let record = || {
        Span::current().record("attempt", display(attempt));
    };
    match answer {
        Answer::Done(entry) => {
            record();
            let renewal = matches!(entry.state, State::Present(_));
            info!(event = "claimed", tries = entry.tries, renewal);
        }
        Answer::Refused(Some(entry)) => match &entry.state {
            State::Error(failed) if failed.settled_by == attempt => {
                record();
                let failure = &failed.failure;
                warn!(event = "failed", kind = %failure.kind, detail = failure.detail);
            }
            _ => {}
        },
        Answer::Refused(None) => {}
    }
}

/// The front door's id for the request where it gives one, else a fresh one.
fn request_id(parts: &Parts) -> String {
    let given = parts
        .headers
        .get("x-request-id")
        .and_then(|id| id.to_str().ok());
    given
        .filter(|id| (1..=128).contains(&id.len()))
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_graphic()))
        .map_or_else(|| Ulid::generate().to_string(), str::to_owned)
}
