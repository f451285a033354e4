//! A process's table whose reads take their time and are counted, and whose waiters go by the rule of
//! DynamoDB's adapter: its own code, without the SDK, which takes a thousand times as long in a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::ports::{Clock, PortError, Read, StatusTable, When};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_dynamodb::{Look, Looking, Looks, wait_for_change};
use cloud_mirror_memory::MemoryTable;
use tokio::time::Instant;
use ulid::Ulid;

/// What one process has of the truth, which all share.
pub(crate) struct Polled {
    truth: Arc<MemoryTable>,
    clock: Arc<dyn Clock>,
    takes: Duration,
    looks: Looks<Option<Entry>>,
    reads: AtomicUsize,
}

impl Polled {
    /// A process whose reads take that long.
    pub(crate) fn new(truth: Arc<MemoryTable>, clock: Arc<dyn Clock>, takes: Duration) -> Self {
        Self {
            truth,
            clock,
            takes,
            looks: Looks::default(),
            reads: AtomicUsize::new(0),
        }
    }

    /// How often it has read the table.
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    /// As old as it can be when it arrives.
    async fn read(&self, id: &ReplicaId, read: Read) -> Result<Option<Entry>, PortError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let found = self.truth.get(id, read, self.clock.now()).await;
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
        found
    }

    async fn look(&self, id: &ReplicaId, read: Read, since: Instant) -> Look<Option<Entry>> {
        let reading = self.read(id, read);
        self.looks.look(id.url.as_str(), read, since, reading).await
    }
}

struct One<'a>(&'a Polled, &'a ReplicaId);

#[async_trait]
impl Looking for One<'_> {
    async fn look(&self, since: Instant) -> Look<Option<Entry>> {
        let Self(table, id) = self;
        table.look(id, Read::Strong, since).await
    }
}

#[async_trait]
impl StatusTable for Polled {
    async fn get(
        &self,
        id: &ReplicaId,
        read: Read,
        now: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        let look = self.look(id, read, Instant::now()).await;
        Ok(look.seen?.filter(|entry| entry.is_live(now)))
    }

    async fn wait_for_change(
        &self,
        id: &ReplicaId,
        seen: Option<&Entry>,
        until: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        wait_for_change(&*self.clock, seen, until, &One(self, id)).await
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Result<Answer, PortError> {
        self.truth.claim(id, attempt, when).await
    }

    async fn confirm(
        &self,
        id: &ReplicaId,
        settled_by: Ulid,
        now: Timestamp,
    ) -> Result<Answer, PortError> {
        self.truth.confirm(id, settled_by, now).await
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Result<Answer, PortError> {
        self.truth.begin(id, run, when).await
    }

    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.truth.extend(id, run, extension, when).await
    }

    async fn release(
        &self,
        id: &ReplicaId,
        holder: Holder,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.truth.release(id, holder, when).await
    }

    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.truth.settle(id, holder, outcome, when).await
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.truth.begin_purge(id, purge, resumes, when).await
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Result<Answer, PortError> {
        self.truth.forget(id, owner, when).await
    }
}
