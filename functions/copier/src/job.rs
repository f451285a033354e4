//! One message, from its reading to its verdict.

use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Holder, Outcome, Terms};
use cloud_mirror_domain::entry::{Entry, Replica};
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::message::{Action, Message, Seen};
use cloud_mirror_domain::ports::{PoolPorts, When};
use cloud_mirror_domain::rules::{Pool, ReplicaId, SourceRule};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_purge::Purged;
use tracing::{info, warn};
use ulid::Ulid;

use crate::Copier;
use crate::lease::{Lease, Lost};
use crate::run::Run;
use crate::verdict::Verdict;

/// A purge that finds another one at work looks again after this.
const PURGE_AGAIN: Duration = Duration::from_secs(30);

/// What is to be made, by whose rule, and where.
pub(crate) struct Job<'a> {
    pub(crate) id: ReplicaId,
    pub(crate) rule: &'a SourceRule,
    pub(crate) pool: &'a Pool,
    pub(crate) ports: &'a PoolPorts,
}

impl Copier {
    pub(crate) async fn work_on(&self, message: &Message) -> Verdict {
        match self.job(message) {
            Some(job) => match message.action {
                Action::Put => self.put(&job, message).await,
                Action::Purge => self.purge(&job, message).await,
            },
            None => {
                let (pool, url) = (&message.replica.pool, &message.replica.url);
                warn!(%pool, %url, "no rule or no pool for this message: it goes to the dead letters");
                Verdict::Fail
            }
        }
    }

    /// Any program may send a message, so the rules are asked again, and the URL is spelled as
    /// its rule spells it.
    fn job(&self, message: &Message) -> Option<Job<'_>> {
        let (rule, url) = self.rules.rule_for(&message.replica.url)?;
        let pool = self.rules.pool(&message.replica.pool)?;
        let ports = self.ports.pools.get(&pool.id)?;
        let id = ReplicaId {
            pool: pool.id.clone(),
            url: rule.canonical(&url),
        };
        Some(Job {
            id,
            rule,
            pool,
            ports,
        })
    }

    async fn purge(&self, job: &Job<'_>, message: &Message) -> Verdict {
        match self.purger.purge(&job.id, message.attempt).await {
            Ok(Purged::Gone | Purged::Later(_)) => {
                info!(who = "copier", pool = %job.id.pool, url = %job.id.url, "purged");
                Verdict::Done
            }
            Ok(Purged::Busy) => Verdict::RetryAfter(PURGE_AGAIN),
            Err(error) => {
                warn!(%error, "a purge will be tried again");
                Verdict::RetryAfter(PURGE_AGAIN)
            }
        }
    }

    async fn put(&self, job: &Job<'_>, message: &Message) -> Verdict {
        let run = Ulid::generate();
        if message.attempt.is_none() {
            self.claim_for_prefetch(job).await;
        }
        match self.ports.table.begin(&job.id, run, &self.when(job)).await {
            Ok(Answer::Done(entry)) => self.carry_out(job, run, entry, message.seen.clone()).await,
            Ok(Answer::Refused(entry)) => Verdict::of_refusal(entry.as_ref(), self.now()),
            Err(error) => {
                warn!(%error, "begin will be tried again");
                Verdict::RetryAfter(self.policy.lifetimes.retry_backoff.0)
            }
        }
    }

    /// A message without an attempt is a wish: the copier claims. Losing is no harm, for then
    /// somebody else has claimed, and `begin` says what there is to do.
    async fn claim_for_prefetch(&self, job: &Job<'_>) {
        if let Err(error) = self
            .ports
            .table
            .claim(&job.id, Ulid::generate(), &self.when(job))
            .await
        {
            warn!(%error, "a prefetch could not be claimed");
        }
    }

    async fn carry_out(&self, job: &Job<'_>, run: Ulid, own: Entry, seen: Option<Seen>) -> Verdict {
        let began = self.now();
        let lease = Lease::new(self, job, run, own);
        let copied = lease
            .hold_while(Run::new(self, job, &lease, seen).copy())
            .await;
        match copied {
            Ok(Ok(replica)) => self.settle_present(job, run, replica, began).await,
            Ok(Err(failure)) => self.settle_error(job, &lease, failure).await,
            Err(Lost(entry)) => {
                warn!(pool = %job.id.pool, url = %job.id.url, %run, "fenced: another has taken over");
                lease.abort_unclaimed_upload(entry.as_ref()).await;
                Verdict::Done
            }
        }
    }

    /// If the entry cannot be settled the replica is there all the same: the next claim's HEAD
    /// finds it. So the message is done either way.
    async fn settle_present(
        &self,
        job: &Job<'_>,
        run: Ulid,
        replica: Replica,
        began: Timestamp,
    ) -> Verdict {
        let margin = self.policy.lifetimes.present_margin;
        let expires = replica.entry_expires(&job.id.url, job.pool.lifespan, margin);
        let size_bytes = replica.size;
        let outcome = Outcome::Present { replica, expires };
        let settled = self
            .ports
            .table
            .settle(&job.id, Holder::Run(run), &outcome, &self.when(job))
            .await;
        let took = u64::try_from(self.now().since(began).as_millis()).unwrap_or(u64::MAX);
        info!(
            pool = %job.id.pool, url = %job.id.url, %run, size_bytes, took_milliseconds = took,
            settled = settled.is_ok_and(|answer| answer.is_done()), "copied"
        );
        Verdict::Done
    }

    async fn settle_error(&self, job: &Job<'_>, lease: &Lease<'_>, failure: Failure) -> Verdict {
        warn!(pool = %job.id.pool, url = %job.id.url, run = %lease.run, %failure, "a copy failed");
        lease.abort_upload().await;
        let pause = self.policy.lifetimes.backoff(lease.tries());
        let verdict = Verdict::after(&failure, pause);
        let outcome = Outcome::Error(failure);
        let holder = Holder::Run(lease.run);
        if let Err(error) = self
            .ports
            .table
            .settle(&job.id, holder, &outcome, &self.when(job))
            .await
        {
            warn!(%error, "an error could not be settled; the lease ends by itself");
        }
        verdict
    }

    pub(crate) fn when(&self, job: &Job<'_>) -> When {
        let terms = Terms {
            lifetimes: self.policy.lifetimes,
            lifespan: job.pool.lifespan,
        };
        When {
            now: self.now(),
            terms,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }
}
