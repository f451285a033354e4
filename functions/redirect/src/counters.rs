//! How often each fate was met.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted: one per request, and `FailOpen` besides where a part of ours failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Redirected to a replica that was there.
    Hit,
    /// Redirected to a replica that this request had made.
    Stored,
    /// Redirected to a replica that another request had made meanwhile.
    Collapsed,
    /// Redirected to the origin.
    Origin,
    /// Sent to ourselves again, with the remaining budget.
    Hop,
    /// Refused, or answered with the source's own 404 or 410.
    Refused,
    /// One of our own parts failed, and the client was served all the same.
    FailOpen,
}

impl Counted {
    /// The word for logs, on which metrics are counted.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stored => "stored",
            Self::Collapsed => "collapsed",
            Self::Origin => "origin",
            Self::Hop => "hop",
            Self::Refused => "refused",
            Self::FailOpen => "fail-open",
        }
    }
}

/// Counts since the process began.
#[derive(Debug, Default)]
pub struct Counters([AtomicU64; 7]);

impl Counters {
    /// How often that happened so far.
    pub fn get(&self, what: Counted) -> u64 {
        self.0[what as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, what: Counted) {
        self.0[what as usize].fetch_add(1, Ordering::Relaxed);
    }
}
