//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use cloud_mirror_runtime::telemetry::Format;

const EXAMPLES: &str = "Examples:
  cloud-mirror serve
  cloud-mirror serve --listen 127.0.0.1:0 --data /var/lib/cloud-mirror
  cloud-mirror serve --config mirror.toml
  cloud-mirror serve --backend aws --config deploy/mirror.toml";

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
    /// Run redirect, copier and purge in one process.
    #[command(after_help = EXAMPLES)]
    Serve(Serve),
    /// The pools' buckets.
    #[command(subcommand)]
    Pools(Pools),
    /// The configuration that is deployed with the functions.
    #[command(subcommand)]
    Config(Config),
}

/// What to do with the pools' buckets.
#[derive(Debug, Subcommand)]
pub enum Pools {
    /// Create and configure every pool's bucket in its region; what is right stays as it is.
    Ensure(Ensure),
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Validate it, and compare its buckets with the template's parameters, which IAM goes by.
    Check(Check),
}

/// The configuration that is deployed with the functions.
#[derive(Clone, Debug, Parser)]
pub struct Deployed {
    /// The configuration.
    #[arg(
        long,
        env = "MIRROR_CONFIG",
        default_value = "deploy/mirror.toml",
        value_name = "FILE"
    )]
    pub config: PathBuf,
    /// The template's parameter PoolBucketPrefix, which stands for {prefix} in bucket names.
    #[arg(long, env = "POOL_BUCKET_PREFIX", value_name = "PREFIX")]
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
    #[arg(long, env = "MIRROR_CONFIG", value_name = "FILE")]
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
