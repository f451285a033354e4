//! What a prefetch prints.

use std::fmt;
use std::time::Duration;

use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::{SourceUrl, is_signed};
use serde::Serialize;

/// A line of the list, or a key of the bucket, that cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Malformed {
    /// `urls.txt:7`, or `s3://bucket/key`.
    pub(super) place: String,
    /// In one word.
    pub(super) error: &'static str,
    /// In a sentence.
    pub(super) message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.error, self.message)
    }
}

/// What became of one replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(super) enum Fate {
    /// It was there.
    Hit,
    /// It was copied, by this prefetch or for somebody else who asked meanwhile.
    Copied {
        /// Its size, where the mirror says it.
        #[serde(skip_serializing_if = "Option::is_none")]
        size_bytes: Option<u64>,
    },
    /// The source lies in the pool's own service and region, so that no replica is ever made.
    SamePlace,
    /// It is not there.
    Failed {
        /// Why, in one word.
        error: String,
        /// Why, in a sentence.
        message: String,
    },
    /// The prefetch was interrupted before this was known.
    Unfinished,
}

impl Fate {
    /// Whether there is nothing left to do for it.
    pub(super) fn is_good(&self) -> bool {
        matches!(self, Self::Hit | Self::Copied { .. } | Self::SamePlace)
    }
}

/// One replica and its fate.
#[derive(Serialize)]
pub(super) struct Finished<'a> {
    pool: String,
    url: SourceUrl,
    #[serde(flatten)]
    fate: &'a Fate,
}

impl<'a> Finished<'a> {
    pub(super) fn new(id: &ReplicaId, fate: &'a Fate) -> Self {
        // A signature is a secret for as long as it lasts.
        let url = match is_signed(&id.url) {
            true => id.url.without_query(),
            false => id.url.clone(),
        };
        let pool = id.pool.to_string();
        Self { pool, url, fate }
    }
}

impl fmt::Display for Finished<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.pool, self.url)?;
        match self.fate {
            Fate::Hit => f.write_str("was there"),
            Fate::Copied { .. } => f.write_str("copied"),
            Fate::SamePlace => f.write_str("lies where its pool lies"),
            Fate::Failed { error, message } => write!(f, "{error}: {message}"),
            Fate::Unfinished => f.write_str("not known yet"),
        }
    }
}

/// All of it, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Counts {
    /// Replicas that were wanted, each counted once.
    pub(super) wanted: usize,
    /// Of these, what the journal says is present.
    pub(super) done_before: usize,
    /// What was there.
    pub(super) hits: usize,
    /// What was copied.
    pub(super) copied: usize,
    /// What is never copied, because its source lies where its pool lies.
    pub(super) same_place: usize,
    /// What is not there.
    pub(super) failed: usize,
    /// What was not asked for, or not to the end.
    pub(super) unfinished: usize,
    /// Lines and keys that cannot be asked for.
    pub(super) malformed: usize,
    /// Lines that said again what another said.
    pub(super) repeated: usize,
    /// The bytes of what was copied, as far as the mirror says them.
    pub(super) copied_bytes: u64,
    /// Copies whose size the mirror did not say.
    pub(super) of_unknown_size: usize,
    /// How long it took.
    pub(super) seconds: f64,
}

impl Counts {
    pub(super) fn count(&mut self, fate: &Fate) {
        match fate {
            Fate::Hit => self.hits += 1,
            Fate::Copied { size_bytes } => {
                self.copied += 1;
                self.copied_bytes += size_bytes.unwrap_or(0);
                self.of_unknown_size += usize::from(size_bytes.is_none());
            }
            Fate::SamePlace => self.same_place += 1,
            Fate::Failed { .. } => self.failed += 1,
            Fate::Unfinished => self.unfinished += 1,
        }
    }

    pub(super) fn took(&mut self, time: Duration) {
        self.seconds = (time.as_secs_f64() * 10.0).round() / 10.0;
    }

    /// Whether everything that was wanted is there.
    pub(super) fn is_all_there(&self) -> bool {
        self.failed + self.unfinished + self.malformed == 0
    }
}

/// The last line.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    pub(super) summary: &'a Counts,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.summary;
        write!(f, "{} wanted", counts.wanted)?;
        for (count, what) in [
            (counts.done_before, "done before"),
            (counts.hits, "were there"),
            (counts.copied, "copied"),
            (counts.same_place, "lie where their pool lies"),
            (counts.failed, "failed"),
            (counts.unfinished, "left"),
            (counts.malformed, "cannot be asked for"),
            (counts.repeated, "listed again"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        if counts.copied > counts.of_unknown_size {
            write!(f, "; {} bytes copied", counts.copied_bytes)?;
        }
        if counts.of_unknown_size > 0 {
            write!(f, ", without {} of unknown size", counts.of_unknown_size)?;
        }
        write!(f, "; {:.1} s", counts.seconds)
    }
}
