//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use cloud_mirror_runtime::telemetry::Format;

const EXAMPLES: &str = "Examples:
  cloud-mirror serve
  cloud-mirror serve --listen 127.0.0.1:0 --data /var/lib/cloud-mirror
  cloud-mirror serve --config mirror.toml";

/// Redirects machines to a copy of an immutable object in their own region.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Args {
    /// How log lines on standard error look; RUST_LOG sets their level.
    #[arg(long, global = true, value_enum, default_value = "human")]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run redirect, copier and purge in one process, with pools in folders.
    #[command(after_help = EXAMPLES)]
    Serve(Serve),
}

/// The arguments of `serve`.
#[derive(Clone, Debug, Parser)]
pub struct Serve {
    /// The address to listen on; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// The configuration; without it, a folder of samples is mirrored to three pools.
    #[arg(long, env = "MIRROR_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder for pools and samples; created if need be.
    #[arg(long, default_value = "cloud-mirror-data", value_name = "DIR")]
    pub data: PathBuf,
    /// How clients reach this process, where that is not the address it listens on.
    #[arg(long, value_name = "HOST:PORT")]
    pub public_host: Option<String>,
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
