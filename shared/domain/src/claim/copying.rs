//! What a copier may write while it works: that it begins, that it is alive, that it hands on.

use ulid::Ulid;

use super::{Answer, Holder, Terms, Transition, already, put, refused};
use crate::entry::{Entry, Failed, Pending, Present, State, Underway, UnfinishedUpload, Work};
use crate::error::Fault;
use crate::time::Timestamp;

/// A copier begins: compare-and-swap on a pending entry without a live run, on a renewal without
/// one, or on a transient error whose time has come.
///
/// The message's attempt need not match: what queued for longer than a lease is still good work.
/// Of two deliveries one begins; the other is refused and leaves.
pub fn begin(
    found: Option<&Entry>,
    run: Ulid,
    now: Timestamp,
    terms: &Terms,
) -> Transition<Answer> {
    let lease = terms.lifetimes.lease;
    let Some(entry) = Entry::live(found, now) else {
        return refused(None);
    };
    let running = |attempt| Work {
        attempt,
        run: Some(run),
        lease: now + lease,
    };
    match &entry.state {
        State::Pending(Pending { work, .. })
        | State::Present(Present {
            renewal: Some(work),
            ..
        }) if work.run == Some(run) => already(entry),
        State::Pending(pending) if !pending.work.has_live_run(now, lease) => {
            let pending = Pending {
                work: running(pending.work.attempt),
                underway: pending.underway.map(|underway| underway.anew(now)),
            };
            put(with_state(entry, State::Pending(pending)))
        }
        State::Present(present) => match present.renewal {
            Some(work) if !work.has_live_run(now, lease) => {
                put(with_renewal(entry, present, Some(running(work.attempt))))
            }
            _ => refused(Some(entry)),
        },
        State::Error(failed) if may_begin_again(failed, now) => {
            let pending = Pending {
                work: running(failed.settled_by),
                underway: None,
            };
            put(Entry {
                expires: now + terms.keep(),
                tries: entry.tries.saturating_add(1),
                ..with_state(entry, State::Pending(pending))
            })
        }
        _ => refused(Some(entry)),
    }
}

/// What a run says of itself with a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The entry as this run last knew it to be its own.
    pub own: Entry,
    /// The size and start of the copy, where waiters should know.
    pub underway: Option<Underway>,
    /// The upload under way, to be gone on with if this run dies.
    pub upload: Option<UnfinishedUpload>,
}

/// A run is alive: its lease begins anew. Refused means fenced: stop before the next write.
///
/// Where there is no entry at all while the run's own lease is alive, the table was lost: the
/// run inserts its pending entry again. A run that has made progress is no failed try: however
/// many runs a large object takes, it is not given up as long as each gets further. Nor does its
/// entry end under it, however long ago it was claimed.
pub fn extend(
    found: Option<&Entry>,
    run: Ulid,
    extension: &Extension,
    now: Timestamp,
    terms: &Terms,
) -> Transition<Answer> {
    let live = Entry::live(found, now);
    let Some(entry) = live else {
        return match work_of(&extension.own, run) {
            Some(work) if now < work.lease => {
                put(pending_again(&extension.own, work, extension, now, terms))
            }
            _ => refused(None),
        };
    };
    let Some(work) = work_of(entry, run) else {
        return refused(live);
    };
    let work = Work {
        lease: now + terms.lifetimes.lease,
        ..work
    };
    let state = match &entry.state {
        State::Present(present) => State::Present(Present {
            renewal: Some(work),
            ..present.clone()
        }),
        _ => State::Pending(Pending {
            work,
            underway: extension.underway,
        }),
    };
    let expires = match &state {
        State::Pending(_) => entry.expires.max(now + terms.keep()),
        _ => entry.expires,
    };
    let upload = extension.upload.clone();
    let parts = upload.as_ref().map_or(0, UnfinishedUpload::lasting_parts);
    put(Entry {
        tries: if parts > entry.most_parts {
            1
        } else {
            entry.tries
        },
        most_parts: parts.max(entry.most_parts),
        upload,
        expires,
        ..with_state(entry, state)
    })
}

/// A holder gives its work out of its hands. The entry stays, with its unfinished upload and what
/// waiters know of its size.
///
/// A claim whose message could not be sent ends its lease, and is no try: an outage of the queue
/// must not make objects look hopeless. A run that stops early hands its work on to a message,
/// which has a lease's time to be received, as a claim's has.
pub fn release(
    found: Option<&Entry>,
    holder: Holder,
    now: Timestamp,
    terms: &Terms,
) -> Transition<Answer> {
    let live = Entry::live(found, now);
    let Some(entry) = live else {
        return refused(None);
    };
    let Some(work) = held_by(entry, holder) else {
        return refused(live);
    };
    let unsent = matches!(holder, Holder::Attempt(_));
    if unsent && work.lease <= now {
        return already(entry);
    }
    let work = Work {
        run: None,
        lease: if unsent {
            now
        } else {
            now + terms.lifetimes.lease
        },
        ..work
    };
    let state = match &entry.state {
        State::Present(present) => State::Present(Present {
            renewal: Some(work),
            ..present.clone()
        }),
        State::Pending(pending) => State::Pending(Pending {
            work,
            ..pending.clone()
        }),
        State::Error(_) | State::Purging(_) => return refused(live),
    };
    put(Entry {
        tries: entry.tries.saturating_sub(u32::from(unsent)),
        ..with_state(entry, state)
    })
}

fn may_begin_again(failed: &Failed, now: Timestamp) -> bool {
    failed.failure.kind.fault() == Fault::Transient && failed.retry_at <= now
}

/// The work that a run is doing in this entry, if the entry is that run's.
fn work_of(entry: &Entry, run: Ulid) -> Option<Work> {
    held_by(entry, Holder::Run(run))
}

pub(super) fn held_by(entry: &Entry, holder: Holder) -> Option<Work> {
    let work = match &entry.state {
        State::Pending(pending) => pending.work,
        State::Present(present) => present.renewal?,
        State::Error(_) | State::Purging(_) => return None,
    };
    let holds = match holder {
        Holder::Attempt(attempt) => work.attempt == attempt && work.run.is_none(),
        Holder::Run(run) => work.run == Some(run),
    };
    holds.then_some(work)
}

fn pending_again(
    own: &Entry,
    work: Work,
    extension: &Extension,
    now: Timestamp,
    terms: &Terms,
) -> Entry {
    let work = Work {
        lease: now + terms.lifetimes.lease,
        ..work
    };
    Entry {
        state: State::Pending(Pending {
            work,
            underway: extension.underway,
        }),
        expires: now + terms.keep(),
        upload: extension.upload.clone(),
        ..own.clone()
    }
}

pub(super) fn with_state(entry: &Entry, state: State) -> Entry {
    Entry {
        state,
        ..entry.clone()
    }
}

pub(super) fn with_renewal(entry: &Entry, present: &Present, renewal: Option<Work>) -> Entry {
    with_state(
        entry,
        State::Present(Present {
            renewal,
            ..present.clone()
        }),
    )
}
