//! Why the process cannot begin: one clear line that says what to do.

use std::net::SocketAddr;
use std::path::PathBuf;

use cloud_mirror_config::ConfigError;
use cloud_mirror_runtime::LocalError;
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
    /// The process cannot listen to signals.
    #[error("cannot listen to Ctrl-C and SIGTERM: {0}; raise the limit of open files")]
    Signals(std::io::Error),
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
