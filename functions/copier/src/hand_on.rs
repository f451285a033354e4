//! A copy that is to go on by another message.

use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Holder};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::ports::PortError;
use cloud_mirror_domain::trace::Trace;
use tracing::{info, warn};
use ulid::Ulid;

use crate::Copier;
use crate::job::Job;
use crate::lease::Lease;
use crate::verdict::Verdict;
use crate::work::work_of;

/// Why a copy goes on by another message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is a large one, and came by the queue of the small ones.
    ForBulk,
    /// The invocation ends.
    OutOfTime,
}

impl Why {
    fn as_str(self) -> &'static str {
        match self {
            Self::ForBulk => "for-bulk",
            Self::OutOfTime => "out-of-time",
        }
    }
}

/// Why a copy goes on, and the trace in which it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HandOn {
    pub(crate) why: Why,
    pub(crate) trace: Trace,
}

impl Copier {
    /// How far the copy is goes into the entry, the run gives its work out of its hands, and a
    /// message on the bulk queue is sent for whoever goes on.
    ///
    /// Out of time without progress, its own message comes back instead: that is counted by the
    /// queue, so that a copy which never gets anywhere ends as a dead letter. While a final write
    /// is under way, which may still succeed, the lease must be seen to run out, or a purge would
    /// not know of that write.
    pub(crate) async fn hand_on(&self, job: &Job<'_>, lease: &Lease<'_>, how: HandOn) -> Verdict {
        let why = how.why;
        if lease.may_still_write() {
            warn!("out of time in the final write");
            return Verdict::RetryAfter(self.over(lease.ends()));
        }
        let attempt = work_of(&lease.own()).map(|work| work.attempt);
        let in_vain = why == Why::OutOfTime && !lease.has_advanced();
        if in_vain {
            lease.forget_size();
        }
        match self.release(job, lease).await {
            Ok(Answer::Done(_)) => {}
            Ok(Answer::Refused(Some(entry))) if was_released(&entry, attempt) => {}
            Ok(Answer::Refused(entry)) => return self.verdict_of_loss(lease, entry.as_ref()),
            Err(error) => {
                warn!(%error, "a lease was not released; it ends by itself");
                return Verdict::RetryAfter(self.over(lease.ends()));
            }
        }
        if in_vain {
            warn!("out of time without progress");
            return Verdict::RetryAfter(Duration::ZERO);
        }
        let goes_on = Message {
            attempt,
            ..continuation(job, lease, how.trace)
        };
        match self.ports.queue.send(&goes_on, Duration::ZERO).await {
            Ok(()) => {
                let parts = goes_on.upload.map_or(0, |upload| upload.progress.parts);
                info!(event = "handed-on", why = why.as_str(), parts);
                Verdict::Done
            }
            Err(error) => {
                warn!(%error, "goes on by its own message");
                Verdict::RetryAfter(self.policy.lifetimes.retry_backoff.1)
            }
        }
    }

    async fn release(&self, job: &Job<'_>, lease: &Lease<'_>) -> Result<Answer, PortError> {
        if lease.has_news() {
            // Without an answer the next run finds the parts all the same.
            let _ = lease.extend().await;
        }
        let (table, holder) = (&self.ports.table, Holder::Run(lease.run));
        match table.release(&job.id, holder, &self.when(job)).await? {
            // The table was lost. What is there is worth an entry.
            Answer::Refused(None) if lease.extend().await.is_ok() => {
                table.release(&job.id, holder, &self.when(job)).await
            }
            answer => Ok(answer),
        }
    }
}

fn continuation(job: &Job<'_>, lease: &Lease<'_>, trace: Trace) -> Message {
    Message {
        replica: job.id.clone(),
        action: Action::Put,
        attempt: None,
        seen: None,
        bulk: true,
        upload: lease.upload(),
        trace: Some(trace),
    }
}

/// A release that was made and whose answer was lost meets its own work at the next try: nobody
/// but the run that had it in hand leaves it without one.
fn was_released(entry: &Entry, attempt: Option<Ulid>) -> bool {
    work_of(entry).is_some_and(|work| work.run.is_none() && Some(work.attempt) == attempt)
}
