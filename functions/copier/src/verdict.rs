//! What becomes of a message: a separate question from what becomes of the entry.

use std::time::Duration;

use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::error::{Failure, Fault};
use cloud_mirror_domain::time::Timestamp;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Acknowledged: it is done, or somebody else is at it.
    Done,
    /// It comes back after its invisibility, and in the end is a dead letter.
    Fail,
    /// It comes back after so long.
    RetryAfter(Duration),
}

impl Verdict {
    /// After a copy that failed: the source's own answer will not change by asking again,
    /// a transient fault may, and ours must reach an operator.
    pub(crate) fn after(failure: &Failure, pause: Duration) -> Self {
        match failure.kind.fault() {
            Fault::Absent | Fault::Source => Self::Done,
            Fault::Transient => Self::RetryAfter(pause),
            Fault::Ours => Self::Fail,
        }
    }

    /// After a refused begin. An entry in error sends the message where its own would go, or a
    /// fault of ours would be acknowledged at its second delivery and never be seen.
    pub(crate) fn of_refusal(entry: Option<&Entry>, now: Timestamp) -> Self {
        match entry.map(|entry| &entry.state) {
            Some(State::Error(failed)) => Self::after(&failed.failure, failed.retry_at.since(now)),
            _ => Self::Done,
        }
    }
}
