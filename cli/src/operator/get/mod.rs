//! `cloud-mirror get`: a download through the mirror, verified.
//!
//! | look in | for |
//! |---|---|
//! | `fetch` | the way to the bytes, along redirects |
//! | `save` | where they go: a file beside the one that is wanted, until they are found to be right |
//! | `verify` | what they are compared with |
//! | `report` | what is told of them |

mod fetch;
mod report;
mod save;
mod verify;

use std::time::Duration;

use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_domain::url::SourceUrl;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::mirror::{self, Answer, Mirror, Redirected, WantedPool};
use super::{Context, OperatorError, Outcome, lines};
use crate::serve::signals::Signals;
use fetch::{Fetched, Missed};
use report::{Facts, Report};
use save::Place;
use verify::{Expected, Verdict};

const EXAMPLES: &str = "Examples:
  cloud-mirror get --region eu-central-1 https://downloads.example.org/tool-1.2.tar.gz
  cloud-mirror get --region eu-central-1 -o tool.tar.gz https://downloads.example.org/tool-1.2.tar.gz
  cloud-mirror get --region eu-central-1 -o - https://downloads.example.org/tool-1.2.tar.gz | tar -xz
  cloud-mirror get --json --mirror https://mirror.example.com https://downloads.example.org/a.bin

The bytes are verified by every checksum that the store, the source or the mirror tells of them, else
by their length, and what was printed says by which. Bytes that are wrong are not kept. Nothing is
decompressed.

Exit codes: 0 the object is there and nothing speaks against it; 1 the bytes are not what they
should be, and no file is left (what came on standard output is not to be used); 2 there is nothing
to be had, and no file is left.";

/// The arguments of `get`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The source URL.
    pub url: String,
    /// Where to write it, over what is there; `-` is standard output. Without it, a file named as
    /// the URL ends, in this folder.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<String>,
    /// How long the mirror may wait for a copy; 0 takes the replica or the origin at once. Without
    /// it, as long as the mirror does by itself.
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,
    /// The mirror.
    #[command(flatten)]
    pub mirror: mirror::Args,
    /// The pool.
    #[command(flatten)]
    pub pool: WantedPool,
}

/// Downloads an object. The file is complete and verified, or there is none: one that was there
/// stays as it was. May be repeated.
pub async fn run(arguments: &Args, context: &Context<'_>) -> Result<Outcome, OperatorError> {
    let listening = Signals::listen();
    let mut signals = listening.map_err(|error| {
        OperatorError::Unable(format!("cannot listen to Ctrl-C: {error}; try again"))
    })?;
    tokio::select! {
        done = download(arguments, context) => done,
        () = signals.next() => Err(OperatorError::Unable(
            "interrupted; no file is left, so get it again".to_owned(),
        )),
    }
}

async fn download(arguments: &Args, context: &Context<'_>) -> Result<Outcome, OperatorError> {
    let url = lines::url(&arguments.url)?;
    let place = Place::of(arguments.output.as_deref(), &url)?;
    let pool = arguments.pool.id(context.env)?;
    let mirror = Mirror::open(&arguments.mirror, context.env).await?;
    let wait = arguments.wait.map(Duration::from_secs);
    let found = find(&mirror, &pool, &url, wait).await?;
    let Found {
        redirected,
        known,
        fetched,
    } = found;
    let pool = redirected.pool.as_ref().unwrap_or(&pool);
    let expected = Expected::of(&fetched, known.as_ref());
    let facts = Facts {
        source: url.to_string(),
        pool: pool.to_string(),
        content_encoding: fetched.content_encoding(),
    };
    let (bytes, verdict) = transfer(fetched, expected, &place, context).await?;
    let report = Report::of(facts, &redirected, &place, bytes, &verdict);
    report.tell(&place, context);
    match verdict {
        Verdict::Wrong(_) => Ok(Outcome::Faulty),
        Verdict::By(_) => Ok(Outcome::Done),
    }
}

/// An object that is about to be read, and how it was found.
struct Found {
    redirected: Redirected,
    known: Option<mirror::Known>,
    fetched: Fetched,
}

/// A mirror may remember a replica for a while that has been purged. Who meets such a one asks it once
/// more, not to trust its memory.
async fn find(
    mirror: &Mirror,
    pool: &PoolId,
    url: &SourceUrl,
    wait: Option<Duration>,
) -> Result<Found, OperatorError> {
    let redirected = mirror.resolve(pool, url, wait).await?;
    match led(mirror, pool, url, redirected).await {
        Err(Missed::Gone(_)) => {
            let redirected = mirror.resolve_anew(pool, url, wait).await?;
            Ok(led(mirror, pool, url, redirected).await?)
        }
        led => Ok(led?),
    }
}

/// Goes where the mirror leads.
async fn led(
    mirror: &Mirror,
    pool: &PoolId,
    url: &SourceUrl,
    redirected: Redirected,
) -> Result<Found, Missed> {
    let pool = redirected.pool.as_ref().unwrap_or(pool);
    let known = known(mirror, pool, url, &redirected).await;
    let fetched = fetch::fetch(mirror.http(), &redirected).await?;
    Ok(Found {
        redirected,
        known,
        fetched,
    })
}

/// What the mirror knows of a replica. It is asked although the store may tell a checksum: that one
/// is of the bytes that are there, and these may have been replaced behind the mirror's back. Where
/// it does not answer, there is less to compare and no reason to fail.
async fn known(
    mirror: &Mirror,
    pool: &PoolId,
    url: &SourceUrl,
    redirected: &Redirected,
) -> Option<mirror::Known> {
    match redirected.answer {
        Answer::Replica => mirror.status(pool, url).await.ok(),
        Answer::Origin | Answer::Hop => None,
    }
}

/// Carries the bytes to their place, which keeps them only if they are right.
async fn transfer(
    mut fetched: Fetched,
    expected: Expected,
    place: &Place,
    context: &Context<'_>,
) -> Result<(u64, Verdict), OperatorError> {
    let bar = bar(expected.length(), context);
    let mut sink = place.open().await?;
    let mut check = expected.begin();
    while let Some(bytes) = fetched.next().await? {
        check.update(&bytes);
        sink.write(&bytes).await?;
        bar.inc(bytes.len() as u64);
    }
    bar.finish_and_clear();
    let (bytes, verdict) = check.finish();
    match verdict {
        Verdict::By(_) => sink.keep().await?,
        Verdict::Wrong(_) => sink.drop_it(),
    }
    Ok((bytes, verdict))
}

/// How far it is, for a person at a terminal.
fn bar(length: Option<u64>, context: &Context<'_>) -> ProgressBar {
    let target = match context.json {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    };
    let bar = ProgressBar::with_draw_target(length, target);
    let template = match length {
        Some(_) => "{bytes}/{total_bytes} [{wide_bar}] {bytes_per_sec} {eta}",
        None => "{bytes} {spinner} {bytes_per_sec}",
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        // The templates are ours and good; a bar without one shows as much.
        Err(_) => bar,
    }
}
