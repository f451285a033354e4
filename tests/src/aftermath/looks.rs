//! Single looks at what is left.

use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::ports::{Clock as _, Read};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_runtime::SystemClock;

use super::{Aftermath, MOMENT, Wrong};
use crate::client::Answer;

/// An entry and its replica are two looks: so often they are taken until they agree. As often it is
/// looked whether messages are worked off.
const LOOKS: usize = 20;

impl Aftermath<'_> {
    /// Whether whoever asks the source itself gets the object.
    pub(super) async fn is_good_at_its_source(&self, id: &ReplicaId) -> bool {
        // A few bytes are enough, and the object may be a huge one.
        let few = [("range", "bytes=0-1")];
        let got = self.client.try_follow(id.url.as_str(), &few).await;
        got.is_ok_and(|answer| matches!(answer.status, 200 | 206 | 416))
    }

    /// Whether an answer redirects to the replica, and its bytes are right. Callers of a pool that is being
    /// evacuated are served from the one that the answer names.
    pub(super) async fn leads_to_the_replica(&self, id: &ReplicaId, answer: &Answer) -> bool {
        let chosen = answer.header("x-cloud-mirror-pool").parse();
        let id = &ReplicaId {
            pool: chosen.unwrap_or_else(|_| id.pool.clone()),
            url: id.url.clone(),
        };
        let location = answer.header("location");
        let there = self.deployment.is_in_pool(location, &id.pool.region);
        if answer.status != 302 || !there {
            return false;
        }
        match self.truth.replica_at(id, location).await {
            Some(replica) => self.truth.is_right(&replica).await == Some(true),
            None => false,
        }
    }

    /// What was purged is not served again.
    pub(super) async fn of_purges(&self, id: &ReplicaId) -> Option<Wrong> {
        let purged = self.watch.as_ref()?.was_purged(SystemClock.now(), id).await;
        purged.then(|| Wrong::with(id, "served again after a purge", ""))
    }

    /// A present entry has its replica, with the right bytes.
    pub(super) async fn of_entry(&self, id: &ReplicaId) -> Option<Wrong> {
        let mut wrong = None;
        for _ in 0..LOOKS {
            wrong = self.wrong_with_entry(id).await;
            wrong.as_ref()?;
            tokio::time::sleep(MOMENT).await;
        }
        wrong
    }

    /// The mirror itself says whether its entry counts, since nobody else goes by its clock, and where
    /// its replica is.
    async fn wrong_with_entry(&self, id: &ReplicaId) -> Option<Wrong> {
        let status = self
            .client
            .try_ask(&self.route("status", id), &[])
            .await
            .ok()?;
        let said: serde_json::Value = serde_json::from_slice(&status.body).unwrap_or_default();
        if said["status"] != "present" {
            return None;
        }
        let location = said["url"].as_str().unwrap_or_default();
        let replica = self.truth.replica_at(id, location).await;
        let right = match &replica {
            Some(replica) => self.truth.is_right(replica).await,
            None => None,
        };
        match right {
            Some(true) => None,
            Some(false) => Some(Wrong::with(id, "present with wrong bytes", said)),
            None if self.truth.was_deleted(id) => None,
            None => Some(Wrong::with(id, "present without a replica", said)),
        }
    }

    /// The unfinished uploads that the entry does not know.
    pub(super) async fn unrecorded_uploads(&self, id: &ReplicaId) -> Vec<String> {
        let pool = self.deployment.pool(&id.pool);
        let whenever = Timestamp::from_millis(u64::MAX);
        let found = pool.upload.find(&id.url, whenever).await;
        let mut found = found.unwrap_or_default();
        let recorded = self.entry(id).await.and_then(|entry| entry.upload);
        found.retain(|upload| recorded.as_ref().is_none_or(|known| known.id != *upload));
        found
    }

    /// A message that was accepted was worked off, or comes back; and what is a dead letter, nobody
    /// could have worked off.
    pub(super) async fn of_messages(&self, ids: &[ReplicaId]) -> Vec<Wrong> {
        let mut wrongs = Vec::new();
        if self.all_are_worked_off().await {
            for id in ids {
                wrongs.extend(self.of_work(id).await);
            }
        }
        for body in self.deployment.dead_letters().await {
            wrongs.extend(self.of_dead_letter(&body).await);
        }
        wrongs
    }

    /// Whether nothing will come back any more, nor is worked on.
    async fn all_are_worked_off(&self) -> bool {
        for _ in 0..LOOKS {
            match self.deployment.messages().await {
                Some(0) => return true,
                Some(_) => tokio::time::sleep(MOMENT).await,
                None => return false,
            }
        }
        false
    }

    /// Who acknowledged the message of a claim has brought the claim to an end, or has left the
    /// replica, which the next claim will find.
    async fn of_work(&self, id: &ReplicaId) -> Option<Wrong> {
        let State::Pending(pending) = self.entry(id).await?.state else {
            return None;
        };
        let of_this_claim = |message: &Message| {
            message.action == Action::Put && message.attempt == Some(pending.work.attempt)
        };
        let accepted = self.deployment.faults().sent().iter().any(of_this_claim);
        let worked_on = accepted || pending.work.run.is_some();
        let lost = worked_on && self.truth.is_right(id).await.is_none();
        let lost = lost && !self.is_a_dead_letter(id).await;
        lost.then(|| Wrong::with(id, "a message was lost", format!("{pending:?}")))
    }

    async fn of_dead_letter(&self, body: &str) -> Option<Wrong> {
        let message = Message::from_json(body).ok()?;
        let good = self.is_good_at_its_source(&message.replica).await;
        good.then(|| Wrong::with(&message.replica, "a dead letter of good work", body))
    }

    async fn is_a_dead_letter(&self, id: &ReplicaId) -> bool {
        let dead = self.deployment.dead_letters().await;
        let mut read = dead.iter().filter_map(|body| Message::from_json(body).ok());
        read.any(|message| message.replica == *id)
    }

    /// Late or not: whoever looks here is not held to any clock.
    async fn entry(&self, id: &ReplicaId) -> Option<Entry> {
        let table = self.deployment.table();
        table
            .get(id, Read::Strong, Timestamp::default())
            .await
            .unwrap()
    }
}
