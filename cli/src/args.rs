//! The command line.

use clap::{Parser, Subcommand, ValueEnum};
use cloud_mirror_runtime::telemetry::Format;

use crate::operator::{check, doctor, get, pools, prefetch, purge, ranges, redrive, status, url};
use crate::serve::args as serve;

/// Above the options that every command has.
const EVERYWHERE: &str = "Everywhere";

/// Redirects machines to a copy of an immutable object in their own region.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = serve::EXAMPLES)]
pub struct Args {
    /// How log lines on standard error look; RUST_LOG sets their level.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "human",
        help_heading = EVERYWHERE
    )]
    pub log_format: LogFormat,
    /// Print results on standard output as JSON, one object a line.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run redirect, copier and purge in one process.
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::Args),
    /// The pools' buckets.
    #[command(subcommand)]
    Pools(Pools),
    /// The configuration that is deployed with the functions.
    #[command(subcommand)]
    Config(Config),
    /// The ranges of addresses that clouds publish, by which `auto` finds a caller's region.
    #[command(subcommand)]
    Ranges(Ranges),
    /// Print the address to ask a mirror for a URL.
    Url(url::Args),
    /// Download an object through a mirror, and verify it.
    Get(get::Args),
    /// Say what a mirror knows of an object.
    Status(status::Args),
    /// Remove an object's replicas.
    Purge(purge::Args),
    /// Have objects copied before anybody asks.
    Prefetch(prefetch::Args),
    /// Send dead letters back, and say why each died.
    Redrive(redrive::Args),
    /// Find what is wrong with a deployment, and say what to do.
    Doctor(doctor::Args),
}

/// What to do with the pools' buckets.
#[derive(Debug, Subcommand)]
pub enum Pools {
    /// Create and configure every pool's bucket in its region; what is right stays as it is.
    #[command(after_help = pools::EXAMPLES)]
    Ensure(pools::Args),
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Validate it, and compare its buckets with the template's parameters, which IAM goes by.
    #[command(after_help = check::EXAMPLES)]
    Check(check::Args),
}

/// What to do with the published ranges.
#[derive(Debug, Subcommand)]
pub enum Ranges {
    /// Make a new set of the files that clouds publish.
    #[command(after_help = ranges::EXAMPLES)]
    Update(ranges::Args),
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For a person at a terminal.
    Human,
    /// One JSON object a line.
    Json,
}

impl From<LogFormat> for Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Human => Self::Human,
            LogFormat::Json => Self::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn no_argument_stands_in_anothers_way() {
        Args::command().debug_assert();
    }
}
