//! What a request says beside its path: how long it waits, and whether it trusts the table.

use std::time::Duration;

use cloud_mirror_domain::decide::{Patience, Wanted};
use cloud_mirror_domain::policy::Wait;
use cloud_mirror_domain::route::InvocationEnds;
use cloud_mirror_domain::rules::{PoolId, Rules};
use cloud_mirror_domain::time::Timestamp;
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use http::request::Parts;

use crate::drive::GRACE;

/// Our own parameters begin with this; everything else in a query string is the client's.
const OURS: &str = "cloud-mirror-";
const BUDGET: &str = "cloud-mirror-budget";
const HOP: &str = "cloud-mirror-hop";

/// What is kept of an invocation for a part of ours that does not answer, and for the answer.
const TO_ANSWER: Duration = Duration::from_secs(GRACE.as_secs() + 1);

/// Some clients give up after five redirects, and the origin may redirect too.
const MAX_HOPS: u8 = 3;

/// A request to the redirect route, read.
pub(crate) struct Read {
    pub(crate) wanted: Wanted,
    /// The `wait` preference that was honoured.
    pub(crate) preference: Option<u64>,
    /// The client's own query string, to be kept over hops.
    pub(crate) query: Option<String>,
    /// Which hop this is; 0 is the first request.
    pub(crate) hop: u8,
}

pub(crate) fn read(
    parts: &Parts,
    rules: &Rules,
    pool: &PoolId,
    raw_url: &str,
    clock: (Timestamp, Wait),
) -> Read {
    let (now, wait) = clock;
    let query = clients_query(parts);
    let preference = preferred_wait(&parts.headers);
    let asked = [
        parameter(parts, BUDGET).and_then(seconds),
        preference.map(Duration::from_secs),
    ];
    let budget = asked.into_iter().flatten().fold(wait.total, Duration::min);
    let hop = parameter(parts, HOP)
        .and_then(|hop| hop.parse().ok())
        .unwrap_or(0);
    let patience = Patience {
        invocation_ends: invocation_ends(parts, now + wait.invocation),
        budget_ends: now + budget,
        hops_left: MAX_HOPS.saturating_sub(hop),
    };
    Read {
        wanted: Wanted {
            target: rules.resolve(pool, raw_url, query.as_deref()),
            patience,
            no_cache: says_no_cache(&parts.headers),
        },
        preference: preference
            .filter(|wait_seconds| Duration::from_secs(*wait_seconds) <= wait.total),
        query,
        hop,
    }
}

/// The invocation's own end counts, too, less what the last steps may take: whatever `wait` says, a
/// function that is out of time answers nobody.
fn invocation_ends(parts: &Parts, wished: Timestamp) -> Timestamp {
    let known = parts.extensions.get::<InvocationEnds>();
    known.map_or(wished, |InvocationEnds(end)| wished.min(*end - TO_ANSWER))
}

/// A query-only relative reference: stage, domain and Host never matter to it.
pub(crate) fn hop_location(read: &Read, budget: Duration) -> String {
    let query = read
        .query
        .as_deref()
        .map(|query| format!("{query}&"))
        .unwrap_or_default();
    format!(
        "?{query}{BUDGET}={:.3}&{HOP}={}",
        budget.as_secs_f64(),
        read.hop + 1
    )
}

/// The query string without our own parameters.
pub(crate) fn clients_query(parts: &Parts) -> Option<String> {
    let pairs = parts
        .uri
        .query()?
        .split('&')
        .filter(|pair| !pair.starts_with(OURS));
    let query = pairs.collect::<Vec<_>>().join("&");
    (!query.is_empty()).then_some(query)
}

fn parameter<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let pairs = parts.uri.query()?.split('&');
    pairs
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, v)| v)
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// `Prefer: wait=5` (RFC 7240), among other preferences and in whatever case.
fn preferred_wait(headers: &HeaderMap) -> Option<u64> {
    let values = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split(';').next()?.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, seconds)| seconds.trim().trim_matches('"').parse().ok())
}

fn says_no_cache(headers: &HeaderMap) -> bool {
    let values = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|directive| directive.trim().eq_ignore_ascii_case("no-cache"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn patience(uri: &str, headers: &[(&str, &str)]) -> (Duration, u8) {
        let now = Timestamp::from_millis(0);
        let wait = Wait {
            invocation: Duration::from_secs(25),
            total: Duration::from_secs(60),
        };
        let parts = parts(uri, headers);
        let read = read(
            &parts,
            &Rules::default(),
            &PoolId::new("s3", "x"),
            "",
            (now, wait),
        );
        (
            read.wanted.patience.budget_ends.since(now),
            read.wanted.patience.hops_left,
        )
    }

    #[test]
    fn a_client_may_say_how_long_it_waits_but_never_longer_than_policy() {
        let secs = Duration::from_secs;
        assert_eq!(patience("/", &[]).0, secs(60));
        assert_eq!(patience("/", &[("Prefer", "wait=5")]).0, secs(5));
        assert_eq!(
            patience("/", &[("Prefer", "respond-async, Wait=\"7\"; x=1")]).0,
            secs(7)
        );
        assert_eq!(patience("/", &[("Prefer", "wait=0")]).0, secs(0));
        assert_eq!(patience("/", &[("Prefer", "wait=900")]).0, secs(60));
        assert_eq!(patience("/", &[("Prefer", "wait=soon")]).0, secs(60));
    }

    #[test]
    fn only_a_preference_that_was_applied_is_said_to_be() {
        let applied = |prefer: &str| {
            let parts = parts("/", &[("Prefer", prefer)]);
            let clock = (Timestamp::default(), Wait::default());
            read(
                &parts,
                &Rules::default(),
                &PoolId::new("s3", "x"),
                "",
                clock,
            )
            .preference
        };
        assert_eq!(applied("wait=5"), Some(5));
        assert_eq!(applied("wait=900"), None);
    }

    #[test]
    fn a_hops_budget_and_count_are_clamped_to_policy() {
        let secs = Duration::from_secs;
        assert_eq!(
            patience("/?cloud-mirror-budget=12.5&cloud-mirror-hop=1", &[]),
            (Duration::from_millis(12_500), 2)
        );
        assert_eq!(patience("/?cloud-mirror-budget=1e9", &[]), (secs(60), 3));
        assert_eq!(
            patience("/?cloud-mirror-budget=-1&cloud-mirror-hop=200", &[]),
            (secs(60), 0)
        );
        assert_eq!(
            patience("/?cloud-mirror-budget=NaN&cloud-mirror-hop=-1", &[]),
            (secs(60), 3)
        );
    }

    #[test]
    fn a_hop_keeps_the_clients_own_query() {
        let parts = parts("/?x=1&cloud-mirror-budget=9&cloud-mirror-hop=1&y", &[]);
        assert_eq!(clients_query(&parts).as_deref(), Some("x=1&y"));
        let read = read(
            &parts,
            &Rules::default(),
            &PoolId::new("s3", "x"),
            "",
            (Timestamp::default(), Wait::default()),
        );
        assert_eq!(
            hop_location(&read, Duration::from_millis(2_500)),
            "?x=1&y&cloud-mirror-budget=2.500&cloud-mirror-hop=2"
        );
    }

    #[test]
    fn nobody_waits_beyond_the_invocations_own_end() {
        let now = Timestamp::from_millis(1_000_000);
        let ends = |seconds| {
            let mut parts = parts("/", &[]);
            let end = InvocationEnds(now + Duration::from_secs(seconds));
            parts.extensions.insert(end);
            invocation_ends(&parts, now + Duration::from_secs(25)).since(now)
        };
        assert_eq!(ends(30), Duration::from_secs(25));
        assert_eq!(ends(10), Duration::from_secs(5));
    }
}
