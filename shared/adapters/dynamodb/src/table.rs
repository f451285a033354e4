//! The status table's verbs.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use cloud_mirror_domain::claim::{self, Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::ports::{Clock, PortError, Read, StatusTable, When};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use tokio::time::Instant;
use ulid::Ulid;

use crate::item;
use crate::looks::Look;
use crate::store::{Belief, Store, Swap};
use crate::waiting::{self, Looking};

/// A status table in DynamoDB, shared by any number of processes.
///
/// Every verb may be repeated. A write is one request where this process knows the item as it is,
/// or rightly guesses that there is none; one more where it does not. After ten rounds that others
/// won it fails. Time limits and retries are those of the client; a retry that meets its own write
/// is recognised. Callers of one process share what they see of an item (`docs/adr/0015`), and wait
/// where more than 32 calls are under way.
///
/// IAM: `dynamodb:GetItem`, `dynamodb:PutItem`, `dynamodb:UpdateItem` (only [`begin`]) and
/// `dynamodb:DeleteItem` (only [`forget`]).
///
/// [`begin`]: StatusTable::begin
/// [`forget`]: StatusTable::forget
pub struct DynamoDbTable {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl DynamoDbTable {
    /// The table of that name, with one string key `id` and its TTL on `ttl`. Nothing is asked
    /// of it yet. The clock is the one that waiting goes by.
    pub fn new(client: Client, table: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        let store = Store::new(client, table.into());
        Self { store, clock }
    }

    async fn transit(
        &self,
        id: &ReplicaId,
        transition: impl Fn(Option<&Entry>) -> claim::Transition<Answer>,
    ) -> Result<Answer, PortError> {
        let key = item::key(id);
        let belief = self.store.believed(&key);
        self.store.transit(&key, belief, transition).await
    }
}

#[async_trait]
impl StatusTable for DynamoDbTable {
    async fn get(
        &self,
        id: &ReplicaId,
        read: Read,
        now: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        let key = item::key(id);
        let seen = self.store.look(&key, read, Instant::now()).await.seen?;
        Ok(seen.entry.filter(|entry| entry.is_live(now)))
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Result<Answer, PortError> {
        let transition =
            |found: Option<&Entry>| claim::claim(found, attempt, when.now, &when.terms);
        self.store.transit_in_turn(&item::key(id), transition).await
    }

    async fn confirm(
        &self,
        id: &ReplicaId,
        settled_by: Ulid,
        now: Timestamp,
    ) -> Result<Answer, PortError> {
        let transition = |found: Option<&Entry>| claim::confirm(found, settled_by, now);
        self.transit(id, transition).await
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Result<Answer, PortError> {
        let key = item::key(id);
        let mut belief = self.store.believed(&key);
        if belief.seen.entry.is_none() {
            let seen = match self.store.begin_blindly(&key, run, when).await? {
                Swap::Made(seen) | Swap::Met(seen) => seen,
            };
            belief = Belief { seen, fresh: true };
        }
        // What was begun blindly is this run's, which the transition recognises.
        let transition = |found: Option<&Entry>| claim::begin(found, run, when.now, &when.terms);
        self.store.transit(&key, belief, transition).await
    }

    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Result<Answer, PortError> {
        let transition =
            |found: Option<&Entry>| claim::extend(found, run, extension, when.now, &when.terms);
        self.transit(id, transition).await
    }

    async fn release(
        &self,
        id: &ReplicaId,
        holder: Holder,
        when: &When,
    ) -> Result<Answer, PortError> {
        let transition =
            |found: Option<&Entry>| claim::release(found, holder, when.now, &when.terms);
        self.transit(id, transition).await
    }

    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Result<Answer, PortError> {
        let transition =
            |found: Option<&Entry>| claim::settle(found, holder, outcome, when.now, &when.terms);
        self.transit(id, transition).await
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Result<Answer, PortError> {
        let transition = |found: Option<&Entry>| {
            claim::begin_purge(found, purge, resumes, when.now, &when.terms)
        };
        self.transit(id, transition).await
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Result<Answer, PortError> {
        let transition = |found: Option<&Entry>| claim::forget(found, owner, when.now, &when.terms);
        self.transit(id, transition).await
    }

    async fn wait_for_change(
        &self,
        id: &ReplicaId,
        seen: Option<&Entry>,
        until: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        let key = item::key(id);
        let item = OneItem {
            store: &self.store,
            key: &key,
        };
        waiting::wait_for_change(&*self.clock, seen, until, &item).await
    }
}

/// What a waiter looks at.
struct OneItem<'a> {
    store: &'a Store,
    key: &'a str,
}

#[async_trait]
impl Looking for OneItem<'_> {
    async fn look(&self, since: Instant) -> Look<Option<Entry>> {
        let look = self.store.look(self.key, Read::Strong, since).await;
        look.map(|seen| seen.entry)
    }
}
