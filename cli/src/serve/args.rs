//! What `serve` may be told.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ValueEnum;

pub(crate) const EXAMPLES: &str = "Examples:
  cloud-mirror serve
  cloud-mirror serve --listen 127.0.0.1:0 --data /var/lib/cloud-mirror
  cloud-mirror serve --config mirror.toml
  cloud-mirror serve --backend aws --config deploy/mirror.toml";

/// The arguments of `serve`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
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
