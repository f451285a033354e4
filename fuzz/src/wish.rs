//! What a request says beside its path.

use std::time::Duration;

use cloud_mirror_domain::asked::{Asked, clients_query};
use cloud_mirror_domain::policy::Wait;

use crate::input::{fields, given};

/// What policies may say: hops, none, and no waiting at all.
const POLICIES: [(u64, u64); 3] = [(25_000, 60_000), (25_000, 25_000), (0, 0)];

/// A query, a line of `Prefer`, and one of `Cache-Control`, each behind a tab.
///
/// Promised: no budget beyond policy, no preference said to be honoured that was not, at most
/// three hops and one less after each; a hop keeps the client's own query, and the budget to the
/// millisecond; and none of our parameters is ever taken for the client's.
pub fn asked(data: &[u8]) {
    let Some([query, prefer, cache_control]) = fields(data) else {
        return;
    };
    let lines = || (prefer.lines(), cache_control.lines());
    let (prefer, cache_control) = lines();
    let asked = Asked::read(given(query), prefer, cache_control);
    let theirs = asked.query.clone().unwrap_or_default();
    assert!(
        theirs
            .split('&')
            .all(|pair| !pair.starts_with("cloud-mirror-"))
    );
    assert_eq!(clients_query(&theirs), asked.query, "read again");
    assert!(asked.hops_left() <= 3);
    for (invocation, total) in POLICIES {
        let wait = Wait {
            invocation: Duration::from_millis(invocation),
            total: Duration::from_millis(total),
        };
        assert_within(&asked, &wait);
        assert_hop(&asked, &wait);
    }
}

fn assert_within(asked: &Asked, wait: &Wait) {
    let budget = asked.budget(wait);
    assert!(budget <= wait.total, "{asked:?}");
    if let Some(seconds) = asked.preference_applied(wait) {
        assert!(budget <= Duration::from_secs(seconds), "{asked:?}");
    }
}

/// The next request of the same client, which sends neither preference again.
fn assert_hop(asked: &Asked, wait: &Wait) {
    let budget = asked.budget(wait);
    let location = asked.hop_location(budget);
    let query = location.strip_prefix('?').unwrap();
    let next = Asked::read(Some(query), std::iter::empty(), std::iter::empty());
    assert_eq!(next.query, asked.query, "{location}");
    assert_eq!(
        next.hops_left(),
        asked.hops_left().saturating_sub(1),
        "{location}"
    );
    let kept = next.budget(wait);
    assert!(
        kept.abs_diff(budget) <= Duration::from_millis(1),
        "{location}"
    );
}
