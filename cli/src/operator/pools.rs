//! `cloud-mirror pools ensure`: every pool's bucket or container, there and configured.

use std::collections::BTreeMap;
use std::fmt;

use cloud_mirror_domain::ports::PoolError;
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_runtime::{OpenPool, aws};
use serde::Serialize;

use super::{Context, Deployed, OperatorError, Outcome, load};

pub(crate) const EXAMPLES: &str = "Examples:
  cloud-mirror pools ensure --dry-run --pool-bucket-prefix acme-mirror-
  cloud-mirror pools ensure --config deploy/mirror.toml --pool-bucket-prefix acme-mirror-

It works with your own credentials for each provider that the pools name, found where the provider's own
tools find them in the environment: AWS_PROFILE and the like, AZURE_STORAGE_ACCOUNT_KEY or AZURE_CLIENT_ID,
GOOGLE_APPLICATION_CREDENTIALS, and the variables that each [service.NAME] names. They must be allowed to
create and configure the buckets. An Azure account must be there already.

Exit codes: 0 every pool is as it should be, or would be; 1 some could not be looked at or changed,
which are told on standard error; 2 none could.";

/// The arguments of `pools ensure`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The configuration.
    #[command(flatten)]
    pub deployed: Deployed,
    /// Say what would be changed, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// What became of one pool.
#[derive(Serialize)]
struct Ensured {
    /// Its id.
    pool: PoolId,
    /// What was changed, or would be.
    changes: Vec<String>,
    /// Whether nothing was changed because nothing was to be.
    dry_run: bool,
}

impl fmt::Display for Ensured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.pool;
        let word = if self.dry_run { "would " } else { "" };
        match self.changes.split_first() {
            None => write!(f, "{id}: as it should be"),
            Some((first, others)) => {
                write!(f, "{id}: {word}{first}")?;
                others
                    .iter()
                    .try_for_each(|change| write!(f, "\n{id}: {word}{change}"))
            }
        }
    }
}

/// Creates and configures every pool's bucket or container in its region, and prints what it changed. With
/// `--dry-run` it only prints what it would change. May be repeated: what is right stays as it is.
/// A pool that fails is told, and the others are done all the same.
pub async fn run(arguments: &Args, context: &Context<'_>) -> Result<Outcome, OperatorError> {
    let config = load(&arguments.deployed, context.env)?;
    let pools = aws::pools(&config, context.env).await?;
    let pools: BTreeMap<_, _> = pools.into_iter().collect();
    let mut failed = Vec::new();
    for (id, pool) in &pools {
        match ensure_one(pool, arguments.dry_run).await {
            Ok(changes) => context.print(&Ensured {
                pool: id.clone(),
                changes,
                dry_run: arguments.dry_run,
            }),
            Err(error) => failed.push(OperatorError::Pool {
                pool: id.clone(),
                error,
            }),
        }
    }
    told(failed, pools.len(), context)
}

async fn ensure_one(pool: &OpenPool, dry_run: bool) -> Result<Vec<String>, PoolError> {
    let changes = pool.plan().await?;
    // Also where nothing is to be changed: some services can only be tried, whether they keep what
    // they promise.
    if !dry_run {
        pool.prepare().await?;
    }
    Ok(changes)
}

/// Where every pool failed, nothing was done.
fn told(
    mut failed: Vec<OperatorError>,
    pools: usize,
    context: &Context<'_>,
) -> Result<Outcome, OperatorError> {
    let last = match failed.len() == pools {
        true => failed.pop(),
        false => None,
    };
    for error in &failed {
        context.advise(&error.to_string());
    }
    match last {
        Some(error) => Err(error),
        None if failed.is_empty() => Ok(Outcome::Done),
        None => Ok(Outcome::Faulty),
    }
}
