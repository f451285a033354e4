//! A request to the redirect route, read from HTTP into the domain's words.

use std::time::Duration;

use cloud_mirror_domain::asked::Asked;
use cloud_mirror_domain::decide::{Patience, Wanted};
use cloud_mirror_domain::policy::Wait;
use cloud_mirror_domain::route::InvocationEnds;
use cloud_mirror_domain::rules::{Caller, Chosen, PoolId, Refusal};
use cloud_mirror_domain::time::Timestamp;
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use http::request::Parts;

use crate::drive::GRACE;

/// What is kept of an invocation for a part of ours that does not answer, and for the answer.
const TO_ANSWER: Duration = Duration::from_secs(GRACE.as_secs() + 1);

/// A request to the redirect route, read.
pub(crate) struct Read {
    pub(crate) wanted: Wanted,
    /// What it says beside its path.
    pub(crate) asked: Asked,
    /// The pool that serves the client, if one does.
    pub(crate) pool: Option<PoolId>,
    /// Where the client is, unless that did not count.
    pub(crate) caller: Caller,
}

pub(crate) fn read(
    parts: &Parts,
    chosen: Result<Chosen, Refusal>,
    now: Timestamp,
    wait: Wait,
) -> Read {
    let headers = &parts.headers;
    let asked = Asked::read(
        parts.uri.query(),
        lines(headers, "prefer"),
        lines(headers, CACHE_CONTROL.as_str()),
    );
    let patience = Patience {
        invocation_ends: invocation_ends(parts, now + wait.invocation),
        budget_ends: now + asked.budget(&wait),
        hops_left: asked.hops_left(),
    };
    let (target, pool, caller) = match chosen {
        Ok(chosen) => (Ok(chosen.target), chosen.pool, chosen.caller),
        Err(refusal) => (Err(refusal), None, Caller::default()),
    };
    Read {
        wanted: Wanted {
            target,
            patience,
            no_cache: asked.no_cache,
        },
        asked,
        pool,
        caller,
    }
}

/// A header's lines; one that is not text says nothing.
fn lines<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter();
    lines.filter_map(|value| value.to_str().ok())
}

/// The invocation's own end counts, too, less what the last steps may take: whatever `wait` says, a
/// function that is out of time answers nobody.
fn invocation_ends(parts: &Parts, wished: Timestamp) -> Timestamp {
    let known = parts.extensions.get::<InvocationEnds>();
    known.map_or(wished, |InvocationEnds(end)| wished.min(*end - TO_ANSWER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::get("/?x=1&cloud-mirror-hop=1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn what_a_request_says_beside_its_path_is_heard() {
        let parts = parts(&[("Prefer", "wait=5"), ("Cache-Control", "no-cache")]);
        let nothing = Err(Refusal::NotAllowed);
        let read = read(&parts, nothing, Timestamp::from_millis(0), Wait::default());
        let patience = read.wanted.patience;
        assert_eq!(patience.budget_ends, Timestamp::from_millis(5_000));
        assert_eq!(patience.hops_left, 2);
        assert!(read.wanted.no_cache);
        assert_eq!(read.asked.query.as_deref(), Some("x=1"));
    }

    #[test]
    fn nobody_waits_beyond_the_invocations_own_end() {
        let now = Timestamp::from_millis(1_000_000);
        let ends = |seconds| {
            let mut parts = parts(&[]);
            let end = InvocationEnds(now + Duration::from_secs(seconds));
            parts.extensions.insert(end);
            invocation_ends(&parts, now + Duration::from_secs(25)).since(now)
        };
        assert_eq!(ends(30), Duration::from_secs(25));
        assert_eq!(ends(10), Duration::from_secs(5));
    }
}
