//! What is remembered: present entries, for a while.

use std::num::NonZeroUsize;
use std::time::Duration;

use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::Read;
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use lru::LruCache;
use tokio::time::Instant;

/// For so long after a write an entry is read strongly. DynamoDB's eventual reads usually show a write
/// within a second, and nothing says that they always do; ten times that costs few strong reads, and one
/// that shows the old even then is believed for `hot_cache`, as one of another process's write is.
const LAGS_AT_MOST: Duration = Duration::from_secs(10);

/// A bounded map of what was seen; the least recently used goes first.
pub(crate) struct Memory {
    by_use: LruCache<ReplicaId, Known>,
    longest: Duration,
    recheck: Duration,
    last: Moment,
    /// No slot that went for want of room was of a later moment.
    dropped: Moment,
}

/// Counts what is asked and written, so that of two the later is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

/// What is known of a replica, as of the end of the last write or of when the read began.
struct Known {
    as_of: Moment,
    what: What,
}

enum What {
    /// Nothing, since a write, or a read that found another entry than before; until somebody sees
    /// a replica.
    Changed(Instant),
    /// Its replica.
    There(Seen),
}

/// A present entry, and while it counts.
struct Seen {
    entry: Entry,
    from: Timestamp,
    until: Timestamp,
    read: Instant,
}

/// When somebody asked.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    at: Timestamp,
    moment: Moment,
    read: Instant,
}

/// The answer to somebody who asks.
pub(crate) enum Recalled {
    /// It is there, as far as is remembered.
    There(Entry),
    /// The table must be read, so.
    Unknown(Read, Asked),
}

impl Memory {
    pub(crate) fn new(capacity: NonZeroUsize, lifetimes: &Lifetimes) -> Self {
        Self {
            by_use: LruCache::new(capacity),
            longest: lifetimes.hot_cache,
            recheck: lifetimes.recheck,
            last: Moment::default(),
            dropped: Moment::default(),
        }
    }

    /// What is remembered and still counts, for who may be told what was true a moment ago; else how
    /// the table is to be read. Shortly after a write of ours that is strongly: what an eventual read finds
    /// may be older, and would be remembered for much longer than such a read lags behind.
    pub(crate) fn recall(&mut self, id: &ReplicaId, read: Read, at: Timestamp) -> Recalled {
        let what = self.by_use.get(id).map(|known| &known.what);
        let read = match (read, what) {
            (Read::Eventual, Some(What::There(seen))) if seen.counts(at, self.longest) => {
                return Recalled::There(seen.entry.clone());
            }
            (Read::Eventual, Some(What::Changed(then))) if then.elapsed() < LAGS_AT_MOST => {
                Read::Strong
            }
            (read, _) => read,
        };
        Recalled::Unknown(read, self.asked(at))
    }

    fn asked(&mut self, at: Timestamp) -> Asked {
        Asked {
            at,
            moment: self.next(),
            read: Instant::now(),
        }
    }

    /// Remembers what the table told, if that is a replica; anything else makes the old be forgotten.
    /// But nothing, if something was written or read after it was asked for: the answer may be older.
    pub(crate) fn note(&mut self, id: &ReplicaId, found: Option<&Entry>, asked: Asked) {
        let known = self.by_use.peek(id);
        if asked.moment < known.map_or(self.dropped, |known| known.as_of) {
            return;
        }
        let seen = found.and_then(|entry| self.seen(entry, asked));
        let what = match (seen, known.map(|known| &known.what)) {
            (Some(seen), _) => What::There(seen),
            // However often it is asked for, the write is no later.
            (None, Some(What::Changed(then))) => What::Changed(*then),
            (None, Some(What::There(_))) => What::Changed(Instant::now()),
            (None, None) => return,
        };
        self.put(id, asked.moment, what);
    }

    fn seen(&self, entry: &Entry, asked: Asked) -> Option<Seen> {
        let State::Present(present) = &entry.state else {
            return None;
        };
        let recheck = present.checked + self.recheck;
        Some(Seen {
            entry: entry.clone(),
            from: asked.at,
            until: (asked.at + self.longest).min(recheck).min(entry.expires),
            read: asked.read,
        })
    }

    /// A write is over, whatever came of it.
    pub(crate) fn forget(&mut self, id: &ReplicaId) {
        let moment = self.next();
        self.put(id, moment, What::Changed(Instant::now()));
    }

    fn put(&mut self, id: &ReplicaId, as_of: Moment, what: What) {
        let gone = self.by_use.push(id.clone(), Known { as_of, what });
        if let Some((_, known)) = gone.filter(|(other, _)| other != id) {
            self.dropped = self.dropped.max(known.as_of);
        }
    }

    fn next(&mut self) -> Moment {
        self.last.0 += 1;
        self.last
    }
}

impl Seen {
    /// By the wall clock, which goes on while an environment is frozen, and by one that cannot be set
    /// back: whichever has gone further.
    fn counts(&self, now: Timestamp, longest: Duration) -> bool {
        self.from <= now && now < self.until && self.read.elapsed() < longest
    }
}
