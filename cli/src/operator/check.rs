//! `cloud-mirror config check`: what is wrong is said here, and not by a function that cannot
//! start or may not read.

use cloud_mirror_config::Env;

use super::samconfig::{self, Parameters};
use super::{OperatorError, config};
use crate::args;

/// Reads and validates the configuration, and compares its buckets with the template's
/// parameters, which IAM goes by: those given here, else those of `--samconfig`. Changes nothing.
pub fn check(arguments: &args::Check, env: &dyn Env) -> Result<(), OperatorError> {
    let parameters = parameters(arguments)?;
    let config = config(
        &arguments.deployed,
        parameters.pool_bucket_prefix.as_deref(),
        env,
    )?;
    let file = arguments.deployed.config.display();
    println!(
        "{file}: {} sources, {} pools",
        config.rules.sources.len(),
        config.rules.pools.len()
    );
    let Some(prefix) = parameters.pool_bucket_prefix else {
        println!("not compared with a template: name its parameters, or --samconfig");
        return Ok(());
    };
    match config.check_template(&prefix, &parameters.source_bucket_arns) {
        problems if problems.is_empty() => {
            println!("it fits the template's parameters");
            Ok(())
        }
        problems => Err(OperatorError::Mismatch(problems)),
    }
}

fn parameters(arguments: &args::Check) -> Result<Parameters, OperatorError> {
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
