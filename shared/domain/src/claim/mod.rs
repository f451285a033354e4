//! The protocol's transitions: who may write what to an entry, and when.
//!
//! Each verb of the status table that writes is one function here, from the entry as it was
//! found to what must be written and what the caller is told. The memory table calls them under
//! its lock, a database adapter makes their result true by compare-and-swap, and the model in
//! `tests/protocol` explores every interleaving of these very functions.
//!
//! Every verb recognises its own write: asked again with the same id, it answers the same.

mod copying;
mod purging;
mod requesting;
mod settling;
#[cfg(test)]
mod tests;

pub use copying::{Extension, begin, extend, release};
pub use purging::{begin_purge, forget};
pub use requesting::{claim, confirm, renewal_is_due};
pub use settling::settle;

use std::time::Duration;

use ulid::Ulid;

use crate::entry::{Entry, State};
use crate::error::Failure;
use crate::policy::Lifetimes;
use crate::time::Timestamp;

/// How often a claim may be taken over before it is given up for a while.
pub const MAX_TRIES: u32 = 3;

/// What a transition wants done to the entry, and what it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition<A> {
    /// The one write, under the condition that the entry is still the one that was found.
    pub write: Write,
    /// The verb's answer, once that write has been made.
    pub answer: A,
}

/// The one write of a transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Leave the entry as it is.
    Nothing,
    /// Write this.
    Put(Entry),
    /// Delete it.
    Delete,
}

/// How long things hold for the pool in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Leases, back-off and memory.
    pub lifetimes: Lifetimes,
    /// How long a replica lives in this pool.
    pub lifespan: Duration,
}

/// Who writes: a claim that nobody began yet, or a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// The attempt that claimed.
    Attempt(Ulid),
    /// The run that began.
    Run(Ulid),
}

/// How a claim or a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The replica is there and good.
    Present {
        /// What the pool says of it.
        replica: crate::entry::Replica,
        /// When the entry must end, which is before the replica does.
        expires: Timestamp,
    },
    /// The copy failed.
    Error(Failure),
}

/// The answer to a write that needs an id to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done, by this call or by an earlier one of the same id: the entry as it is now.
    Done(Entry),
    /// Refused: the live entry that stands in the way, if there is one.
    Refused(Option<Entry>),
}

impl Answer {
    /// Whether the write was made.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

impl Terms {
    /// How long an entry that is no replica's is kept: beyond any replica of that pool and any
    /// upload of S3's, so that neither distrust nor an unfinished upload is lost with it.
    fn keep(&self) -> Duration {
        const UPLOADS_ARE_ENDED_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);
        (self.lifespan * 2).max(UPLOADS_ARE_ENDED_AFTER)
    }

    /// The lease of the `tries`-th claim: half as long again once it was taken over, so that a
    /// slow queue is not asked ever again at the same pace. Below the two leases at which a
    /// clock counts as fast.
    fn claim_lease(&self, tries: u32) -> Duration {
        let lease = self.lifetimes.lease;
        if tries > 1 { lease + lease / 2 } else { lease }
    }
}

impl Holder {
    fn id(self) -> Ulid {
        match self {
            Self::Attempt(id) | Self::Run(id) => id,
        }
    }
}

fn put(entry: Entry) -> Transition<Answer> {
    Transition {
        write: Write::Put(entry.clone()),
        answer: Answer::Done(entry),
    }
}

fn already(entry: &Entry) -> Transition<Answer> {
    Transition {
        write: Write::Nothing,
        answer: Answer::Done(entry.clone()),
    }
}

fn refused(found: Option<&Entry>) -> Transition<Answer> {
    Transition {
        write: Write::Nothing,
        answer: Answer::Refused(found.cloned()),
    }
}

/// Who settled the entry, if it is settled.
fn settled_by(entry: &Entry) -> Option<Ulid> {
    match &entry.state {
        State::Present(present) => Some(present.settled_by),
        State::Error(failed) => Some(failed.settled_by),
        State::Pending(_) | State::Purging(_) => None,
    }
}
