//! `mirror.toml` and the environment, typed and validated.
//!
//! A [`Config`] is read once, at start, and whatever is wrong with it is said then: in one line
//! that names the key and what to write instead. Nothing is looked up later.
//!
//! | table | read in | becomes |
//! |---|---|---|
//! | `[wait]`, `[lifetimes]`, `[copy]` | a file of that name | the domain's `Policy`, whose defaults count where a key is left out |
//! | `[[source]]`, `[[pool]]` | a file of that name | the domain's `Rules`; pools also [`PoolSettings`] |
//! | `[service.NAME]` | `service/` | [`S3Compatible`], in pools and by [`Config::s3_compatible`] |
//! | `[auto]`, `[near]` | `auto.rs` | the domain's `Auto`; `ranges` is [`Config::ranges`] |
//! | `[purge]` | a file of that name | [`PurgeSettings`] |
//! | the environment of a deployment | `deployment.rs` | [`Deployment`] |
//!
//! `mirror.toml` at the top of the repository shows every key of one machine with its default,
//! and `deploy/mirror.toml` those of pools on S3.

mod auto;
mod copy;
mod deployment;
mod env;
mod error;
mod file;
mod lifetimes;
mod names;
mod place;
mod placeholders;
mod pool;
mod purge;
mod safety;
mod secret;
mod service;
mod source;
mod store;
mod template;
#[cfg(test)]
mod tests;
mod units;
mod wait;
mod words;

use std::path::{Path, PathBuf};

use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::rules::Rules;

pub use cloud_mirror_domain::rules::Access;
pub use deployment::{Authorization, Deployment};
pub use env::{Env, ProcessEnv};
pub use error::ConfigError;
pub use placeholders::Placeholders;
pub use pool::{PoolSettings, Storage};
pub use purge::PurgeSettings;
pub use secret::Secret;
pub use service::{Addressing, S3Compatible};
pub use template::{Buckets, PoolBucket, SourceBucket};

use file::File;
use service::Services;

/// A whole, valid configuration.
///
/// Guaranteed: at least one source and one pool, no pool twice, no folder or bucket shared, no
/// value that contradicts another, and every source that is private or presigned has a store and none
/// but presigned pools beside it.
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
    /// The file with newer ranges of the clouds' addresses than those that are built in, where one is
    /// named. It has not been looked at.
    pub ranges: Option<PathBuf>,
    services: Services,
}

impl Config {
    /// Reads a configuration from the text of a `mirror.toml`.
    ///
    /// Touches nothing but `env`, and only the variables that the text names; the same input
    /// gives the same answer. The first thing that is wrong is the error.
    pub fn parse(text: &str, place: &Placeholders, env: &dyn Env) -> Result<Self, ConfigError> {
        let file = File::read(text)?;
        let policy = file.policy()?;
        let services = service::services(file.service, env)?;
        let sources = source::rules(file.source, place, &services)?;
        let outside = pool::Outside {
            place,
            env,
            services: &services,
        };
        let pools = pool::settings(&file.pool, &outside)?;
        safety::check(&sources, &file.pool, &pools)?;
        let purge = purge::settings(&file.purge, env)?;
        let ranges = file.auto.ranges()?;
        let rules = Rules {
            sources: sources.into(),
            pools: pools.iter().map(PoolSettings::rule).collect(),
            auto: auto::settings(file.auto, file.near, &pools, env)?,
        };
        Ok(Self {
            policy,
            rules,
            pools,
            purge,
            ranges,
            services,
        })
    }

    /// The connection to the service that `[service.NAME]` defines, in a region; `None` where no such
    /// table does, as for `"s3"` itself. Costs nothing, and gives the same answer again.
    pub fn s3_compatible(&self, service: &str, region: &str) -> Option<S3Compatible> {
        // Whatever a region of a configuration is, its endpoint was looked at when that was read.
        self.services.connection(service, region)?.ok()
    }

    /// Reads a configuration from a file, as [`Config::parse`] does; errors name the file too.
    ///
    /// Blocks while it reads: meant for the start of a process.
    pub fn load(path: &Path, place: &Placeholders, env: &dyn Env) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        let mut config = Self::parse(&text, place, env).map_err(|error| error.in_file(path))?;
        // An absolute one stays what it is.
        let folder = path.parent().unwrap_or(Path::new(""));
        config.ranges = config.ranges.map(|ranges| folder.join(ranges));
        Ok(config)
    }
}
