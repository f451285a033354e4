//! The configuration that is deployed with the functions, as the commands are told of it.

use std::path::PathBuf;

use cloud_mirror_config::{Config, ConfigError, Env, Placeholders};

use super::OperatorError;

/// The configuration that is deployed with the functions.
#[derive(Clone, Debug, clap::Args)]
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

/// Reads the configuration of a deployment, as the arguments name it. Blocks while it reads.
pub fn load(deployed: &Deployed, env: &dyn Env) -> Result<Config, OperatorError> {
    let prefix = deployed.pool_bucket_prefix.as_deref();
    Ok(config(deployed, prefix, env)?)
}

/// Reads the configuration that is to be deployed, by a bucket prefix that was given here.
pub(super) fn config(
    deployed: &Deployed,
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
