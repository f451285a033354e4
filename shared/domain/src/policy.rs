//! How patient, how forgetful and how bold the mirror is. Values come from `mirror.toml`.

use std::time::Duration;

const MIB: u64 = 1024 * 1024;

/// Everything of `mirror.toml` that is not a source or a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// How long a request may wait for a copy.
    pub wait: Wait,
    /// How long things hold.
    pub lifetimes: Lifetimes,
    /// How copies are made.
    pub copy: CopyLimits,
}

/// How long a request may wait for a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// In one invocation. An HTTP API ends at 30 s.
    pub invocation: Duration,
    /// Over all hops. More than `invocation` makes hops.
    pub total: Duration,
}

/// How long things hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An entry ends at least this long before its replica.
    pub present_margin: Duration,
    /// How long a source's 404 and the like are remembered.
    pub error_memory: Duration,
    /// The shortest and the longest pause after a transient error.
    pub retry_backoff: (Duration, Duration),
    /// How long a claim or a run holds without a heartbeat.
    pub lease: Duration,
    /// A present replica is looked at again after this.
    pub recheck: Duration,
    /// A process remembers for so long that a replica is there; zero remembers nothing. A part of a
    /// purge's delay.
    pub hot_cache: Duration,
    /// An unfinished upload that no entry of ours records is ended once it is older than this. A
    /// younger one may be the work of another mirror over the same pool.
    pub unrecorded_upload: Duration,
}

/// How copies are made. Sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyLimits {
    /// Server-side copies above this go in parts.
    pub server_side_single: u64,
    /// Size of a part of a server-side copy; grows so that 10,000 suffice.
    pub part: u64,
    /// Size of a part of a streamed copy; grows so that 10,000 suffice.
    pub stream_part: u64,
    /// The most memory that one streamed copy's parts may take.
    pub stream_memory: u64,
    /// How many parts of one copy may be under way at once.
    pub parts_in_flight: usize,
    /// Bytes per second that a copy is taken to make, where nothing better is known.
    pub assumed_throughput: u64,
    /// Larger objects are not mirrored.
    pub max_object: u64,
}

impl CopyLimits {
    /// How long the copy of so many bytes is taken to last.
    pub fn assumed_time(&self, size_bytes: u64) -> Duration {
        let throughput = self.assumed_throughput.max(1);
        Duration::from_millis(size_bytes.saturating_mul(1000) / throughput)
    }
}

impl Default for Wait {
    fn default() -> Self {
        Self {
            invocation: Duration::from_secs(25),
            total: Duration::from_secs(25),
        }
    }
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            present_margin: Duration::from_secs(30 * 60),
            error_memory: Duration::from_secs(30),
            retry_backoff: (Duration::from_secs(1), Duration::from_secs(60)),
            lease: Duration::from_secs(60),
            recheck: Duration::from_secs(6 * 3600),
            hot_cache: Duration::from_secs(60),
            unrecorded_upload: Duration::from_secs(24 * 3600),
        }
    }
}

impl Default for CopyLimits {
    fn default() -> Self {
        Self {
            server_side_single: 256 * MIB,
            part: 128 * MIB,
            stream_part: 16 * MIB,
            stream_memory: 128 * MIB,
            parts_in_flight: 16,
            assumed_throughput: 40 * MIB,
            max_object: 5 * 1024 * 1024 * MIB,
        }
    }
}

impl Lifetimes {
    /// How long a final write may take: it must end inside a lease that was just extended.
    pub fn write_limit(&self) -> Duration {
        self.lease / 2
    }

    /// How far two machines' clocks may differ before a lease's end is misjudged.
    pub fn skew(&self) -> Duration {
        self.lease / 12
    }

    /// The pause after the `tries`-th failure in a row: doubling, within `retry_backoff`.
    pub fn backoff(&self, tries: u32) -> Duration {
        let (shortest, longest) = self.retry_backoff;
        let doubled = shortest.saturating_mul(1 << tries.saturating_sub(1).min(20));
        doubled.min(longest)
    }
}
