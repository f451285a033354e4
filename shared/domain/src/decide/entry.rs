//! What a live entry means for a request.

use super::{Decision, Upkeep, Wanted, Why};
use crate::claim::{Terms, renewal_is_due};
use crate::entry::{Entry, Failed, Pending, Present, Purging, State, lease_is_over};
use crate::error::Fault;
use crate::policy::Policy;
use crate::time::Timestamp;

pub(super) fn of_entry(
    wanted: &Wanted,
    entry: &Entry,
    now: Timestamp,
    policy: &Policy,
    terms: &Terms,
) -> Decision {
    let lease = policy.lifetimes.lease;
    match &entry.state {
        State::Present(present) => of_present(wanted, entry, present, now, terms),
        State::Pending(pending) if lease_is_over(pending.work.lease, now, lease) => Decision::Claim,
        State::Pending(pending) if cannot_finish(pending, wanted, policy) => {
            Decision::Origin(Why::TooSlow)
        }
        State::Pending(pending) => wait(wanted, entry, pending.work.lease, now),
        State::Purging(purging) if purging.is_over(now, lease) => Decision::Claim,
        State::Purging(purging) if outlasts(purging, wanted) => Decision::Origin(Why::Purging),
        State::Purging(purging) => wait(wanted, entry, purging.lease, now),
        State::Error(failed) => of_error(wanted, entry, failed, now),
    }
}

fn of_present(
    wanted: &Wanted,
    entry: &Entry,
    present: &Present,
    now: Timestamp,
    terms: &Terms,
) -> Decision {
    let recheck = present.checked + terms.lifetimes.recheck;
    if wanted.no_cache || recheck <= now {
        Decision::Look(entry.clone())
    } else if renewal_is_due(entry, now, terms) {
        Decision::Replica(entry.clone(), Upkeep::Renew)
    } else {
        Decision::Replica(entry.clone(), Upkeep::None)
    }
}

fn of_error(wanted: &Wanted, entry: &Entry, failed: &Failed, now: Timestamp) -> Decision {
    if failed.retry_at <= now {
        return Decision::Claim;
    }
    let kind = failed.failure.kind;
    match kind.fault() {
        Fault::Absent => Decision::SourceSays(kind),
        Fault::Source | Fault::Ours => Decision::Origin(Why::Error(failed.failure.clone())),
        // Waiting helps only if the next try comes while this request still waits.
        Fault::Transient if failed.retry_at < wanted.patience.budget_ends => {
            wait(wanted, entry, failed.retry_at, now)
        }
        Fault::Transient => Decision::Origin(Why::Error(failed.failure.clone())),
    }
}

/// Waits until the entry may be claimed or the invocation ends, whichever comes first.
fn wait(wanted: &Wanted, entry: &Entry, claimable: Timestamp, now: Timestamp) -> Decision {
    let patience = &wanted.patience;
    let invocation_ends = patience.invocation_ends.min(patience.budget_ends);
    if now < invocation_ends {
        return Decision::Wait(entry.clone(), claimable.min(invocation_ends));
    }
    let budget = patience.budget_ends.since(now);
    if patience.hops_left > 0 && !budget.is_zero() {
        Decision::Hop { budget }
    } else {
        Decision::Origin(Why::WaitExhausted)
    }
}

/// Whether the copy, at the throughput that the policy assumes, ends after the whole budget.
fn cannot_finish(pending: &Pending, wanted: &Wanted, policy: &Policy) -> bool {
    pending.underway.is_some_and(|underway| {
        let takes = policy.copy.assumed_time(underway.size);
        underway.began + takes > wanted.patience.budget_ends
    })
}

/// Whether a purge waits for a fenced run beyond the whole budget, so that waiting is in vain.
fn outlasts(purging: &Purging, wanted: &Wanted) -> bool {
    let ends = wanted.patience.budget_ends;
    purging.run_until.is_some_and(|until| until > ends)
}
