//! `[lifetimes]`: how long things hold.

use std::time::Duration;

use cloud_mirror_domain::policy::Lifetimes;
use humantime::format_duration;
use serde::Deserialize;

use crate::error::ConfigError;
use crate::units;

/// A shorter lease would end between two heartbeats on any network.
const SHORTEST_LEASE: Duration = Duration::from_millis(100);

/// The table, written straight into the domain's [`Lifetimes`]; what is left out is that type's
/// default.
#[derive(Deserialize)]
#[serde(
    remote = "Lifetimes",
    default = "Lifetimes::default",
    deny_unknown_fields
)]
pub(crate) struct LifetimesTable {
    /// An entry ends at least this long before its replica: a duration, by default `"30m"`.
    #[serde(deserialize_with = "units::duration")]
    present_margin: Duration,
    /// How long a source's 404 and the like are remembered: a duration above zero, by default
    /// `"30s"`.
    #[serde(deserialize_with = "units::positive_duration")]
    error_memory: Duration,
    /// The shortest and the longest pause after a transient error: two durations above zero, by
    /// default `"1s..60s"`.
    #[serde(deserialize_with = "units::backoff")]
    retry_backoff: (Duration, Duration),
    /// How long a claim or a run holds without a heartbeat: a duration of at least 100 ms, by
    /// default `"60s"`.
    #[serde(deserialize_with = "units::duration")]
    lease: Duration,
    /// A present replica is looked at again after this: a duration, by default `"6h"`.
    #[serde(deserialize_with = "units::duration")]
    recheck: Duration,
    /// A redirecting process remembers for so long that a replica is there: a duration, by default
    /// `"60s"`; `"0s"` remembers nothing.
    #[serde(deserialize_with = "units::duration")]
    hot_cache: Duration,
    /// An unfinished upload that no entry records is ended once it is so old: a duration, by default
    /// `"1d"`.
    #[serde(deserialize_with = "units::duration")]
    unrecorded_upload: Duration,
}

pub(crate) fn check(lifetimes: &Lifetimes) -> Result<(), ConfigError> {
    if lifetimes.lease >= SHORTEST_LEASE {
        return Ok(());
    }
    let lease = format_duration(lifetimes.lease);
    let problem = format!("{lease} is too short; write \"100ms\" or more");
    Err(ConfigError::at("lifetimes.lease", problem))
}
