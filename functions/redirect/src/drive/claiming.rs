//! From a claim to work in the queue, or to a replica that was there.

use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Holder, Outcome};
use cloud_mirror_domain::decide::{Observation, Sight};
use cloud_mirror_domain::entry::{Entry, Replica, State};
use cloud_mirror_domain::message::{Message, Seen};
use cloud_mirror_domain::ports::PortError;
use tracing::{info, warn};
use ulid::Ulid;

use super::{Drive, Part, attempt_of, sight};
use crate::told;

impl Drive<'_> {
    /// Where the entry has become present meanwhile, and near its end, what was won is its renewal.
    pub(super) async fn claim(&self) -> Result<Observation, PortError> {
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

    pub(super) async fn claim_as(&self, attempt: Ulid) -> Result<Answer, PortError> {
        let table = &self.redirect.ports.table;
        let answer = table.claim(&self.target.id, attempt, &self.when()).await?;
        told::claimed(&answer, attempt);
        Ok(answer)
    }

    /// A look that fails ends the claim: nobody shall wait for a copy that is not under way.
    pub(super) async fn look_under_claim(&self, entry: Entry) -> Result<Observation, PortError> {
        let sight = sight(self.pool.head(&self.target.id.url).await);
        match &sight {
            Sight::There(replica) if self.is_over(replica) => info!(event = "expired"),
            Sight::There(_) | Sight::Gone => {}
            Sight::Failed => self.release(&entry).await,
        }
        Ok(Observation::Claimed(entry, Some(sight)))
    }

    pub(super) async fn settle(
        &mut self,
        entry: &Entry,
        replica: Replica,
    ) -> Result<Observation, PortError> {
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
    pub(super) async fn enqueue(
        &mut self,
        entry: Entry,
        seen: Seen,
    ) -> Result<Observation, PortError> {
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

    pub(super) async fn release(&self, entry: &Entry) {
        let Some(attempt) = attempt_of(entry) else {
            return;
        };
        let (table, holder) = (&self.redirect.ports.table, Holder::Attempt(attempt));
        if let Err(error) = table.release(&self.target.id, holder, &self.when()).await {
            warn!(%error, "a claim could not be released; its lease ends by itself");
        }
    }
}

/// A copier has found out its size, so that it need not be asked for again on the queue of the
/// small ones.
fn is_known_to_be_large(entry: &Entry) -> bool {
    matches!(&entry.state, State::Pending(pending) if pending.underway.is_some())
}
