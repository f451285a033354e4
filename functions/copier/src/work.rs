//! One message, from its reading to its verdict.

use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Holder, Outcome};
use cloud_mirror_domain::entry::{Entry, Replica, State, Work};
use cloud_mirror_domain::error::{Failure, Fault, Kind};
use cloud_mirror_domain::message::{Action, Seen};
use cloud_mirror_domain::ports::PortError;
use cloud_mirror_domain::rules::Standing;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_purge::{Order, Purged};
use tracing::{info, warn};
use ulid::Ulid;

use crate::copy::{Copied, copy};
use crate::hand_on::{HandOn, Why};
use crate::job::Job;
use crate::lease::{Lease, Lost};
use crate::run::Run;
use crate::told;
use crate::verdict::Verdict;
use crate::{Copier, Delivery};

/// A message that may belong to a long copy under way is looked at again after this. Of five
/// receptions that makes two hours, and the prefetch of a copier that died is late by no more.
const LONG_COPY_AGAIN: Duration = Duration::from_secs(30 * 60);

/// A purge that failed is tried again after this.
const PURGE_AGAIN: Duration = Duration::from_secs(30);

impl Copier {
    pub(crate) async fn work_on(&self, delivery: &Delivery<'_>) -> Verdict {
        let message = &delivery.message;
        let job = self.job(message);
        job.iter().for_each(told::asked_for);
        match job {
            Some(job) if job.standing == Standing::Signed => left_to_its_origin(&job),
            Some(job) => match message.action {
                Action::Put if job.standing != Standing::Mirrored => left_to_its_origin(&job),
                Action::Put => self.put(&job, delivery).await,
                Action::Purge => self.purge(&job, delivery).await,
            },
            None => {
                let (pool, url) = (&message.replica.pool, message.replica.url.without_query());
                warn!(%pool, %url, "no rule or no pool for this message: it goes to the dead letters");
                Verdict::Fail
            }
        }
    }

    async fn purge(&self, job: &Job<'_>, delivery: &Delivery<'_>) -> Verdict {
        let order = Order {
            who: "copier",
            resumes: delivery.message.attempt,
            trace: delivery.trace,
        };
        match self.purger.purge(&job.id, &order).await {
            Ok(Purged::Gone | Purged::Later(_)) => Verdict::Done,
            Err(_) => Verdict::RetryAfter(PURGE_AGAIN),
        }
    }

    async fn put(&self, job: &Job<'_>, delivery: &Delivery<'_>) -> Verdict {
        let (run, message) = (Ulid::generate(), &delivery.message);
        match self.begin(job, run, delivery).await {
            Ok(Answer::Done(entry)) => {
                told::begun(&entry, run, delivery);
                let lease = Lease::new(self, job, run, entry, message.upload.as_ref());
                let out_of_time = HandOn {
                    why: Why::OutOfTime,
                    trace: delivery.trace,
                };
                tokio::select! {
                    verdict = self.carry_out(job, &lease, delivery) => verdict,
                    () = delivery.limit.is_up() => self.hand_on(job, &lease, out_of_time).await,
                }
            }
            Ok(Answer::Refused(entry)) => self.refused(delivery, entry.as_ref()),
            Err(error) => {
                warn!(%error, "begin will be tried again");
                Verdict::RetryAfter(self.pause_of_the_table(delivery))
            }
        }
    }

    /// A table that fails once is asked again soon. One that is down must not make dead letters of
    /// good work: by the default back-off the last of five receptions comes after a quarter of an hour.
    fn pause_of_the_table(&self, delivery: &Delivery<'_>) -> Duration {
        let (shortest, longest) = self.policy.lifetimes.retry_backoff;
        if delivery.redelivered {
            longest * 5
        } else {
            shortest
        }
    }

    /// A message that was received before and meets a live run may be that run's own, whose end
    /// nobody heard of: acknowledged, it would be lost with it. So it comes back once the lease is
    /// over; in a copy that may take many leases later, or it would be a dead letter of a copy that
    /// goes well.
    fn refused(&self, delivery: &Delivery<'_>, entry: Option<&Entry>) -> Verdict {
        let may_be_its_own = |work: &Work| delivery.redelivered && work.run.is_some();
        match entry.and_then(work_of).filter(may_be_its_own) {
            Some(_) if entry.is_some_and(is_long) => Verdict::RetryAfter(LONG_COPY_AGAIN),
            Some(work) => Verdict::RetryAfter(self.over(work.lease)),
            None => Verdict::of_refusal(entry, self.now()),
        }
    }

    /// How long until that lease is over by everybody's clock.
    pub(crate) fn over(&self, lease: Timestamp) -> Duration {
        lease.since(self.now()) + self.policy.lifetimes.skew() * 2
    }

    /// A message without an attempt is a wish: the copier claims first. So it does where there
    /// is no entry (any more): the table was lost, or the message is a dead letter that was
    /// redriven, and acknowledging it would lose the work; and over an error whose time has come,
    /// since somebody may have mended what was ours: a message that is on its way to the dead letters
    /// has not been mended yet. Losing the claim is no harm, for then somebody else has claimed, and
    /// `begin` says what there is to do.
    async fn begin(
        &self,
        job: &Job<'_>,
        run: Ulid,
        delivery: &Delivery<'_>,
    ) -> Result<Answer, PortError> {
        let (table, when) = (&self.ports.table, self.when(job));
        if delivery.message.attempt.is_some() {
            let answer = table.begin(&job.id, run, &when).await?;
            let may_claim = |entry: &Entry| is_due(entry, when.now) && !delivery.redelivered;
            match &answer {
                Answer::Refused(entry) if entry.as_ref().is_none_or(may_claim) => {}
                _ => return Ok(answer),
            }
        }
        let attempt = Ulid::generate();
        told::claimed(&table.claim(&job.id, attempt, &when).await?, attempt);
        table.begin(&job.id, run, &when).await
    }

    async fn carry_out(
        &self,
        job: &Job<'_>,
        lease: &Lease<'_>,
        delivery: &Delivery<'_>,
    ) -> Verdict {
        let (began, trace) = (self.now(), delivery.trace);
        let run_of = Run {
            copier: self,
            job,
            delivery,
            lease,
        };
        let copied = lease
            .hold_while(copy(run_of, hint(delivery, &lease.own())))
            .await;
        match copied {
            Ok(Ok(Copied::Replica(replica, how))) => {
                let settled = self.settle_present(job, lease, &replica).await;
                let took = self.now().since(began);
                told::done(&lease.own(), &replica, how, (took, settled));
                Verdict::Done
            }
            Ok(Ok(Copied::GoesOn(why))) => self.hand_on(job, lease, HandOn { why, trace }).await,
            Ok(Err(failure)) => self.settle_error(job, lease, failure).await,
            Err(Lost(entry)) => {
                warn!("the lease was lost");
                lease.abort_unclaimed_upload(entry.as_ref()).await;
                self.verdict_of_loss(lease, entry.as_ref())
            }
        }
    }

    /// Fenced, the work is another's. Where no other is known (the table says nothing, or has lost
    /// everything) the message comes back, or a prefetch would be lost with the lease.
    pub(crate) fn verdict_of_loss(&self, lease: &Lease<'_>, fencing: Option<&Entry>) -> Verdict {
        match fencing {
            Some(_) => Verdict::Done,
            None => Verdict::RetryAfter(self.over(lease.ends())),
        }
    }

    /// Whether the entry could be settled. If not, the replica is there all the same: the next claim's
    /// HEAD finds it. So the message is done either way.
    async fn settle_present(&self, job: &Job<'_>, lease: &Lease<'_>, replica: &Replica) -> bool {
        let margin = self.policy.lifetimes.present_margin;
        let expires = replica.entry_expires(&job.id.url, job.pool.lifespan, margin);
        let replica = replica.clone();
        let outcome = Outcome::Present { replica, expires };
        let (holder, when) = (Holder::Run(lease.run), self.when(job));
        let settled = self.ports.table.settle(&job.id, holder, &outcome, &when);
        settled.await.is_ok_and(|answer| answer.is_done())
    }

    async fn settle_error(&self, job: &Job<'_>, lease: &Lease<'_>, failure: Failure) -> Verdict {
        told::failed(&failure);
        if lease.may_still_write() {
            return Verdict::RetryAfter(self.over(lease.ends()));
        }
        if !leaves_its_upload(&failure) {
            lease.abort_upload().await;
        }
        if lease.has_news() {
            // What it says is of use only to whoever goes on, and settling asks for no more.
            let _ = lease.extend().await;
        }
        let (holder, outcome) = (Holder::Run(lease.run), Outcome::Error(failure.clone()));
        let table = &self.ports.table;
        match table
            .settle(&job.id, holder, &outcome, &self.when(job))
            .await
        {
            // The entry says when it may be tried again: the message comes back at that moment.
            Ok(Answer::Done(Entry {
                state: State::Error(failed),
                ..
            })) => return Verdict::after(&failure, failed.retry_at.since(self.now())),
            Ok(_) => {}
            Err(error) => {
                warn!(%error, "an error could not be settled; the lease ends by itself");
                return Verdict::RetryAfter(self.over(lease.ends()));
            }
        }
        Verdict::after(&failure, self.policy.lifetimes.backoff(lease.tries()))
    }
}

/// Requests for it are sent to the origin, so a replica would serve nobody; and a signed URL is a
/// secret, which is neither recorded nor logged.
fn left_to_its_origin(job: &Job<'_>) -> Verdict {
    info!(standing = ?job.standing, "not mirrored: nothing to do");
    Verdict::Done
}

/// The parts that are there are left to the next try, unless the failure says that the object is
/// another one by now, or that there will never be a copy of it.
fn leaves_its_upload(failure: &Failure) -> bool {
    let of_the_object = matches!(
        failure.kind,
        Kind::SourceChanged | Kind::NotStorable | Kind::DigestMismatch | Kind::TooLarge
    );
    !of_the_object && failure.kind.fault() != Fault::Absent
}

fn is_long(entry: &Entry) -> bool {
    let large = matches!(&entry.state, State::Pending(pending) if pending.underway.is_some());
    large || entry.upload.is_some()
}

fn is_due(entry: &Entry, now: Timestamp) -> bool {
    matches!(&entry.state, State::Error(failed) if failed.retry_at <= now)
}

/// What the claim saw in the pool, where that is still worth something. What another claim saw was
/// at another time; and where somebody has begun before, what he left may be the whole replica.
fn hint(delivery: &Delivery<'_>, begun: &Entry) -> Option<Seen> {
    let attempt = delivery.message.attempt;
    let own = attempt.is_some() && attempt == work_of(begun).map(|work| work.attempt);
    let first = !delivery.redelivered && begun.upload.is_none();
    delivery.message.seen.clone().filter(|_| own && first)
}

/// Who is responsible for the copy in this entry.
pub(crate) fn work_of(entry: &Entry) -> Option<Work> {
    match &entry.state {
        State::Pending(pending) => Some(pending.work),
        State::Present(present) => present.renewal,
        State::Error(_) | State::Purging(_) => None,
    }
}
