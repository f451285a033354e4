//! What a request says beside its path: how long it waits, which hop it is, and whether it trusts
//! the table.

use std::time::Duration;

use crate::policy::Wait;

/// Our own parameters begin with this; everything else in a query string is the client's.
const OURS: &str = "cloud-mirror-";
const BUDGET: &str = "cloud-mirror-budget";
const HOP: &str = "cloud-mirror-hop";
const EXPLAIN: &str = "cloud-mirror-explain";

/// Some clients give up after five redirects, and the origin may redirect too.
const MAX_HOPS: u8 = 3;

/// What a request says beside its path. Nothing in it is believed beyond what policy allows, and
/// nothing that cannot be read is an error: it counts as not said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// The client's own query string, without our parameters, to be kept over hops.
    pub query: Option<String>,
    /// Whether the client wants the replica looked at: `Cache-Control: no-cache`.
    pub no_cache: bool,
    /// What is left of the budget, by our own hop.
    budget: Option<Duration>,
    /// `Prefer: wait=5`, in seconds.
    preference: Option<u64>,
    /// Which hop this is; 0 is the first request.
    hop: u8,
}

impl Asked {
    /// Reads a query string, the lines of `Prefer` (RFC 7240) and those of `Cache-Control`.
    pub fn read<'a>(
        query: Option<&str>,
        prefer: impl Iterator<Item = &'a str>,
        cache_control: impl Iterator<Item = &'a str>,
    ) -> Self {
        let parameter = |name| query.and_then(|query| parameter(query, name));
        Self {
            query: query.and_then(clients_query),
            no_cache: says_no_cache(cache_control),
            budget: parameter(BUDGET).and_then(seconds),
            preference: preferred_wait(prefer),
            hop: parameter(HOP).and_then(|hop| hop.parse().ok()).unwrap_or(0),
        }
    }

    /// How long it may wait over all hops to come: never longer than policy allows.
    pub fn budget(&self, wait: &Wait) -> Duration {
        let preferred = self.preference.map(Duration::from_secs);
        let asked = [self.budget, preferred].into_iter().flatten();
        asked.fold(wait.total, Duration::min)
    }

    /// How many hops it may still be sent on: never more than three.
    pub fn hops_left(&self) -> u8 {
        MAX_HOPS.saturating_sub(self.hop)
    }

    /// The preference in seconds, if it was honoured and the answer should say so.
    pub fn preference_applied(&self, wait: &Wait) -> Option<u64> {
        let allowed = |seconds: &u64| Duration::from_secs(*seconds) <= wait.total;
        self.preference.filter(allowed)
    }

    /// Where the next hop goes: a query-only relative reference, to which stage, domain and Host
    /// never matter. The budget travels in whole milliseconds.
    pub fn hop_location(&self, budget: Duration) -> String {
        let query = self.query.as_deref();
        let query = query.map(|query| format!("{query}&")).unwrap_or_default();
        let (seconds, hop) = (budget.as_secs_f64(), self.hop.saturating_add(1));
        format!("?{query}{BUDGET}={seconds:.3}&{HOP}={hop}")
    }
}

/// Whether a query string wants to know which pool was chosen and why: `cloud-mirror-explain=1`.
pub fn wants_explanation(query: &str) -> bool {
    parameter(query, EXPLAIN) == Some("1")
}

/// The query string without our own parameters.
pub fn clients_query(query: &str) -> Option<String> {
    let theirs = query.split('&').filter(|pair| !pair.starts_with(OURS));
    let theirs = theirs.collect::<Vec<_>>().join("&");
    (!theirs.is_empty()).then_some(theirs)
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// `wait=5` among other preferences and in whatever case.
fn preferred_wait<'a>(lines: impl Iterator<Item = &'a str>) -> Option<u64> {
    lines
        .flat_map(|line| line.split(','))
        .filter_map(|preference| preference.split(';').next()?.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, seconds)| seconds.trim().trim_matches('"').parse().ok())
}

fn says_no_cache<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    lines
        .flat_map(|line| line.split(','))
        .any(|directive| directive.trim().eq_ignore_ascii_case("no-cache"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Wait = Wait {
        invocation: Duration::from_secs(25),
        total: Duration::from_secs(60),
    };

    fn preferring(prefer: &str) -> Asked {
        Asked::read(None, [prefer].into_iter(), std::iter::empty())
    }

    fn hopping(query: &str) -> Asked {
        Asked::read(Some(query), std::iter::empty(), std::iter::empty())
    }

    #[test]
    fn a_client_may_say_how_long_it_waits_but_never_longer_than_policy() {
        for (prefer, expected) in [
            ("", 60),
            ("wait=5", 5),
            ("respond-async, Wait=\"7\"; x=1", 7),
            ("wait=0", 0),
            ("wait=900", 60),
            ("wait=soon", 60),
        ] {
            let budget = preferring(prefer).budget(&WAIT);
            assert_eq!(budget, Duration::from_secs(expected), "{prefer}");
        }
    }

    #[test]
    fn only_a_preference_that_was_applied_is_said_to_be() {
        let applied = |prefer| preferring(prefer).preference_applied(&WAIT);
        assert_eq!(applied("wait=5"), Some(5));
        assert_eq!(applied("wait=900"), None);
    }

    #[test]
    fn a_hops_budget_and_count_are_clamped_to_policy() {
        for (query, budget, hops_left) in [
            ("cloud-mirror-budget=12.5&cloud-mirror-hop=1", 12_500, 2),
            ("cloud-mirror-budget=1e9", 60_000, 3),
            ("cloud-mirror-budget=-1&cloud-mirror-hop=200", 60_000, 0),
            ("cloud-mirror-budget=NaN&cloud-mirror-hop=-1", 60_000, 3),
        ] {
            let asked = hopping(query);
            let budget = Duration::from_millis(budget);
            assert_eq!(asked.budget(&WAIT), budget, "{query}");
            assert_eq!(asked.hops_left(), hops_left, "{query}");
        }
    }

    #[test]
    fn a_hop_keeps_the_clients_own_query() {
        let asked = hopping("x=1&cloud-mirror-budget=9&cloud-mirror-hop=1&y");
        assert_eq!(asked.query.as_deref(), Some("x=1&y"));
        assert_eq!(
            asked.hop_location(Duration::from_millis(2_500)),
            "?x=1&y&cloud-mirror-budget=2.500&cloud-mirror-hop=2"
        );
    }

    #[test]
    fn an_explanation_is_given_to_who_asks_for_it_and_kept_out_of_the_clients_query() {
        assert!(wants_explanation("x=1&cloud-mirror-explain=1"));
        assert!(!wants_explanation("cloud-mirror-explain=0&explain=1"));
        let kept = clients_query("x=1&cloud-mirror-explain=1");
        assert_eq!(kept.as_deref(), Some("x=1"));
    }

    #[test]
    fn who_wants_the_replica_looked_at_says_so_in_any_case() {
        for (line, wants) in [
            ("max-age=0, No-Cache", true),
            ("no-cache", true),
            ("no-store", false),
        ] {
            let asked = Asked::read(None, std::iter::empty(), [line].into_iter());
            assert_eq!(asked.no_cache, wants, "{line}");
        }
    }
}
