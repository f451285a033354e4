//! Why the process cannot begin: one clear line that says what to do.

use std::net::SocketAddr;
use std::path::PathBuf;

use cloud_mirror_config::ConfigError;
use cloud_mirror_runtime::{AwsError, LocalError, SourceError};
use thiserror::Error;

/// Why `serve` cannot begin.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A pool or the HTTP client cannot be used.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The mirror on AWS cannot begin.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The client for sources cannot be made.
    #[error("the HTTP client cannot be built: {0}")]
    Source(#[from] SourceError),
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {error}; stop what listens there, or choose another address with --listen (port 0 takes any free one)"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        error: std::io::Error,
    },
    /// On AWS there are no samples to serve.
    #[error(
        "--backend aws needs --config: name the configuration, as in --config deploy/mirror.toml"
    )]
    NoConfig,
    /// Private sources would be open to other machines.
    #[error(
        "{0} can be reached by other machines, and this process authorises none of them: with a source that is private or presigned, listen on 127.0.0.1 behind a proxy that does"
    )]
    Open(SocketAddr),
    /// The process cannot listen to signals.
    #[error("cannot listen to Ctrl-C and SIGTERM: {0}; raise the limit of open files")]
    Signals(std::io::Error),
    /// Something in flight did not end.
    #[error("stopped after {0:?} with something still in flight")]
    Unfinished(std::time::Duration),
    /// Another process has the data folder.
    #[error("another process uses {}; stop it, or choose another folder with --data", .0.display())]
    InUse(PathBuf),
    /// `--public-host` is no host.
    #[error("--public-host {0:?} is no host; write one like mirror.example.com or 192.0.2.7:8080")]
    PublicHost(String),
    /// The data folder cannot be used.
    #[error("cannot write to {}: {error}; choose another folder with --data, or make it writable", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The data folder's name cannot stand in a configuration.
    #[error("--data {} is not UTF-8; choose a folder whose name is", .0.display())]
    DataName(PathBuf),
}
