//! What must hold once everything is mended and time has passed, whatever went wrong before.
//!
//! It is looked at, and then asked for, from outside: through the deployment's own HTTP API, its
//! table, its pools and its queues. Nothing here knows what went wrong.

mod looks;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::to_base64url;

use crate::client::{Answer, Client};
use crate::deployment::Deployment;
use crate::mirror::Mirror;
use crate::watch::{Truth, Watch, portless};

/// Everything of a switchboard that may be broken, silent or slow.
const PARTS: [&str; 9] = [
    "table",
    "queue",
    "queue.receive",
    "bulk",
    "pool",
    "pool.head",
    "pool.delete",
    "store",
    "source",
];

/// Longer than any lease, and than any pause after a failure, of the stories' policies.
const A_WHILE: Duration = Duration::from_secs(25 * 60);

/// An object must be served in one of so many rounds, with a while between. One is enough, but for
/// what comes back late: a purge, that is, whose message failed.
const ROUNDS: usize = 3;

/// A round ends after so long: a copy that has begun takes less.
const ROUND: Duration = Duration::from_secs(6);
const MOMENT: Duration = Duration::from_millis(50);

/// What is wrong with a mirror and these replicas of it, after everything is mended, held messages are
/// delivered, and leases and pauses are over; nothing, if all is well. What is known to be wrong does
/// not count: what an undisturbed mirror in the same place leaves as well, because its source is no
/// good.
///
/// Each of these is looked at:
///
/// - an object that its source has is served by a replica with its bytes within a
///   bounded number of requests, so that no entry is waited for beyond its lease;
/// - a `present` entry has its replica in the pool, with the origin's bytes;
/// - an unfinished upload is recorded in its entry, or ended by the next run for the same object;
/// - a message that was accepted was worked off, or comes back; and no dead letter is one that a
///   copier could have worked off.
///
/// Takes some seconds at most where all is well, and moves the deployment's clocks. May be repeated;
/// the mirror works on.
pub async fn wrongs(mirror: &Mirror, ids: &[ReplicaId], known: &BTreeSet<String>) -> Vec<Wrong> {
    let aftermath = Aftermath::of(mirror, known);
    for path in aftermath.truth.paths() {
        mirror.origin.release(&path);
    }
    aftermath.mend().await;
    let mut wrongs = aftermath.of_messages(ids).await;
    aftermath.a_while().await;
    for id in ids {
        wrongs.extend(aftermath.of_entry(id).await);
    }
    for id in ids {
        wrongs.extend(aftermath.of_serving(id).await);
        wrongs.extend(aftermath.of_entry(id).await);
        wrongs.extend(aftermath.of_uploads(id).await);
    }
    wrongs.retain(|wrong| !known.contains(&wrong.what));
    wrongs
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// In words that are the same in every run.
    pub what: String,
    /// What was seen.
    pub detail: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.detail)
    }
}

impl Wrong {
    fn with(id: &ReplicaId, what: &str, detail: impl fmt::Display) -> Self {
        Self {
            what: format!("{} {}: {what}", id.pool, portless(id.url.as_str())),
            detail: detail.to_string(),
        }
    }
}

/// What is left of a mirror. Nothing that is asked now is the watch's to judge.
struct Aftermath<'a> {
    known: &'a BTreeSet<String>,
    deployment: Arc<dyn Deployment>,
    client: Client,
    truth: Arc<Truth>,
    watch: Option<Watch>,
}

impl<'a> Aftermath<'a> {
    fn of(mirror: &Mirror, known: &'a BTreeSet<String>) -> Self {
        let (deployment, watch) = (&mirror.deployment, mirror.client.watch());
        let fresh = || Truth::new(Arc::clone(deployment), Arc::clone(&mirror.origin));
        Self {
            known,
            deployment: Arc::clone(deployment),
            client: mirror.client.unwatched(),
            truth: watch.map_or_else(|| Arc::new(fresh()), Watch::truth),
            watch: watch.cloned(),
        }
    }

    async fn mend(&self) {
        for part in PARTS {
            self.deployment.faults().mend(part);
        }
        if let Some(s3) = self.deployment.s3() {
            s3.heal();
        }
        self.deployment.deliver_held().await;
    }

    async fn a_while(&self) {
        self.deployment.time_passes(A_WHILE).await;
    }

    /// Asks until it is served by a replica with the right bytes, or has been asked for often enough.
    async fn of_serving(&self, id: &ReplicaId) -> Option<Wrong> {
        let mut wrong = Wrong::with(id, "never served", "");
        if self.known.contains(&wrong.what) || !self.is_good_at_its_source(id).await {
            return None;
        }
        for _ in 0..ROUNDS {
            let began = Instant::now();
            while began.elapsed() < ROUND {
                match self.ask(id).await {
                    Ok(answer) if self.leads_to_the_replica(id, &answer).await => {
                        return self.of_purges(id).await;
                    }
                    Ok(answer) if is_not_mirrored(&answer) => return None,
                    Ok(answer) => wrong.detail = summary(&answer),
                    Err(error) => wrong.detail = format!("{error:?}"),
                }
                tokio::time::sleep(MOMENT).await;
            }
            self.a_while().await;
        }
        Some(wrong)
    }

    /// An upload that nobody records is ended by the next run for the same object.
    async fn of_uploads(&self, id: &ReplicaId) -> Option<Wrong> {
        if self.unrecorded_uploads(id).await.is_empty() {
            return None;
        }
        let purge = self.route("purge", id);
        let authority = self.deployment.authority();
        self.client.ask("DELETE", &purge, authority).await;
        self.a_while().await;
        if let Some(never) = self.of_serving(id).await {
            return Some(never);
        }
        let left = self.unrecorded_uploads(id).await;
        (!left.is_empty()).then(|| Wrong::with(id, "uploads are left", left.join(", ")))
    }

    /// Whoever asks so has the replica looked at: what was deleted behind the mirror's back is seen.
    async fn ask(&self, id: &ReplicaId) -> reqwest::Result<Answer> {
        let headers = [("cache-control", "no-cache"), ("prefer", "wait=5")];
        self.client
            .try_ask(&self.route("redirect", id), &headers)
            .await
    }

    fn route(&self, verb: &str, id: &ReplicaId) -> String {
        let (base, pool) = (self.deployment.base_url(), id.pool.as_path());
        format!("{base}/v1/{verb}/{pool}/{}", to_base64url(id.url.as_str()))
    }
}

/// The rules leave it to its origin: its URL is signed, has a query string, or lies there already.
fn is_not_mirrored(answer: &Answer) -> bool {
    let status = answer.header("cache-status");
    ["signed", "query", "same-place", "no-pool", "drained"]
        .iter()
        .any(|why| status.ends_with(&format!("; detail={why}")))
}

fn summary(answer: &Answer) -> String {
    let (location, status) = (answer.header("location"), answer.header("cache-status"));
    format!("{} {location} ({status})", answer.status)
}
