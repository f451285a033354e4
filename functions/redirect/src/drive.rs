//! Carries each decision to a port, until one is an answer.

use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Holder, Outcome, Terms};
use cloud_mirror_domain::decide::{Decision, Observation, Sight, Wanted, Why, decide};
use cloud_mirror_domain::entry::{Entry, Replica, State};
use cloud_mirror_domain::message::{Action, Message, Seen};
use cloud_mirror_domain::ports::{Pool, Port, PortError, Read, When};
use cloud_mirror_domain::rules::Target;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::trace::Trace;
use tracing::{info, warn};
use ulid::Ulid;

use crate::{Redirect, told};

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
    pub(crate) async fn fate(&self, wanted: &Wanted, trace: Trace) -> (Decision, Part) {
        // What is decided before anybody was asked needs no pool, and there may be none.
        let first = decide(wanted, &Observation::Nothing, self.now(), &self.policy);
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
            read: Read::Eventual,
        };
        let patience = &wanted.patience;
        let ends = patience.invocation_ends.min(patience.budget_ends);
        let limit = ends.since(self.now()) + GRACE;
        let silence = (Decision::Origin(Why::FailOpen(Port::Table)), Part::Looked);
        let driven = tokio::time::timeout(limit, drive.run(wanted)).await;
        driven.unwrap_or_else(|_| {
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
        let mut observation = Observation::Nothing;
        for _ in 0..MAX_STEPS {
            let now = self.redirect.now();
            let decision = decide(wanted, &observation, now, &self.redirect.policy);
            observation = match self.step(decision).await {
                Ok(Step::Observed(observation)) => observation,
                Ok(Step::Answer(decision)) => return (decision, self.part),
                Err(error) => {
                    warn!(%error, "fail-open");
                    Observation::Failed(error.port)
                }
            };
        }
        (Decision::Origin(Why::FailOpen(Port::Table)), self.part)
    }

    async fn step(&mut self, decision: Decision) -> Result<Step, PortError> {
        let observed = match decision {
            Decision::Get => Observation::Entry(self.get().await?),
            Decision::Look(entry) => {
                let sight = self.head().await;
                Observation::Looked(entry, sight)
            }
            Decision::Forget(entry) => self.forget(&entry).await?,
            Decision::Claim => self.claim().await?,
            Decision::LookUnderClaim(entry) => self.look_under_claim(entry).await?,
            Decision::SettlePresent(entry, replica) => self.settle(&entry, replica).await?,
            Decision::Enqueue(entry, seen) => self.enqueue(entry, seen).await?,
            Decision::Wait(entry, until) => self.wait(&entry, until).await?,
            Decision::Replica(entry, upkeep) => {
                self.keep_up(&entry, upkeep).await;
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

    async fn head(&self) -> Sight {
        match self.pool.head(&self.target.id.url).await {
            Ok(Some(replica)) => Sight::There(replica),
            Ok(None) => Sight::Gone,
            Err(error) => {
                warn!(%error, "a replica could not be looked at");
                Sight::Failed
            }
        }
    }

    /// Where the entry has become present meanwhile, and near its end, what was won is its renewal.
    async fn claim(&self) -> Result<Observation, PortError> {
        let attempt = Ulid::generate();
        match self.claim_as(attempt).await? {
            Answer::Done(entry) if attempt_of(&entry).is_none() => {
                self.send_renewal(attempt, &entry).await?;
                Ok(Observation::Entry(Some(entry)))
            }
            Answer::Done(entry) => Ok(Observation::Claimed(entry, None)),
            Answer::Refused(entry) => Ok(Observation::Entry(entry)),
        }
    }

    async fn claim_as(&self, attempt: Ulid) -> Result<Answer, PortError> {
        let table = &self.redirect.ports.table;
        let answer = table.claim(&self.target.id, attempt, &self.when()).await?;
        told::claimed(&answer, attempt);
        Ok(answer)
    }

    /// A look that fails ends the claim: nobody shall wait for a copy that is not under way.
    async fn look_under_claim(&self, entry: Entry) -> Result<Observation, PortError> {
        let sight = self.head().await;
        match &sight {
            Sight::There(replica) if self.is_over(replica) => info!(event = "expired"),
            Sight::There(_) | Sight::Gone => {}
            Sight::Failed => self.release(&entry).await,
        }
        Ok(Observation::Claimed(entry, Some(sight)))
    }

    async fn settle(&mut self, entry: &Entry, replica: Replica) -> Result<Observation, PortError> {
        let Some(attempt) = attempt_of(entry) else {
            return Ok(Observation::Nothing);
        };
        let (size_bytes, expires) = (replica.size, self.ends(&replica));
        let outcome = Outcome::Present { replica, expires };
        let (table, holder) = (&self.redirect.ports.table, Holder::Attempt(attempt));
        Ok(
            match table
                .settle(&self.target.id, holder, &outcome, &self.when())
                .await?
            {
                Answer::Done(entry) => {
                    info!(event = "found", size_bytes);
                    self.part = Part::BackFilled;
                    Observation::Entry(Some(entry))
                }
                Answer::Refused(entry) => Observation::Entry(entry),
            },
        )
    }

    /// A failed send ends the lease, and never deletes the entry.
    async fn enqueue(&mut self, entry: Entry, seen: Seen) -> Result<Observation, PortError> {
        let message = Message {
            bulk: is_known_to_be_large(&entry),
            ..self.message(attempt_of(&entry), seen)
        };
        if let Err(error) = self
            .redirect
            .ports
            .queue
            .send(&message, Duration::ZERO)
            .await
        {
            self.release(&entry).await;
            return Err(error);
        }
        self.part = Part::Stored;
        Ok(Observation::Entry(Some(entry)))
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

    async fn release(&self, entry: &Entry) {
        let Some(attempt) = attempt_of(entry) else {
            return;
        };
        let (table, holder) = (&self.redirect.ports.table, Holder::Attempt(attempt));
        if let Err(error) = table.release(&self.target.id, holder, &self.when()).await {
            warn!(%error, "a claim could not be released; its lease ends by itself");
        }
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

enum Step {
    Observed(Observation),
    Answer(Decision),
}

/// A copier has found out its size, so that it need not be asked for again on the queue of the
/// small ones.
fn is_known_to_be_large(entry: &Entry) -> bool {
    matches!(&entry.state, State::Pending(pending) if pending.underway.is_some())
}

fn attempt_of(entry: &Entry) -> Option<Ulid> {
    match &entry.state {
        State::Pending(pending) => Some(pending.work.attempt),
        _ => None,
    }
}
