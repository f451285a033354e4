//! `[copy]`: how copies are made.

use bytesize::ByteSize;
use cloud_mirror_domain::policy::CopyLimits;
use serde::Deserialize;

use crate::error::ConfigError;
use crate::units;

/// The table, written straight into the domain's [`CopyLimits`]; what is left out is that type's
/// default.
#[derive(Deserialize)]
#[serde(
    remote = "CopyLimits",
    default = "CopyLimits::default",
    deny_unknown_fields
)]
pub(crate) struct CopyTable {
    /// Server-side copies above this go in parts: a size, by default `"256MiB"`.
    #[serde(deserialize_with = "units::size")]
    server_side_single: u64,
    /// A part of a server-side copy: a size, by default `"128MiB"`; grows so that 10,000 suffice.
    #[serde(deserialize_with = "units::size")]
    part: u64,
    /// A part of a streamed copy: a size, by default `"16MiB"`; grows so that 10,000 suffice.
    #[serde(deserialize_with = "units::size")]
    stream_part: u64,
    /// The most memory that one streamed copy's parts may take: a size, by default `"128MiB"`; at
    /// least `stream_part`.
    #[serde(deserialize_with = "units::size")]
    stream_memory: u64,
    /// How many parts of one copy may be under way at once: a number from 1, by default 16.
    #[serde(deserialize_with = "units::count")]
    parts_in_flight: usize,
    /// What a copy is taken to make where nothing better is known: bytes per second, by default
    /// `"40MiB/s"`.
    #[serde(deserialize_with = "units::throughput")]
    assumed_throughput: u64,
    /// Larger objects are not mirrored: a size, by default `"5TiB"`.
    #[serde(deserialize_with = "units::size")]
    max_object: u64,
}

pub(crate) fn check(copy: &CopyLimits) -> Result<(), ConfigError> {
    if copy.stream_memory >= copy.stream_part {
        return Ok(());
    }
    let (memory, part) = (ByteSize(copy.stream_memory), ByteSize(copy.stream_part));
    let problem = format!(
        "{memory} cannot hold one part; raise it to copy.stream_part ({part}) or more, or lower copy.stream_part"
    );
    Err(ConfigError::at("copy.stream_memory", problem))
}
