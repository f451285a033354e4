//! What is owed to a present entry: that it was seen, and its renewal.

use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Holder};
use cloud_mirror_domain::decide::{Observation, Upkeep};
use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::PortError;
use tracing::{info, warn};
use ulid::Ulid;

use super::{Drive, attempt_of};

impl Drive<'_> {
    /// What is owed to a present entry. The client's answer never depends on it.
    pub(super) async fn keep_up(&self, entry: &Entry, upkeep: Upkeep) {
        let done = match upkeep {
            Upkeep::None => Ok(()),
            Upkeep::Confirm => self.confirm(entry).await,
            Upkeep::Renew => self.renew().await,
        };
        if let Err(error) = done {
            warn!(%error, ?upkeep, "upkeep failed");
        }
    }

    async fn confirm(&self, entry: &Entry) -> Result<(), PortError> {
        let State::Present(present) = &entry.state else {
            return Ok(());
        };
        let (table, now) = (&self.redirect.ports.table, self.redirect.now());
        let confirmed = table.confirm(&self.target.id, present.settled_by, now);
        if confirmed.await?.is_done() {
            info!(event = "confirmed");
        }
        Ok(())
    }

    /// The replica is gone, so its entry goes, too; then as absent.
    pub(super) async fn forget(&self, entry: &Entry) -> Result<Observation, PortError> {
        let State::Present(present) = &entry.state else {
            return Ok(Observation::Nothing);
        };
        warn!(event = "gone");
        let table = &self.redirect.ports.table;
        table
            .forget(&self.target.id, present.settled_by, &self.when())
            .await?;
        Ok(Observation::Nothing)
    }

    async fn renew(&self) -> Result<(), PortError> {
        let attempt = Ulid::generate();
        match self.claim_as(attempt).await? {
            // The entry has gone meanwhile, so this was the claim of a copy; nobody waits for it.
            Answer::Done(entry) if attempt_of(&entry).is_some() => {
                self.release(&entry).await;
                Ok(())
            }
            Answer::Done(entry) => self.send_renewal(attempt, &entry).await,
            Answer::Refused(_) => Ok(()),
        }
    }

    /// Without a look: the entry says what is there.
    pub(super) async fn send_renewal(&self, attempt: Ulid, entry: &Entry) -> Result<(), PortError> {
        let State::Present(present) = &entry.state else {
            return Ok(());
        };
        let (ports, id) = (&self.redirect.ports, &self.target.id);
        let seen = Seen::Etag(present.replica.etag.clone());
        let message = self.message(Some(attempt), seen);
        let sent = ports.queue.send(&message, Duration::ZERO).await;
        if sent.is_err() {
            let holder = Holder::Attempt(attempt);
            ports.table.release(id, holder, &self.when()).await?;
        }
        sent
    }
}
