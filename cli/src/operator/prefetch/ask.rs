//! One replica, asked for until it is there or will not be.

use std::time::Duration;

use cloud_mirror_domain::error::{Fault, Kind};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::url::SourceUrl;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::report::Fate;
use crate::operator::mirror::{Answer, Mirror, MirrorError, Redirected};

/// The longest pause between two tries, in seconds: a mirror that gave up remembers it for as long.
const LONGEST_PAUSE: u64 = 60;

/// The pauses between looks at a copy that goes on, in seconds. Together they are longer than any
/// claim holds, so that the request after them takes over what was abandoned.
const LOOKS: [u64; 9] = [1, 2, 4, 8, 15, 15, 15, 15, 15];

/// Asks a mirror for replicas. Cloning is cheap.
#[derive(Clone)]
pub(super) struct Asker {
    pub(super) mirror: Mirror,
    /// How often in all, where the mirror or the source fails for a while.
    pub(super) tries: u32,
    /// How long for one replica, from its first request on.
    pub(super) patience: Duration,
    /// True once the prefetch is to end.
    pub(super) ends: watch::Receiver<bool>,
}

/// What one request came to.
enum Step {
    Done(Fate),
    /// The copy goes on.
    Pending,
    /// It may work next time.
    Again(Fate),
}

impl Asker {
    /// Asks until the replica is there, or will not be, or the prefetch is to end: what is asked at
    /// that moment is asked to its end, and nothing after it.
    pub(super) async fn until_known(mut self, id: ReplicaId) -> (ReplicaId, Fate) {
        let (begun, mut tries) = (Instant::now(), 0);
        let fate = loop {
            let goes_on = match self.once(&id).await {
                Step::Done(fate) => break fate,
                Step::Pending if begun.elapsed() >= self.patience => break still_pending(),
                Step::Pending => self.until_it_may_be_there(&id).await,
                Step::Again(failed) => {
                    tries += 1;
                    if tries >= self.tries {
                        break failed;
                    }
                    self.pause(1 << (tries - 1).min(10)).await
                }
            };
            if !goes_on {
                break Fate::Unfinished;
            }
        };
        (id, fate)
    }

    async fn once(&self, id: &ReplicaId) -> Step {
        match self.mirror.resolve(&id.pool, &id.url, None).await {
            Ok(redirected) => match redirected.answer {
                Answer::Replica if redirected.cache_status.starts_with("hit") => {
                    Step::Done(Fate::Hit)
                }
                Answer::Replica => {
                    let pool = redirected.pool.as_ref().unwrap_or(&id.pool);
                    Step::Done(self.copied(pool, &id.url).await)
                }
                Answer::Hop => Step::Pending,
                Answer::Origin => of_origin(&redirected),
            },
            Err(error) => of_error(&error),
        }
    }

    /// The copy that a request is told of has its size in the entry.
    async fn copied(&self, pool: &PoolId, url: &SourceUrl) -> Fate {
        let known = self.mirror.status(pool, url).await;
        let size_bytes = known.ok().and_then(|known| known.size_bytes);
        Fate::Copied { size_bytes }
    }

    /// Looks at the entry instead of holding a request open: a look waits for nothing and starts
    /// nothing. Whether to go on.
    async fn until_it_may_be_there(&mut self, id: &ReplicaId) -> bool {
        for pause in LOOKS {
            if !self.pause(pause).await {
                return false;
            }
            let known = self.mirror.status(&id.pool, &id.url).await;
            match known.as_ref().map(|known| &*known.status) {
                Ok("pending" | "purging") => {}
                _ => break,
            }
        }
        true
    }

    /// Whether to go on after that many seconds.
    async fn pause(&mut self, seconds: u64) -> bool {
        let pause = Duration::from_secs(seconds.min(LONGEST_PAUSE));
        tokio::select! {
            () = sleep(pause) => true,
            _ = self.ends.wait_for(|ends| *ends) => false,
        }
    }
}

/// Why a mirror sends its client to the origin.
fn of_origin(redirected: &Redirected) -> Step {
    match redirected.detail().unwrap_or_default() {
        "same-place" => Step::Done(Fate::SamePlace),
        "wait-exhausted" | "too-slow" | "purging" => Step::Pending,
        "signed" => Step::Done(failed(
            "signed",
            "a signed URL is not mirrored: its signature dies soon",
        )),
        "no-pool" => Step::Done(failed(
            "no-pool",
            "no pool takes this machine; name one with --service and --region",
        )),
        "drained" => Step::Done(failed(
            "drained",
            "the pool is being evacuated, and none near it takes its callers; see `drain` and [near] in mirror.toml",
        )),
        "query" => Step::Done(failed(
            "query",
            "its rule does not say what a query string means: say `query` in the [[source]]",
        )),
        down if down.starts_with("fail-open") => Step::Again(failed(
            down,
            "the mirror's own table, queue or pool does not answer",
        )),
        other => match kind(other) {
            Some(kind) => of_kind(kind),
            None => Step::Again(failed(
                "origin",
                "the mirror sends to the origin and does not say why",
            )),
        },
    }
}

fn of_kind(kind: Kind) -> Step {
    let failed = failed(kind.as_str(), kind.message());
    match kind.fault() {
        Fault::Transient => Step::Again(failed),
        Fault::Absent | Fault::Source | Fault::Ours => Step::Done(failed),
    }
}

fn of_error(error: &MirrorError) -> Step {
    match error.refusal() {
        Some((status, word)) if status == 429 || status >= 500 => {
            Step::Again(failed(word, &error.to_string()))
        }
        Some((_, word)) => Step::Done(match kind(word) {
            Some(kind) => failed(kind.as_str(), kind.message()),
            None => failed(word, &error.to_string()),
        }),
        None => Step::Again(failed("no-answer", &error.to_string())),
    }
}

fn kind(word: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

fn still_pending() -> Fate {
    failed(
        "still-pending",
        "its copy goes on; prefetch it again later, or wait for longer with --patience",
    )
}

fn failed(error: &str, message: &str) -> Fate {
    Fate::Failed {
        error: error.to_owned(),
        message: message.to_owned(),
    }
}
