//! Entries as a verb that breaks one rule takes them to be.

use std::time::Duration;

use cloud_mirror_domain::claim::{Extension, Holder};
use cloud_mirror_domain::entry::{Entry, Pending, Present, Purging, State, Work};
use cloud_mirror_domain::error::{Fault, Kind};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::copier::responsible;
use crate::world::LEASE;

pub(super) fn is_present(entry: &Entry) -> bool {
    matches!(entry.state, State::Present(_))
}

pub(super) fn as_purging(entry: &Entry) -> Option<&Purging> {
    match &entry.state {
        State::Purging(purging) => Some(purging),
        _ => None,
    }
}

pub(super) fn attempt_of(entry: &Entry) -> Option<Ulid> {
    responsible(entry).map(|work| work.attempt)
}

pub(super) fn is_of(entry: &Entry, holder: Holder) -> bool {
    responsible(entry).is_some_and(|work| match holder {
        Holder::Attempt(attempt) => work.attempt == attempt && work.run.is_none(),
        Holder::Run(run) => work.run == Some(run),
    })
}

pub(super) fn is_present_for(entry: &Entry, holder: Holder) -> bool {
    is_present(entry) && is_of(entry, holder)
}

pub(super) fn with_leases(mut entry: Entry, end: impl Fn(Timestamp) -> Timestamp) -> Entry {
    match &mut entry.state {
        State::Pending(pending) => pending.work.lease = end(pending.work.lease),
        State::Purging(purging) => purging.lease = end(purging.lease),
        State::Present(present) => {
            if let Some(work) = &mut present.renewal {
                work.lease = end(work.lease);
            }
        }
        State::Error(_) => {}
    }
    entry
}

pub(super) fn live_at(entry: Entry, now: Timestamp) -> Entry {
    let expires = entry.expires.max(now + LEASE);
    Entry { expires, ..entry }
}

pub(super) fn retried_at_once(mut entry: Entry, now: Timestamp) -> Entry {
    if let State::Error(failed) = &mut entry.state {
        failed.retry_at = failed.retry_at.min(now);
    }
    entry
}

pub(super) fn without_run(mut entry: Entry) -> Entry {
    match &mut entry.state {
        State::Pending(pending) => pending.work.run = None,
        State::Present(Present {
            renewal: Some(work),
            ..
        }) => work.run = None,
        _ => {}
    }
    entry
}

pub(super) fn untried(entry: Entry) -> Entry {
    Entry { tries: 0, ..entry }
}

pub(super) fn without_renewal(mut entry: Entry) -> Entry {
    if let State::Present(present) = &mut entry.state {
        present.renewal = None;
    }
    entry
}

/// Pending, and claimed by nobody who counts.
pub(super) fn claimed(entry: Entry, attempt: Ulid, now: Timestamp) -> Entry {
    pending(entry, Holder::Attempt(attempt), now)
}

/// Pending, and held by whoever asks.
pub(super) fn held(found: Option<Entry>, holder: Holder, now: Timestamp) -> Entry {
    let blank = Entry {
        state: State::Pending(work_for(holder, now)),
        expires: now + LEASE,
        tries: 1,
        distrust: false,
        upload: None,
        most_parts: 0,
    };
    pending(found.unwrap_or(blank), holder, now)
}

fn pending(entry: Entry, holder: Holder, now: Timestamp) -> Entry {
    let state = State::Pending(work_for(holder, now));
    Entry {
        state,
        ..live_at(entry, now)
    }
}

fn work_for(holder: Holder, now: Timestamp) -> Pending {
    let (attempt, run) = match holder {
        Holder::Attempt(attempt) => (attempt, None),
        Holder::Run(run) => (run, Some(run)),
    };
    let lease = now + LEASE;
    Pending {
        work: Work {
            attempt,
            run,
            lease,
        },
        underway: None,
    }
}

/// Whatever it is, its owner is whoever asks.
pub(super) fn owned_by(mut entry: Entry, id: Ulid) -> Entry {
    match &mut entry.state {
        State::Purging(purging) => purging.id = id,
        State::Present(present) => present.settled_by = id,
        State::Pending(_) | State::Error(_) => {}
    }
    entry
}

/// A moment before the run's own lease was over.
pub(super) fn in_time(extension: &Extension, now: Timestamp) -> Timestamp {
    let before = |lease| lease - Duration::from_millis(1);
    responsible(&extension.own).map_or(now, |work| now.min(before(work.lease)))
}

pub(super) fn end_with_the_lease(entry: &mut Entry) {
    if let State::Purging(purging) = &entry.state {
        entry.expires = purging.lease;
    }
}

pub(super) fn hold_for_a_lease(entry: &mut Entry, now: Timestamp) {
    if let State::Purging(purging) = &mut entry.state {
        purging.lease = purging.lease.min(now + LEASE);
    }
}

/// The source's absence is no more than a passing failure.
pub(super) fn transient(mut entry: Entry, now: Timestamp) -> Entry {
    if let State::Error(failed) = &mut entry.state
        && failed.failure.kind.fault() == Fault::Absent
    {
        (failed.failure.kind, failed.retry_at) = (Kind::SourceFailed, now);
    }
    entry
}
