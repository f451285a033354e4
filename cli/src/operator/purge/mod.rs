//! `cloud-mirror purge`: replicas are removed.

use std::fmt;

use serde::Serialize;

use super::mirror::{self, Mirror, Purged, WantedPool};
use super::{Context, OperatorError, Outcome, lines};

const EXAMPLES: &str = "Examples:
  cloud-mirror purge --region eu-central-1 https://downloads.example.org/tool-1.2.tar.gz
  cloud-mirror purge --region all --outputs outputs.json https://downloads.example.org/tool-1.2.tar.gz
  CLOUD_MIRROR_PURGE_TOKEN=… cloud-mirror purge --mirror https://mirror.example.com --region all \\
    https://downloads.example.org/tool-1.2.tar.gz

Who may purge: at AWS whom IAM allows execute-api:Invoke on DELETE /v1/purge; requests to an
execute-api address are signed with your AWS credentials, those to a domain of your own with --sign.
At `cloud-mirror serve` who has its token, in CLOUD_MIRROR_PURGE_TOKEN, or where it has none, who is on
its machine. The source's object is not touched, and the next request copies it anew. Where several
stacks share the pools, purge in each.

Exit codes: 0 gone, or going as soon as a running copy can write no more; 2 not purged.";

/// The arguments of `purge`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The source URL.
    pub url: String,
    /// The mirror.
    #[command(flatten)]
    pub mirror: mirror::Args,
    /// The pool; the region `all` stands for every region of the service.
    #[command(flatten)]
    pub pool: WantedPool,
}

/// What became of it.
#[derive(Serialize)]
struct Told {
    /// The canonical source URL.
    source: String,
    /// The pool, or `s3_all`.
    pool: String,
    /// `gone` or `later`.
    outcome: Purged,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (source, pool) = (&self.source, &self.pool);
        match self.outcome {
            Purged::Gone => write!(
                f,
                "{source} is gone from {pool}; the mirror may remember where it was for `hot_cache`, a minute by default, and its clients for a minute more"
            ),
            Purged::Later => write!(
                f,
                "{source} is going from {pool}: a copy is running, and what it writes is deleted as soon as it can write no more; it is not served meanwhile"
            ),
        }
    }
}

/// Removes an object's replica, or all of them. May be repeated.
pub async fn run(arguments: &Args, context: &Context<'_>) -> Result<Outcome, OperatorError> {
    let url = lines::url(&arguments.url)?;
    let pool = arguments.pool.id(context.env)?;
    let mirror = Mirror::open(&arguments.mirror, context.env).await?;
    let outcome = mirror.purge(&pool, &url).await?;
    context.print(&Told {
        source: url.to_string(),
        pool: pool.to_string(),
        outcome,
    });
    Ok(Outcome::Done)
}
