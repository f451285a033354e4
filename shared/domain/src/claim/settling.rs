//! How a claim or a run ends.

use std::sync::Arc;

use ulid::Ulid;

use super::copying::{held_by, with_renewal, with_state};
use super::{
    Answer, Holder, MAX_TRIES, Outcome, Terms, Transition, already, put, refused, settled_by,
};
use crate::entry::{Entry, Failed, Present, Replica, State};
use crate::error::{Failure, Fault};
use crate::time::Timestamp;

/// A claim or a run has ended. Only on the holder's own id, only while the entry is its own.
///
/// A failed renewal changes nothing but that it is not tried again at once.
pub fn settle(
    found: Option<&Entry>,
    holder: Holder,
    outcome: &Outcome,
    now: Timestamp,
    terms: &Terms,
) -> Transition<Answer> {
    let live = Entry::live(found, now);
    let Some(entry) = live else {
        return refused(None);
    };
    if settled_by(entry) == Some(holder.id()) {
        return already(entry);
    }
    if held_by(entry, holder).is_none() {
        return refused(live);
    }
    match (outcome, &entry.state) {
        (Outcome::Present { replica, expires }, _) => {
            let present = present(replica, *expires, holder.id(), now);
            // A requester who finds the replica there does not end an upload; a renewal will.
            let upload = entry.upload.clone();
            let left = upload.filter(|_| matches!(holder, Holder::Attempt(_)));
            put(Entry {
                upload: left,
                ..present
            })
        }
        (Outcome::Error(_), State::Present(present)) => {
            let renew_after = now + terms.lifetimes.retry_backoff.1;
            let present = Present {
                renew_after,
                ..present.clone()
            };
            put(with_renewal(entry, &present, None))
        }
        (Outcome::Error(failure), _) => put(failed(entry, failure, holder.id(), now, terms)),
    }
}

fn present(replica: &Replica, expires: Timestamp, settled_by: Ulid, now: Timestamp) -> Entry {
    let state = State::Present(Present {
        replica: Arc::new(replica.clone()),
        settled_by,
        checked: now,
        renewal: None,
        renew_after: now,
    });
    Entry {
        state,
        expires,
        tries: 0,
        distrust: false,
        upload: None,
        most_parts: 0,
    }
}

fn failed(
    entry: &Entry,
    failure: &Failure,
    settled_by: Ulid,
    now: Timestamp,
    terms: &Terms,
) -> Entry {
    let lifetimes = &terms.lifetimes;
    let pause = match failure.kind.fault() {
        // Give up for a while: whoever asks now goes to the origin at once.
        Fault::Transient if entry.tries >= MAX_TRIES => lifetimes.retry_backoff.1,
        Fault::Transient => lifetimes.backoff(entry.tries),
        Fault::Absent | Fault::Source | Fault::Ours => lifetimes.error_memory,
    };
    let retry_at = now + pause;
    // Failures in a row are remembered for a while beyond the pause, distrust and uploads longer; and
    // what is ours to mend until somebody looks at its dead letter.
    let row = retry_at + lifetimes.retry_backoff.1 * 10;
    let ours = failure.kind.fault() == Fault::Ours;
    let keeps = ours || entry.distrust || entry.upload.is_some();
    let state = State::Error(Failed {
        failure: failure.clone(),
        retry_at,
        settled_by,
    });
    Entry {
        expires: if keeps { now + terms.keep() } else { row },
        ..with_state(entry, state)
    }
}
