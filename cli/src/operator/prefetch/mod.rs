//! `cloud-mirror prefetch`: objects are copied before anybody asks.
//!
//! Everything goes through the mirror's own HTTP API: it needs no rights on AWS, obeys the rules, and
//! is held back as any client is. Nothing is lost by an interruption: what is known to be present is
//! in the journal, and whatever else was asked for is at worst asked for again, which is a hit.
//!
//! | look in | for |
//! |---|---|
//! | `input`, `bucket` | the list |
//! | `journal` | what is known to be present |
//! | `ask` | one replica, until it is known |
//! | `work` | many at once, signals, progress |
//! | `report` | what is printed |

mod ask;
mod bucket;
mod input;
mod journal;
mod report;
mod work;

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::url::SourceUrl;

use super::mirror::{self, Mirror, WantedPool};
use super::{Context, Deployed, OperatorError, Outcome};
use ask::Asker;
use bucket::Place;
use input::Listed;
use journal::Journal;
use report::{Counts, Summary};
use work::Work;

const EXAMPLES: &str = "Examples:
  cloud-mirror prefetch --region eu-central-1 urls.txt
  cloud-mirror prefetch --region all --journal prefetch.journal urls.txt
  sort urls.txt | cloud-mirror prefetch --region eu-central-1 -
  cloud-mirror prefetch --region all --config deploy/mirror.toml s3://acme-artifacts/public/

After an interruption the same command with the same journal goes on where it was. A journal is of
one prefetch: begin a new one when the replicas may have ended.

It ends with 0 if everything is there, with 1 if not, and with 2 if nothing could be asked for.";

/// The arguments of `prefetch`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A file with one URL a line, - for standard input, or a bucket and how its keys begin.
    #[arg(value_name = "FILE|-|s3://BUCKET/PREFIX")]
    pub list: String,
    /// The mirror.
    #[command(flatten)]
    pub mirror: mirror::Args,
    /// The pool; the region `all` means every pool of the service.
    #[command(flatten)]
    pub pool: WantedPool,
    /// The configuration, which says what URLs a bucket's keys have; read for s3:// only.
    #[command(flatten)]
    pub deployed: Deployed,
    /// Where to note what is present, for an interrupted prefetch to go on.
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// How many replicas to ask for at once.
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub at_once: u16,
    /// How often to ask for one in all, where its source or the mirror fails for a while.
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub tries: u32,
    /// How many minutes to wait for one whose copy goes on.
    #[arg(long, default_value_t = 60, value_name = "MINUTES")]
    pub patience: u64,
}

/// Has everything on the list copied, and says what failed. The list is read to its end first.
pub async fn run(arguments: &Args, context: &Context<'_>) -> Result<Outcome, OperatorError> {
    let listed = list(arguments, context).await?;
    let mirror = Mirror::open(&arguments.mirror, context.env).await?;
    let pools = pools(&mirror, arguments.pool.id(context.env)?).await?;
    let (journal, done) = open_journal(arguments, &mirror)?;
    let mut counts = told(&listed, context);
    let wanted = wanted(listed.urls, &pools, &done, &mut counts);
    let mut work = Work::new(context, journal, counts, arguments.at_once.into());
    let asker = |ends| Asker {
        mirror,
        tries: arguments.tries,
        patience: Duration::from_secs(arguments.patience.saturating_mul(60)),
        ends,
    };
    work.run(wanted, asker).await?;
    Ok(outcome(&work))
}

/// Tells at once what cannot be asked for.
fn told(listed: &Listed, context: &Context<'_>) -> Counts {
    for malformed in &listed.malformed {
        context.print(malformed);
    }
    Counts {
        malformed: listed.malformed.len(),
        repeated: listed.repeated,
        ..Counts::default()
    }
}

fn outcome(work: &Work<'_>) -> Outcome {
    work.context.print(&Summary {
        summary: &work.counts,
    });
    if work.counts.unfinished > 0 {
        eprintln!("cloud-mirror: {}", how_to_go_on(work.journal.as_ref()));
    }
    match work.counts.is_all_there() {
        true => Outcome::Done,
        false => Outcome::Faulty,
    }
}

async fn list(arguments: &Args, context: &Context<'_>) -> Result<Listed, OperatorError> {
    let Some(place) = Place::of(&arguments.list) else {
        return input::read(&arguments.list);
    };
    let facts = arguments.mirror.address.deployment.read(context.env)?;
    let config = super::load(&arguments.deployed, &facts)?;
    bucket::read(place, &config.rules, &facts).await
}

/// The pools that are wanted, which the mirror must have.
async fn pools(mirror: &Mirror, wanted: PoolId) -> Result<Vec<PoolId>, OperatorError> {
    let known = mirror.pools().await?;
    let ids = known
        .iter()
        .map(|pool| PoolId::new(&pool.service, &pool.region));
    let ids: Vec<_> = ids
        .filter(|id| *id == wanted || (wanted.region == "all" && id.service == wanted.service))
        .collect();
    if ids.is_empty() {
        let known: Vec<_> = known.iter().map(|pool| &*pool.id).collect();
        return Err(OperatorError::Unable(format!(
            "there is no pool {wanted} at {}; its pools are: {}",
            mirror.base(),
            known.join(", ")
        )));
    }
    Ok(ids)
}

fn open_journal(
    arguments: &Args,
    mirror: &Mirror,
) -> Result<(Option<Journal>, HashSet<ReplicaId>), OperatorError> {
    let Some(path) = &arguments.journal else {
        return Ok((None, HashSet::new()));
    };
    let opened = Journal::open(path, &mirror.base().to_string());
    let (journal, done) = opened.map_err(|error| OperatorError::Unable(error.to_string()))?;
    Ok((Some(journal), done))
}

/// What is left to ask for, in the list's order: an object into all its pools before the next.
fn wanted(
    urls: Vec<SourceUrl>,
    pools: &[PoolId],
    done: &HashSet<ReplicaId>,
    counts: &mut Counts,
) -> Vec<ReplicaId> {
    counts.wanted = urls.len() * pools.len();
    let into_each = |url: SourceUrl| {
        pools.iter().map(move |pool| ReplicaId {
            pool: pool.clone(),
            url: url.clone(),
        })
    };
    let all = urls.into_iter().flat_map(into_each);
    let left: Vec<_> = all.filter(|id| !done.contains(id)).collect();
    counts.done_before = counts.wanted - left.len();
    left
}

fn how_to_go_on(journal: Option<&Journal>) -> String {
    match journal {
        Some(journal) => format!(
            "interrupted; the same command with --journal {} goes on where this ended",
            journal.path().display()
        ),
        None => "interrupted; run the same command again: what is there by now is a hit. With --journal FILE it would not even be asked for".to_owned(),
    }
}
