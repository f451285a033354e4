//! The operator's commands: what is done once, beside the running mirror.

mod check;
mod pools;
mod samconfig;

use std::path::PathBuf;

use cloud_mirror_config::{Config, ConfigError, Env, Placeholders};
use cloud_mirror_domain::ports::PoolError;
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_runtime::AwsError;
use thiserror::Error;

pub use check::check;
pub use pools::ensure;

use crate::args;

/// Why a command did not do its work.
#[derive(Debug, Error)]
pub enum OperatorError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The clients cannot be made.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// A pool's bucket could not be looked at or changed.
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
    /// The configuration and the template's parameters do not fit each other.
    #[error("{}", .0.join("\n"))]
    Mismatch(Vec<String>),
}

/// Reads the configuration that is to be deployed, by a bucket prefix that was given here.
fn config(
    deployed: &args::Deployed,
    prefix: Option<&str>,
    env: &dyn Env,
) -> Result<Config, ConfigError> {
    let env = WithPrefix { prefix, env };
    Config::load(&deployed.config, &Placeholders::default(), &env)
}

/// The environment, in which the template's parameter stands as the functions see it.
struct WithPrefix<'a> {
    prefix: Option<&'a str>,
    env: &'a dyn Env,
}

impl Env for WithPrefix<'_> {
    fn get(&self, name: &str) -> Option<String> {
        match (name, self.prefix) {
            ("POOL_BUCKET_PREFIX", Some(prefix)) => Some(prefix.to_owned()),
            _ => self.env.get(name),
        }
    }
}
