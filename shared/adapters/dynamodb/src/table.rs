//! The status table's verbs.

use std::sync::Arc;
use std::time::Duration;

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
use crate::store::{Belief, Store, Swap};

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
        let seen = self.store.look(&key, read, Instant::now()).await?;
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
        let (key, began) = (item::key(id), self.clock.now());
        let (mut looked, mut failing) = (Instant::now(), None);
        loop {
            // By the clock as it was before: what is over by then was over for whoever looked.
            let (now, asked) = (self.clock.now(), Instant::now());
            match self.store.look(&key, Read::Strong, looked).await {
                Ok(found) => {
                    let entry = found.entry.filter(|entry| entry.is_live(now));
                    if entry.as_ref() != seen || until <= now {
                        return Ok(entry);
                    }
                    failing = None;
                }
                Err(error) => {
                    let failing_since = *failing.get_or_insert(asked);
                    if until <= now || failing_since.elapsed() >= FAILS_FOR_GOOD {
                        return Err(error);
                    }
                }
            }
            let pause = pause_after(now.since(began), asked.elapsed());
            tokio::time::sleep(pause.min(until.since(self.clock.now()))).await;
            looked = asked.max(Instant::now() - SHORTEST_PAUSE);
        }
    }
}

/// A look that fails is no news: a herd may have asked for more than one item's share. Whoever waits
/// looks again, until nothing has been seen for so long.
const FAILS_FOR_GOOD: Duration = Duration::from_secs(5);

/// Waiters of one process may share news that is no older than this.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// How long to wait for the next look, after having waited that long: a tenth of it, so that a
/// change is heard of late by a tenth at most, and 25 seconds take about fifty reads. Where a look
/// takes long the table, or this process, has more to do than it can: then waiters take a tenth of
/// their time for looking at most, or they would keep the copies from ending that they wait for.
fn pause_after(waited: Duration, look_took: Duration) -> Duration {
    let usual = (waited / 10).clamp(SHORTEST_PAUSE, Duration::from_secs(2));
    usual.max(look_took * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_five_seconds_of_waiting_take_about_fifty_reads() {
        let (mut waited, mut reads) = (Duration::ZERO, 0);
        while waited < Duration::from_secs(25) {
            waited += pause_after(waited, Duration::from_millis(5));
            reads += 1;
        }
        assert!((45..=60).contains(&reads), "{reads} reads");
    }

    #[test]
    fn who_waits_for_a_slow_table_asks_it_less() {
        let took = Duration::from_millis(400);
        assert_eq!(pause_after(Duration::from_secs(3), took), took * 10);
    }
}
