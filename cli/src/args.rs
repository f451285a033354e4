//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use cloud_mirror_runtime::telemetry::Format;

use crate::operator::{doctor, get, prefetch, purge, redrive, status, url};

const EXAMPLES: &str = "Examples:
  cloud-mirror serve
  cloud-mirror serve --listen 127.0.0.1:0 --data /var/lib/cloud-mirror
  cloud-mirror serve --config mirror.toml
  cloud-mirror serve --backend aws --config deploy/mirror.toml";

/// Above the options that every command has.
const EVERYWHERE: &str = "Everywhere";

const ENSURE_EXAMPLES: &str = "Examples:
  cloud-mirror pools ensure --dry-run --pool-bucket-prefix acme-mirror-
  cloud-mirror pools ensure --config deploy/mirror.toml --pool-bucket-prefix acme-mirror-

It works with your AWS credentials, which must be allowed to create and configure the buckets.

Exit codes: 0 every pool is as it should be, or would be; 1 some could not be looked at or changed,
which are told on standard error; 2 none could.";

const CHECK_EXAMPLES: &str = "Examples:
  cloud-mirror config check --samconfig samconfig.toml
  cloud-mirror config check --config deploy/mirror.toml --pool-bucket-prefix acme-mirror- \\
    --source-bucket-arns 'arn:aws:s3:::acme-artifacts/public/*'

It asks nobody, AWS neither.

Exit codes: 0 nothing is wrong; 1 something is, which is printed; 2 it could not be looked at.";

/// Redirects machines to a copy of an immutable object in their own region.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
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
    #[command(after_help = EXAMPLES)]
    Serve(Serve),
    /// The pools' buckets.
    #[command(subcommand)]
    Pools(Pools),
    /// The configuration that is deployed with the functions.
    #[command(subcommand)]
    Config(Config),
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
    #[command(after_help = ENSURE_EXAMPLES)]
    Ensure(Ensure),
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Validate it, and compare its buckets with the template's parameters, which IAM goes by.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
}

/// The configuration that is deployed with the functions.
#[derive(Clone, Debug, Parser)]
pub struct Deployed {
    /// The configuration.
    #[arg(
        long,
        env = "MIRROR_CONFIG",
        hide_env_values = true,
        default_value = "deploy/mirror.toml",
        value_name = "FILE"
    )]
    pub config: PathBuf,
    /// The template's parameter PoolBucketPrefix, which stands for {prefix} in bucket names.
    #[arg(
        long,
        env = "POOL_BUCKET_PREFIX",
        hide_env_values = true,
        value_name = "PREFIX"
    )]
    pub pool_bucket_prefix: Option<String>,
}

/// The arguments of `pools ensure`.
#[derive(Clone, Debug, Parser)]
pub struct Ensure {
    /// The configuration.
    #[command(flatten)]
    pub deployed: Deployed,
    /// Say what would be changed, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `config check`.
#[derive(Clone, Debug, Parser)]
pub struct Check {
    /// The configuration.
    #[command(flatten)]
    pub deployed: Deployed,
    /// The template's parameter SourceBucketArns.
    #[arg(long, value_delimiter = ',', value_name = "ARN,…")]
    pub source_bucket_arns: Vec<String>,
    /// Read the template's parameters from SAM's own configuration.
    #[arg(long, value_name = "FILE")]
    pub samconfig: Option<PathBuf>,
    /// The environment in it.
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub config_env: String,
}

/// The arguments of `serve`.
#[derive(Clone, Debug, Parser)]
pub struct Serve {
    /// Where status, queue and replicas are: in this process, or on AWS as the environment names
    /// them (STATUS_TABLE, COPY_QUEUE_URL, BULK_QUEUE_URL and AWS's own variables).
    #[arg(long, value_enum, default_value = "local")]
    pub backend: Backend,
    /// The address to listen on; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// The configuration; without it, a folder of samples is mirrored to three pools.
    #[arg(
        long,
        env = "MIRROR_CONFIG",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub config: Option<PathBuf>,
    /// The folder for pools and samples; created if need be.
    #[arg(long, default_value = "cloud-mirror-data", value_name = "DIR")]
    pub data: PathBuf,
    /// How clients reach this process, where that is not the address it listens on.
    #[arg(long, value_name = "HOST:PORT")]
    pub public_host: Option<String>,
}

/// Where status, queue and replicas are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// In memory and in folders.
    #[default]
    Local,
    /// In DynamoDB, SQS and S3.
    Aws,
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
