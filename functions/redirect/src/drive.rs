//! Carries each decision to a port, until one is an answer.

use std::time::Duration;

use cloud_mirror_domain::claim::Terms;
use cloud_mirror_domain::decide::{Decision, Observation, Sight, Upkeep, Wanted, Why, decide};
use cloud_mirror_domain::entry::{Entry, Replica, State};
use cloud_mirror_domain::message::{Action, Message, Seen};
use cloud_mirror_domain::ports::{Pool, PoolError, Port, PortError, Read, When};
use cloud_mirror_domain::rules::Target;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::trace::Trace;
use tracing::warn;
use ulid::Ulid;

use crate::Redirect;
use crate::within::within;

mod claiming;
mod upkeep;

/// No request takes more steps than this: however the table behaves, the client is served.
const MAX_STEPS: usize = 200;

/// A part of ours that says nothing at all must not keep a client: what is left after the longest
/// wait for our own requests. 25 s and this are less than the 30 s of an HTTP API.
pub(crate) const GRACE: Duration = Duration::from_secs(4);

/// What this request did on its way, for the answer's `Cache-Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Nothing: it was there, or nothing could be done.
    Looked,
    /// It found a good replica that the table had forgotten.
    BackFilled,
    /// It had the copy made.
    Stored,
    /// It waited for a copy that another request had made.
    Collapsed,
}

pub(crate) struct Drive<'a> {
    redirect: &'a Redirect,
    target: &'a Target,
    pool: &'a dyn Pool,
    part: Part,
    trace: Trace,
    /// The first read may be a moment old; after a write or a wait nothing may.
    read: Read,
}

impl Redirect {
    /// The request's fate: a decision that is an answer, and what was done on the way.
    pub(crate) async fn fate(
        &self,
        wanted: &Wanted,
        began: Timestamp,
        trace: Trace,
    ) -> (Decision, Part) {
        // What is decided before anybody was asked needs no pool, and there may be none.
        let first = decide(wanted, &Observation::Nothing, began, &self.policy);
        let (Ok(target), Decision::Get) = (&wanted.target, &first) else {
            return (first, Part::Looked);
        };
        let Some(ports) = self.ports.pools.get(&target.id.pool) else {
            return (Decision::Origin(Why::FailOpen(Port::Pool)), Part::Looked);
        };
        let (pool, part) = (&*ports.pool, Part::Looked);
        let drive = Drive {
            redirect: self,
            target,
            pool,
            part,
            trace,
            read: first_read(wanted),
        };
        let patience = &wanted.patience;
        let ends = patience.invocation_ends.min(patience.budget_ends);
        let limit = ends.since(began) + GRACE;
        let silence = (Decision::Origin(Why::FailOpen(Port::Table)), Part::Looked);
        let driven = within(limit, drive.run(wanted)).await;
        driven.unwrap_or_else(|| {
            warn!("fail-open: a part of ours does not answer");
            silence
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }
}

impl Drive<'_> {
    async fn run(mut self, wanted: &Wanted) -> (Decision, Part) {
        let mut decision = Decision::Get;
        for _ in 0..MAX_STEPS {
            let observation = match self.step(decision).await {
                Ok(Step::Observed(observation)) => observation,
                Ok(Step::Answer(decision)) => return (decision, self.part),
                Err(error) => {
                    warn!(%error, "fail-open");
                    Observation::Failed(error.port)
                }
            };
            let now = self.redirect.now();
            decision = decide(wanted, &observation, now, &self.redirect.policy);
        }
        (Decision::Origin(Why::FailOpen(Port::Table)), self.part)
    }

    /// Most requests are hits, which take no more than a look into the table. What others need is boxed,
    /// so that no hit carries the room for it around.
    async fn step(&mut self, decision: Decision) -> Result<Step, PortError> {
        let observed = match decision {
            Decision::Get => Observation::Entry(self.get().await?),
            // The entry has its digests.
            Decision::Look(entry) => {
                let found = self.pool.head_without_digests(&self.target.id.url).await;
                Observation::Looked(entry, sight(found))
            }
            Decision::Forget(entry) => Box::pin(self.forget(&entry)).await?,
            Decision::Claim => Box::pin(self.claim()).await?,
            Decision::LookUnderClaim(entry) => Box::pin(self.look_under_claim(entry)).await?,
            Decision::SettlePresent(entry, replica) => {
                Box::pin(self.settle(&entry, replica)).await?
            }
            Decision::Enqueue(entry, seen) => Box::pin(self.enqueue(entry, seen)).await?,
            Decision::Wait(entry, until) => Box::pin(self.wait(&entry, until)).await?,
            Decision::Replica(entry, upkeep) => {
                if upkeep != Upkeep::None {
                    Box::pin(self.keep_up(&entry, upkeep)).await;
                }
                return Ok(Step::Answer(Decision::Replica(entry, upkeep)));
            }
            answer @ (Decision::Refuse(_)
            | Decision::SourceSays(_)
            | Decision::Origin(_)
            | Decision::Hop { .. }) => return Ok(Step::Answer(answer)),
        };
        Ok(Step::Observed(observed))
    }

    async fn get(&mut self) -> Result<Option<Entry>, PortError> {
        let read = std::mem::replace(&mut self.read, Read::Strong);
        self.redirect
            .ports
            .table
            .get(&self.target.id, read, self.redirect.now())
            .await
    }

    async fn wait(&mut self, entry: &Entry, until: Timestamp) -> Result<Observation, PortError> {
        if self.part == Part::Looked {
            self.part = Part::Collapsed;
        }
        let table = &self.redirect.ports.table;
        let entry = table
            .wait_for_change(&self.target.id, Some(entry), until)
            .await?;
        Ok(Observation::Entry(entry))
    }

    fn message(&self, attempt: Option<Ulid>, seen: Seen) -> Message {
        let replica = self.target.id.clone();
        Message {
            replica,
            action: Action::Put,
            attempt,
            seen: Some(seen),
            bulk: false,
            upload: None,
            trace: Some(self.trace),
        }
    }

    /// When an entry for this replica must end.
    fn ends(&self, replica: &Replica) -> Timestamp {
        let margin = self.redirect.policy.lifetimes.present_margin;
        replica.entry_expires(&self.target.id.url, self.target.lifespan, margin)
    }

    /// Ours, and so near its end that it is worth no entry any more.
    fn is_over(&self, replica: &Replica) -> bool {
        replica.is_of(&self.target.id.url) && self.ends(replica) <= self.redirect.now()
    }

    fn when(&self) -> When {
        let lifetimes = self.redirect.policy.lifetimes;
        let terms = Terms {
            lifetimes,
            lifespan: self.target.lifespan,
        };
        When {
            now: self.redirect.now(),
            terms,
        }
    }
}

fn sight(found: Result<Option<Replica>, PoolError>) -> Sight {
    match found {
        Ok(Some(replica)) => Sight::There(replica),
        Ok(None) => Sight::Gone,
        Err(error) => {
            warn!(%error, "a replica could not be looked at");
            Sight::Failed
        }
    }
}

enum Step {
    Observed(Observation),
    Answer(Decision),
}

/// Who trusts no cache is told what is true now.
fn first_read(wanted: &Wanted) -> Read {
    if wanted.no_cache {
        Read::Strong
    } else {
        Read::Eventual
    }
}

fn attempt_of(entry: &Entry) -> Option<Ulid> {
    match &entry.state {
        State::Pending(pending) => Some(pending.work.attempt),
        _ => None,
    }
}
