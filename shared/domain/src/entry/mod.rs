//! The status table's record of a replica.
//!
//! The table is a cache and never the truth: losing all of it, at any moment, costs one HEAD per
//! object and nothing else.

mod news;
mod upload;

pub use news::is_news;
pub use upload::{Progress, StreamProgress, UnfinishedUpload, is_strong};

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

use crate::error::Failure;
use crate::time::Timestamp;
use crate::url::SourceUrl;

/// The record of one replica in one pool. No live entry means: absent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// What is known of the replica.
    pub state: State,
    /// From then on the entry counts as absent, whether or not it was deleted.
    pub expires: Timestamp,
    /// Claims in a row that have not led to a replica.
    pub tries: u32,
    /// A purge may have left its object behind: only a copy made from now on counts.
    pub distrust: bool,
    /// An unfinished multipart upload, which the next run goes on with or ends.
    pub upload: Option<UnfinishedUpload>,
    /// The most parts that an upload of this copy has had: only more than these is progress, or a
    /// copy that begins anew each time would look like one that gets on.
    #[serde(default)]
    pub most_parts: u32,
}

/// What is known of a replica.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum State {
    /// Somebody is responsible for making it.
    Pending(Pending),
    /// It is there.
    Present(Present),
    /// The last try failed.
    Error(Failed),
    /// It is being removed, or was: once the lease is over, what is left is a mark that the
    /// next claim must distrust what it finds.
    Purging(Purging),
}

/// A copy that was claimed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pending {
    /// Who is responsible.
    pub work: Work,
    /// What the copier found out about the copy's size, where that matters to waiters.
    pub underway: Option<Underway>,
}

/// Responsibility for a copy: claimed by an attempt, then carried out by a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Work {
    /// The claim's unique id.
    pub attempt: Ulid,
    /// The fencing token of the copier that works on it, once one has begun.
    pub run: Option<Ulid>,
    /// How long the claim or the run holds.
    pub lease: Timestamp,
}

/// How far a copy can be expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Underway {
    /// The size of the object, in bytes.
    pub size: u64,
    /// When its bytes began to move.
    pub began: Timestamp,
}

/// A replica that is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Present {
    /// What the pool says of it. Shared, because each hit is given a copy of the entry.
    pub replica: Arc<Replica>,
    /// The attempt or run that settled the entry: this settlement's identity.
    pub settled_by: Ulid,
    /// When the replica was last seen in its pool.
    pub checked: Timestamp,
    /// A copy that replaces it before its end, behind the hits.
    pub renewal: Option<Work>,
    /// A renewal failed; not to be tried again before.
    pub renew_after: Timestamp,
}

/// What a pool says of a replica.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Replica {
    /// The pool's own validator: what conditional writes compare.
    pub etag: String,
    /// Size in bytes.
    pub size: u64,
    /// When the pool stored it.
    pub stored: Timestamp,
    /// When the pool's lifecycle will delete it, where the store says so.
    pub expires: Option<Timestamp>,
    /// The run that wrote it, by its own metadata.
    pub written_by: Option<Ulid>,
    /// The source as it was then, by the replica's own metadata.
    pub upstream: Option<Upstream>,
    /// Digests of the bytes, in hexadecimal.
    pub digests: Option<Digests>,
    /// The store's own checksum of the whole object, `crc64nvme:` and its base64 say.
    #[serde(default)]
    pub checksum: Option<String>,
}

/// The source of a replica at the time of its copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Upstream {
    /// The source URL.
    pub url: String,
    /// Its entity tag.
    pub etag: Option<String>,
    /// Its length in bytes, where it was known when the copy began.
    pub length: Option<u64>,
}

/// Four digests of an object's bytes, in lower-case hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Digests {
    /// MD5, which stores and old clients compare.
    pub md5: String,
    /// SHA-1.
    pub sha1: String,
    /// SHA-256.
    pub sha256: String,
    /// SHA-512.
    pub sha512: String,
}

/// A failure that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failed {
    /// What went wrong.
    pub failure: Failure,
    /// From then on it may be tried again.
    pub retry_at: Timestamp,
    /// The attempt or run that settled it.
    pub settled_by: Ulid,
}

/// A removal under way, or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Purging {
    /// The purge's unique id.
    pub id: Ulid,
    /// How long only its owner may delete, and nobody may copy.
    pub lease: Timestamp,
    /// Until then a run that was fenced by this purge may still write.
    pub run_until: Option<Timestamp>,
}

impl Entry {
    /// Whether the entry still counts.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    /// The entry if it still counts: tables delete late, so every reader asks this.
    pub fn live(entry: Option<&Self>, now: Timestamp) -> Option<&Self> {
        entry.filter(|entry| entry.is_live(now))
    }

    /// The word for the entry's state in answers and logs. A purge that is done has left only
    /// its mark, and the replica is absent.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match &self.state {
            State::Pending(_) => "pending",
            State::Present(_) => "present",
            State::Error(_) => "error",
            State::Purging(purging) if purging.lease <= now => "absent",
            State::Purging(_) => "purging",
        }
    }
}

impl Underway {
    /// The same copy, begun again or at last.
    #[must_use]
    pub fn anew(self, now: Timestamp) -> Self {
        Self { began: now, ..self }
    }
}

impl Work {
    /// Whether a run works on it whose lease is not over.
    pub fn has_live_run(&self, now: Timestamp, lease: Duration) -> bool {
        self.run.is_some() && !lease_is_over(self.lease, now, lease)
    }
}

impl Purging {
    /// Whether a claim may be made over it. Its lease may rightly end later than others', because
    /// it waits for a fenced run first: for a lease and what that run's final write may take,
    /// which is less than three. What waits longer was written by a fast clock.
    pub fn is_over(&self, now: Timestamp, lease: Duration) -> bool {
        let waits = self
            .run_until
            .map(|until| until.since(now))
            .unwrap_or_default();
        lease_is_over(self.lease, now, lease + waits.min(lease * 3))
    }
}

impl Replica {
    /// Whether the object is complete and ours, as far as its own metadata can tell.
    pub fn is_of(&self, url: &SourceUrl) -> bool {
        self.upstream.as_ref().is_some_and(|upstream| {
            upstream.url == url.as_str() && upstream.length.is_none_or(|bytes| bytes == self.size)
        })
    }

    /// Whether the object is worth an entry: complete, ours, and with life left.
    pub fn is_good(
        &self,
        url: &SourceUrl,
        lifespan: Duration,
        margin: Duration,
        now: Timestamp,
    ) -> bool {
        self.is_of(url) && self.entry_expires(url, lifespan, margin) > now
    }

    /// When an entry for this replica must end: before the replica does, by a margin that
    /// differs from key to key, so that not everything is renewed at once.
    pub fn entry_expires(
        &self,
        url: &SourceUrl,
        lifespan: Duration,
        margin: Duration,
    ) -> Timestamp {
        let ends = self.expires.unwrap_or(self.stored + lifespan);
        let margin = margin.min(lifespan / 8);
        let spread = u32::from(Sha256::digest(url.as_str())[0]);
        ends - margin - margin * spread / 255
    }
}

/// Whether a lease is over. One that ends later than two leases from now was written by a fast
/// clock and counts as over: nothing may wait for it.
pub fn lease_is_over(until: Timestamp, now: Timestamp, lease: Duration) -> bool {
    until <= now || until > now + lease * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn an_entry_ends_between_one_and_two_margins_before_its_replica() {
        let replica = Replica {
            stored: Timestamp::from_millis(0),
            ..Replica::default()
        };
        let mut ends = std::collections::BTreeSet::new();
        for n in 0..100 {
            let url = SourceUrl::parse(&format!("https://example.com/{n}")).unwrap();
            let end = replica.entry_expires(&url, 24 * HOUR, HOUR);
            assert!(end <= Timestamp::default() + 23 * HOUR, "{end:?}");
            assert!(end >= Timestamp::default() + 22 * HOUR, "{end:?}");
            ends.insert(end);
        }
        assert!(
            ends.len() > 50,
            "not everything ends at once: {} ends",
            ends.len()
        );
    }

    #[test]
    fn the_stores_own_expiry_counts_where_it_is_given() {
        let url = SourceUrl::parse("https://example.com/a").unwrap();
        let given = Timestamp::default() + 100 * HOUR;
        let replica = Replica {
            expires: Some(given),
            ..Replica::default()
        };
        assert!(replica.entry_expires(&url, 24 * HOUR, HOUR) >= given - 2 * HOUR);
    }

    #[test]
    fn a_lease_from_a_fast_clock_is_over() {
        let (now, lease) = (
            Timestamp::from_millis(1_000_000),
            Duration::from_millis(1_000),
        );
        assert!(lease_is_over(now, now, lease));
        assert!(!lease_is_over(now + lease, now, lease));
        assert!(!lease_is_over(now + lease * 2, now, lease));
        assert!(lease_is_over(now + lease * 3, now, lease));
    }
}
