//! `cloud-mirror pools ensure`: every pool's bucket, there and configured.

use std::collections::BTreeMap;

use cloud_mirror_config::Env;
use cloud_mirror_domain::ports::Pool as _;
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_runtime::aws;

use super::{OperatorError, config};
use crate::args;

/// Creates and configures every pool's bucket in its region, and prints what it changed. With
/// `--dry-run` it only prints what it would change. May be repeated: what is right stays as it is.
/// The first pool that fails ends it; those before it are done.
pub async fn ensure(arguments: &args::Ensure, env: &dyn Env) -> Result<(), OperatorError> {
    let prefix = arguments.deployed.pool_bucket_prefix.as_deref();
    let config = config(&arguments.deployed, prefix, env)?;
    let pools: BTreeMap<_, _> = aws::pools(&config, env).await?.into_iter().collect();
    for (id, pool) in &pools {
        let failed = |error| OperatorError::Pool {
            pool: id.clone(),
            error,
        };
        let changes = pool.plan().await.map_err(failed)?;
        tell(id, &changes, arguments.dry_run);
        if !changes.is_empty() && !arguments.dry_run {
            pool.prepare().await.map_err(failed)?;
        }
    }
    Ok(())
}

fn tell(id: &PoolId, changes: &[String], dry_run: bool) {
    if changes.is_empty() {
        println!("{id}: as it should be");
    }
    let word = if dry_run { "would " } else { "" };
    for change in changes {
        println!("{id}: {word}{change}");
    }
}
