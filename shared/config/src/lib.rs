//! `mirror.toml` and the environment, typed and validated.
//!
//! A [`Config`] is read once, at start, and whatever is wrong with it is said then: in one line
//! that names the key and what to write instead. Nothing is looked up later.
//!
//! | table | read in | becomes |
//! |---|---|---|
//! | `[wait]`, `[lifetimes]`, `[copy]` | a file of that name | the domain's `Policy`, whose defaults count where a key is left out |
//! | `[[source]]`, `[[pool]]` | a file of that name | the domain's `Rules`; pools also [`PoolSettings`] |
//! | `[purge]` | a file of that name | [`PurgeSettings`] |
//! | the environment of a deployment | `deployment.rs` | [`Deployment`] |
//!
//! `mirror.toml` at the top of the repository shows every key of one machine with its default,
//! and `deploy/mirror.toml` those of pools on S3.

mod bucket;
mod copy;
mod deployment;
mod env;
mod error;
mod file;
mod lifetimes;
mod placeholders;
mod pool;
mod purge;
mod safety;
mod service;
mod source;
mod store;
mod template;
#[cfg(test)]
mod tests;
mod units;
mod wait;
mod words;

use std::path::Path;

use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::rules::{Auto, Rules};

pub use cloud_mirror_domain::rules::Access;
pub use deployment::{Authorization, Deployment};
pub use env::{Env, ProcessEnv};
pub use error::ConfigError;
pub use placeholders::Placeholders;
pub use pool::{PoolSettings, Storage};
pub use purge::{PurgeSettings, Secret};
pub use service::{Addressing, S3Compatible};
pub use template::{Buckets, PoolBucket, SourceBucket};

use file::File;

/// A whole, valid configuration.
///
/// Guaranteed: at least one source and one pool, no pool twice, no folder or bucket shared, no
/// value that contradicts another, and every private source has a store and none but presigned
/// pools beside it.
#[derive(Clone, Debug)]
pub struct Config {
    /// How patient, how forgetful and how bold the mirror is.
    pub policy: Policy,
    /// What may be mirrored, and where to.
    pub rules: Rules,
    /// Each pool of `rules`, in the same order, with its storage.
    pub pools: Vec<PoolSettings>,
    /// Who may remove replicas.
    pub purge: PurgeSettings,
}

impl Config {
    /// Reads a configuration from the text of a `mirror.toml`.
    ///
    /// Touches nothing but `env`, and only the variables that the text names; the same input
    /// gives the same answer. The first thing that is wrong is the error.
    pub fn parse(text: &str, place: &Placeholders, env: &dyn Env) -> Result<Self, ConfigError> {
        let file = File::read(text)?;
        let policy = file.policy()?;
        let sources = source::rules(file.source, place)?;
        let pools = pool::settings(&file.pool, place, env)?;
        safety::check(&sources, &file.pool, &pools)?;
        let purge = purge::settings(&file.purge, env)?;
        let rules = Rules {
            sources,
            pools: pools.iter().map(PoolSettings::rule).collect(),
            auto: Auto::default(),
        };
        Ok(Self {
            policy,
            rules,
            pools,
            purge,
        })
    }

    /// Reads a configuration from a file, as [`Config::parse`] does; errors name the file too.
    ///
    /// Blocks while it reads: meant for the start of a process.
    pub fn load(path: &Path, place: &Placeholders, env: &dyn Env) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        Self::parse(&text, place, env).map_err(|error| error.in_file(path))
    }
}
