//! The operator's commands: what is done once, beside the running mirror.

pub mod check;
mod deployed;
pub mod doctor;
pub mod get;
pub mod lines;
pub mod mirror;
pub mod outputs;
pub mod pools;
pub mod prefetch;
pub mod purge;
pub mod ranges;
pub mod redrive;
mod samconfig;
pub mod status;
pub mod url;

use std::fmt::Display;
use std::io::Write as _;
use std::path::PathBuf;

use cloud_mirror_config::{ConfigError, Env};
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::PoolError;
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_http::BuildError;
use cloud_mirror_runtime::AwsError;
use serde::Serialize;
use thiserror::Error;

pub use deployed::{Deployed, load};

use mirror::MirrorError;

/// What every command is given beside its own arguments.
pub struct Context<'a> {
    /// The environment.
    pub env: &'a dyn Env,
    /// What it prints is for programs: one JSON object a line.
    pub json: bool,
}

impl Context<'_> {
    /// Prints a result: as JSON for programs, as it displays itself for people. A reader that has
    /// seen enough, as `head` has, is no failure.
    pub fn print<R: Serialize + Display>(&self, result: &R) {
        let _ = writeln!(std::io::stdout(), "{}", self.line(result));
    }

    /// The same, for who prints it elsewhere.
    fn line<R: Serialize + Display>(&self, result: &R) -> String {
        match self.json {
            // What is printed has names for keys: there is nothing in it that JSON could refuse.
            true => serde_json::to_string(result).unwrap_or_default(),
            false => result.to_string(),
        }
    }

    /// Says something beside the results, on standard error: what went wrong with one of many, or
    /// what to do next.
    pub fn advise(&self, told: &str) {
        let _ = writeln!(std::io::stderr(), "cloud-mirror: {told}");
    }

    /// Says on standard error why a command could not do its work: for programs as
    /// `{"error": "…"}`.
    pub fn fail(&self, error: &str) {
        match self.json {
            true => {
                let line = serde_json::json!({ "error": error });
                let _ = writeln!(std::io::stderr(), "{line}");
            }
            false => self.advise(error),
        }
    }
}

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well: exit code 0.
    Done,
    /// It was done, and not all is well; what was printed says so: exit code 1.
    Faulty,
}

/// Why a command could not do its work: exit code 2.
#[derive(Debug, Error)]
pub enum OperatorError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The clients cannot be made.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// A pool's storage could not be looked at or changed.
    #[error("pool {pool}: {error}")]
    Pool {
        /// The pool.
        pool: PoolId,
        /// What its store says.
        error: PoolError,
    },
    /// `samconfig.toml` cannot be read.
    #[error("{}: {problem}", .path.display())]
    SamConfig {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The file of outputs cannot be read.
    #[error("--outputs {} {problem}", .path.display())]
    Outputs {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A mirror gives no answer.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// The HTTP client cannot be made.
    #[error("{}", chain(.0))]
    Client(#[from] BuildError),
    /// Anything else; the text says what is wrong, and what to do.
    #[error("{0}")]
    Unable(String),
}
