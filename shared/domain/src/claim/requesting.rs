//! What a requester may write: a claim, and that it has seen a replica.

use std::time::Duration;

use ulid::Ulid;

use super::{Answer, MAX_TRIES, Terms, Transition, Write, already, put, refused};
use crate::entry::{
    Entry, Failed, Pending, Present, State, Underway, UnfinishedUpload, Work, lease_is_over,
};
use crate::error::{Failure, Fault, Kind};
use crate::time::Timestamp;

/// A replica this close to its end is not renewed any more: the copy might come too late.
const TOO_LATE_TO_RENEW: Duration = Duration::from_secs(5 * 60);

/// One requester becomes responsible for a copy.
///
/// Wins if there is no live entry, if a claim's, a run's or a purge's lease is over, or if an
/// error's time has come. On a present entry near its end it wins the renewal, and the entry
/// stays present. Taking over keeps an unfinished upload; over a purge it carries distrust. From
/// the fourth claim in a row that nobody brought to an end, it settles an error instead.
pub fn claim(
    found: Option<&Entry>,
    attempt: Ulid,
    now: Timestamp,
    terms: &Terms,
) -> Transition<Answer> {
    let upload = found.and_then(|entry| entry.upload.clone());
    let most_parts = Entry::live(found, now).map_or(0, |entry| entry.most_parts);
    let fresh = |tries, distrust, underway| {
        let claim = Claim {
            most_parts,
            attempt,
            tries,
            distrust,
            underway,
        };
        claimed(claim, upload, now, terms)
    };
    let Some(entry) = Entry::live(found, now) else {
        return put(fresh(1, false, None));
    };
    let lease = terms.lifetimes.lease;
    match &entry.state {
        State::Pending(pending) if is_own(pending, attempt) => already(entry),
        State::Pending(pending) if lease_is_over(pending.work.lease, now, lease) => {
            let tries = tries_of_a_takeover(entry.tries, pending);
            if tries > MAX_TRIES {
                abandon(entry, attempt, now, terms)
            } else {
                let underway = pending.underway.map(|underway| underway.anew(now));
                put(fresh(tries, entry.distrust, underway))
            }
        }
        State::Purging(purging) if purging.is_over(now, lease) => put(fresh(1, true, None)),
        State::Error(failed) if failed.retry_at <= now => {
            let tries = tries_after(failed, entry.tries);
            put(fresh(tries, entry.distrust, None))
        }
        State::Present(present) if renews(present, attempt) => already(entry),
        State::Present(present) if renewal_is_due(entry, now, terms) => {
            put(renewing(entry, present, attempt, now + lease))
        }
        _ => refused(Some(entry)),
    }
}

/// A present entry's replica was seen in its pool: it need not be looked at again for a while.
pub fn confirm(found: Option<&Entry>, settled_by: Ulid, now: Timestamp) -> Transition<Answer> {
    let live = Entry::live(found, now);
    match live.map(|entry| (entry, &entry.state)) {
        // A herd that looks at the same moment writes once.
        Some((entry, State::Present(present)))
            if present.settled_by == settled_by && present.checked >= now =>
        {
            already(entry)
        }
        Some((entry, State::Present(present))) if present.settled_by == settled_by => {
            let present = Present {
                checked: now,
                ..present.clone()
            };
            put(Entry {
                state: State::Present(present),
                ..entry.clone()
            })
        }
        _ => refused(live),
    }
}

/// Whether a present entry is so near its end that a hit should start a renewal: in the last
/// eighth of the replica's life, with time enough left, and nobody at it.
pub fn renewal_is_due(entry: &Entry, now: Timestamp, terms: &Terms) -> bool {
    let State::Present(present) = &entry.state else {
        return false;
    };
    let left = entry.expires.since(now);
    let lease = terms.lifetimes.lease;
    let busy = present
        .renewal
        .is_some_and(|work| !lease_is_over(work.lease, now, lease));
    left <= terms.lifespan / 8
        && left > TOO_LATE_TO_RENEW.min(terms.lifespan / 64)
        && !busy
        && present.renew_after <= now
}

struct Claim {
    attempt: Ulid,
    tries: u32,
    distrust: bool,
    underway: Option<Underway>,
    most_parts: u32,
}

fn claimed(claim: Claim, upload: Option<UnfinishedUpload>, now: Timestamp, terms: &Terms) -> Entry {
    let lease = now + terms.claim_lease(claim.tries);
    let work = Work {
        attempt: claim.attempt,
        run: None,
        lease,
    };
    Entry {
        state: State::Pending(Pending {
            work,
            underway: claim.underway,
        }),
        expires: now + terms.keep(),
        tries: claim.tries,
        distrust: claim.distrust,
        upload,
        most_parts: claim.most_parts,
    }
}

fn renewing(entry: &Entry, present: &Present, attempt: Ulid, lease: Timestamp) -> Entry {
    let renewal = Some(Work {
        attempt,
        run: None,
        lease,
    });
    Entry {
        state: State::Present(Present {
            renewal,
            ..present.clone()
        }),
        ..entry.clone()
    }
}

fn abandon(entry: &Entry, attempt: Ulid, now: Timestamp, terms: &Terms) -> Transition<Answer> {
    let detail = format!("{} claims in a row were begun and not ended", entry.tries);
    let failed = Failed {
        failure: Failure::new(Kind::Abandoned, detail),
        retry_at: now + terms.lifetimes.retry_backoff.1,
        settled_by: attempt,
    };
    let state = State::Error(failed);
    let given_up = Entry {
        state,
        tries: entry.tries.saturating_add(1),
        ..entry.clone()
    };
    Transition {
        write: Write::Put(given_up.clone()),
        answer: Answer::Refused(Some(given_up)),
    }
}

fn is_own(pending: &Pending, attempt: Ulid) -> bool {
    pending.work.attempt == attempt && pending.work.run.is_none()
}

fn renews(present: &Present, attempt: Ulid) -> bool {
    let renewal = present.renewal;
    renewal.is_some_and(|work| work.attempt == attempt && work.run.is_none())
}

/// A copy that is known to be large may wait for the bulk queue for longer than a lease, which says
/// nothing against it as long as nobody has begun.
fn tries_of_a_takeover(tries: u32, pending: &Pending) -> u32 {
    let queued = pending.underway.is_some() && pending.work.run.is_none();
    if queued {
        tries
    } else {
        tries.saturating_add(1)
    }
}

/// Transient errors in a row are counted; another answer of the source begins a new row.
fn tries_after(failed: &Failed, tries: u32) -> u32 {
    match failed.failure.kind.fault() {
        Fault::Transient => tries.saturating_add(1),
        Fault::Absent | Fault::Source | Fault::Ours => 1,
    }
}
