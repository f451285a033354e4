//! `cloud-mirror config check`: what is wrong is said here, and not by a function that cannot
//! start or may not read.

use std::fmt;
use std::path::PathBuf;

use cloud_mirror_config::{Config, ConfigError};
use serde::Serialize;

use super::deployed::{Secrets, config};
use super::samconfig::{self, Parameters};
use super::{Context, Deployed, OperatorError, Outcome};

pub(crate) const EXAMPLES: &str = "Examples:
  cloud-mirror config check --samconfig samconfig.toml
  cloud-mirror config check --config deploy/mirror.toml --pool-bucket-prefix acme-mirror- \\
    --source-bucket-arns 'arn:aws:s3:::acme-artifacts/public/*'

It asks nobody, AWS neither, and needs none of the secrets that the configuration names.

Exit codes: 0 nothing is wrong; 1 something is, which is printed; 2 it could not be looked at.";

/// The arguments of `config check`, which are `doctor`'s, too.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Args {
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

/// What was found.
#[derive(Serialize)]
struct Checked {
    /// The file.
    config: String,
    /// How many source rules it has; nothing where it is not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    sources: Option<usize>,
    /// How many pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pools: Option<usize>,
    /// Whether it fits the template's parameters.
    template: Fit,
    /// What is wrong, each with what to do.
    problems: Vec<String>,
}

/// Whether a configuration fits the template's parameters.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Fit {
    /// IAM allows what it needs.
    Fits,
    /// IAM would refuse something.
    Differs,
    /// No parameters were named.
    NotCompared,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.config)?;
        if let (Some(sources), Some(pools)) = (self.sources, self.pools) {
            write!(f, "{sources} sources, {pools} pools")?;
        } else {
            f.write_str("not valid")?;
        }
        match self.template {
            Fit::Fits => f.write_str("\nit fits the template's parameters")?,
            Fit::Differs => f.write_str("\nit does not fit the template's parameters:")?,
            Fit::NotCompared if self.problems.is_empty() => {
                f.write_str("\nnot compared with a template: name its parameters, or --samconfig")?;
            }
            Fit::NotCompared => {}
        }
        self.problems
            .iter()
            .try_for_each(|line| write!(f, "\n{line}"))
    }
}

/// Reads and validates the configuration, and compares its buckets with the template's
/// parameters, which IAM goes by: those given here, else those of `--samconfig`. Prints what it
/// found, and changes nothing.
pub fn run(arguments: &Args, context: &Context<'_>) -> Result<Outcome, OperatorError> {
    let parameters = parameters(arguments)?;
    let prefix = parameters.pool_bucket_prefix.as_deref();
    let checked = match config(&arguments.deployed, prefix, context.env, Secrets::None) {
        Ok(config) => compared(arguments, &config, &parameters),
        Err(error @ ConfigError::Unreadable { .. }) => return Err(error.into()),
        Err(error) => found(arguments, Fit::NotCompared, vec![error.to_string()]),
    };
    context.print(&checked);
    match checked.problems.is_empty() {
        true => Ok(Outcome::Done),
        false => Ok(Outcome::Faulty),
    }
}

fn compared(arguments: &Args, config: &Config, parameters: &Parameters) -> Checked {
    let problems = parameters
        .pool_bucket_prefix
        .as_deref()
        .map(|prefix| config.check_template(prefix, &parameters.source_bucket_arns));
    let (fit, problems) = match problems {
        None => (Fit::NotCompared, Vec::new()),
        Some(none) if none.is_empty() => (Fit::Fits, none),
        Some(problems) => (Fit::Differs, problems),
    };
    Checked {
        sources: Some(config.rules.sources.len()),
        pools: Some(config.rules.pools.len()),
        ..found(arguments, fit, problems)
    }
}

fn found(arguments: &Args, template: Fit, problems: Vec<String>) -> Checked {
    Checked {
        config: arguments.deployed.config.display().to_string(),
        sources: None,
        pools: None,
        template,
        problems,
    }
}

/// The template's parameters: those given, else those of `--samconfig`; unknown ones are none.
pub(super) fn parameters(arguments: &Args) -> Result<Parameters, OperatorError> {
    let mut parameters = match &arguments.samconfig {
        Some(file) => samconfig::read(file, &arguments.config_env)?,
        None => Parameters::default(),
    };
    if let Some(prefix) = &arguments.deployed.pool_bucket_prefix {
        parameters.pool_bucket_prefix = Some(prefix.clone());
    }
    if !arguments.source_bucket_arns.is_empty() {
        parameters.source_bucket_arns = arguments.source_bucket_arns.clone();
    }
    Ok(parameters)
}
