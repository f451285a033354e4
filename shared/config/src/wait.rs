//! `[wait]`: how long a request may wait for a copy.

use std::time::Duration;

use cloud_mirror_domain::policy::Wait;
use humantime::format_duration;
use serde::Deserialize;

use crate::error::ConfigError;
use crate::units;

/// The table, written straight into the domain's [`Wait`]; what is left out is that type's
/// default.
#[derive(Deserialize)]
#[serde(remote = "Wait", default = "Wait::default", deny_unknown_fields)]
pub(crate) struct WaitTable {
    /// In one invocation: a duration, by default `"25s"`. An HTTP API ends at 30 s.
    #[serde(deserialize_with = "units::duration")]
    invocation: Duration,
    /// Over all hops: a duration, by default `"25s"`; at least `invocation`.
    #[serde(deserialize_with = "units::duration")]
    total: Duration,
}

pub(crate) fn check(wait: &Wait) -> Result<(), ConfigError> {
    if wait.total >= wait.invocation {
        return Ok(());
    }
    let (total, invocation) = (
        format_duration(wait.total),
        format_duration(wait.invocation),
    );
    let problem = format!(
        "{total} is less than wait.invocation; write \"{invocation}\" or more, or lower wait.invocation"
    );
    Err(ConfigError::at("wait.total", problem))
}
