//! `cloud-mirror status`: what is known of an object.
//!
//! | look in | for |
//! |---|---|
//! | `public` | what the mirror tells everybody |
//! | `detail` | what only its table tells: the private chain |

mod detail;
mod public;

use super::mirror::{self, Mirror, WantedPool};
use super::{Context, Deployed, OperatorError, Outcome, lines};
use public::Public;

const EXAMPLES: &str = "Examples:
  cloud-mirror status --region eu-central-1 https://downloads.example.org/tool-1.2.tar.gz
  cloud-mirror status --json --mirror https://mirror.example.com https://downloads.example.org/a.bin
  cloud-mirror status --detail --outputs outputs.json --config deploy/mirror.toml \\
    --pool-bucket-prefix acme-mirror- --region eu-central-1 https://downloads.example.org/a.bin

Nothing is copied, and nothing waits. With --detail it asks the table in place of the mirror, with your
AWS credentials, which need dynamodb:GetItem on it.

Exit codes: 0 it is present, or its copy is pending; 1 it is absent, being purged, or its last copy
failed; 2 it cannot be known.";

/// The arguments of `status`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The source URL.
    pub url: String,
    /// Read the table itself, and show who copies, until when, and why the last copy failed.
    #[arg(long)]
    pub detail: bool,
    /// The configuration, for --detail.
    #[command(flatten)]
    pub deployed: Deployed,
    /// The mirror.
    #[command(flatten)]
    pub mirror: mirror::Args,
    /// The pool.
    #[command(flatten)]
    pub pool: WantedPool,
}

/// Says what is known of an object, by the mirror or by its table. Changes nothing.
pub async fn run(arguments: &Args, context: &Context<'_>) -> Result<Outcome, OperatorError> {
    let url = lines::url(&arguments.url)?;
    let pool = arguments.pool.id(context.env)?;
    let status = if arguments.detail {
        let detail = detail::read(arguments, &pool, &url, context).await?;
        context.print(&detail);
        detail.status
    } else {
        let mirror = Mirror::open(&arguments.mirror, context.env).await?;
        let known = Public(mirror.status(&pool, &url).await?);
        context.print(&known);
        known.0.status
    };
    Ok(match status.as_str() {
        "present" | "pending" => Outcome::Done,
        _ => Outcome::Faulty,
    })
}
