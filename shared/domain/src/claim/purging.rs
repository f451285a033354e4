//! What a purger may write: that it removes a replica, and that it has done so.

use ulid::Ulid;

use super::{Answer, Terms, Transition, Write, already, put, refused};
use crate::entry::{Entry, Pending, Purging, State, Work};
use crate::time::Timestamp;

/// A purge begins, over any entry or none. From then on nobody copies, and no run settles.
///
/// Refused only while another purge is at it, which covers this one: nothing new can have been
/// stored since that began. A live run may still write until `run_until`; only then is deleting
/// final. An unfinished upload is carried over, to be aborted.
///
/// A purge that had to wait is resumed under a fresh id, so that two deliveries of its message
/// never delete side by side: the slower one could otherwise take an object that was copied after
/// the faster one was done, and leave its entry present.
pub fn begin_purge(
    found: Option<&Entry>,
    id: Ulid,
    resumes: Option<Ulid>,
    now: Timestamp,
    terms: &Terms,
) -> Transition<Answer> {
    let live = Entry::live(found, now);
    let run_until = live.and_then(|entry| run_until(entry, now, terms));
    if let Some((entry, purging)) = live.and_then(as_purging)
        && !purging.is_over(now, terms.lifetimes.lease)
    {
        if purging.id == id {
            return already(entry);
        }
        if resumes != Some(purging.id) {
            return refused(live);
        }
    }
    let lease = run_until.unwrap_or(now) + terms.lifetimes.lease;
    put(Entry {
        state: State::Purging(Purging {
            id,
            lease,
            run_until,
        }),
        expires: now + terms.keep(),
        tries: 0,
        distrust: true,
        upload: found.and_then(|entry| entry.upload.clone()),
        most_parts: 0,
    })
}

/// What `id` wrote is not there any more: a purge is done, or a present entry's replica is gone.
///
/// A purge leaves its mark: its lease ends but the entry stays, so that the next claim distrusts
/// what it finds. That is what keeps the late write of a run which a lost table hid from this
/// purge from ever being served. A present entry is deleted, unless a renewal is alive, which
/// then goes on as the copy that is now needed.
pub fn forget(
    found: Option<&Entry>,
    id: Ulid,
    now: Timestamp,
    terms: &Terms,
) -> Transition<Answer> {
    let live = Entry::live(found, now);
    let Some(entry) = live else {
        return refused(None);
    };
    match &entry.state {
        State::Purging(purging) if purging.id == id => {
            let over = Purging {
                lease: now,
                run_until: None,
                ..*purging
            };
            put(Entry {
                state: State::Purging(over),
                upload: None,
                ..entry.clone()
            })
        }
        State::Present(present) if present.settled_by == id => match present.renewal {
            Some(work) if work.has_live_run(now, terms.lifetimes.lease) => put(Entry {
                expires: now + terms.keep(),
                ..carried_on(entry, work)
            }),
            _ => Transition {
                write: Write::Delete,
                answer: Answer::Done(entry.clone()),
            },
        },
        _ => refused(live),
    }
}

fn as_purging(entry: &Entry) -> Option<(&Entry, &Purging)> {
    match &entry.state {
        State::Purging(purging) => Some((entry, purging)),
        _ => None,
    }
}

/// Until when a run that this entry knows of may still write to the pool.
fn run_until(entry: &Entry, now: Timestamp, terms: &Terms) -> Option<Timestamp> {
    let work = match &entry.state {
        State::Pending(Pending { work, .. }) => Some(*work),
        State::Present(present) => present.renewal,
        State::Error(_) => None,
        State::Purging(purging) if purging.is_over(now, terms.lifetimes.lease) => None,
        State::Purging(purging) => return purging.run_until.filter(|until| *until > now),
    };
    let lifetimes = &terms.lifetimes;
    work.filter(|work| work.has_live_run(now, lifetimes.lease))
        .map(|work| work.lease + lifetimes.write_limit() + lifetimes.skew())
}

fn carried_on(entry: &Entry, work: Work) -> Entry {
    Entry {
        state: State::Pending(Pending {
            work,
            underway: None,
        }),
        ..entry.clone()
    }
}
