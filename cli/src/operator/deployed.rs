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
    Ok(config(deployed, prefix, env, Secrets::OfServices)?)
}

/// Which secrets a command needs. The functions have all of them; a command answers no requests, so
/// that it can do without those by which they are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrets {
    /// None: it asks nobody.
    None,
    /// The keys of each `[service.NAME]`, because it asks them.
    OfServices,
}

/// Reads the configuration that is to be deployed, by a bucket prefix that was given here.
pub(super) fn config(
    deployed: &Deployed,
    prefix: Option<&str>,
    env: &dyn Env,
    secrets: Secrets,
) -> Result<Config, ConfigError> {
    let env = AsDeployed {
        prefix,
        env,
        secrets,
    };
    Config::load(&deployed.config, &Placeholders::default(), &env)
}

/// The environment, in which the template's parameter stands as the functions see it.
struct AsDeployed<'a> {
    prefix: Option<&'a str>,
    env: &'a dyn Env,
    secrets: Secrets,
}

impl Env for AsDeployed<'_> {
    fn secret(&self, key: &str, name: &str) -> Option<String> {
        let needed = self.secrets == Secrets::OfServices && key.starts_with("service.");
        match needed {
            true => self.get(name),
            false => Some("not-looked-at".to_owned()),
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        match (name, self.prefix) {
            ("POOL_BUCKET_PREFIX", Some(prefix)) => Some(prefix.to_owned()),
            _ => self.env.get(name),
        }
    }
}
