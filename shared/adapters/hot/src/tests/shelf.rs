//! A table that tells how it was read, answers late, and may be told to fail or to be out of date.

use std::sync::Mutex;

use async_trait::async_trait;
use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::ports::{Port, PortError, Read, StatusTable, When};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_memory::MemoryTable;
use tokio::task::yield_now;
use ulid::Ulid;

/// Every answer is ready when it was asked for a second time: what happens between is the test's.
pub(super) struct Shelf {
    pub(super) table: MemoryTable,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    reads: Vec<Read>,
    /// What eventual reads still find.
    stale: Option<Entry>,
    fails: bool,
}

impl Shelf {
    pub(super) fn of(table: MemoryTable) -> Self {
        let told = Mutex::default();
        Self { table, told }
    }

    /// How it was read since this was asked last.
    pub(super) fn reads(&self) -> Vec<Read> {
        std::mem::take(&mut self.told.lock().unwrap().reads)
    }

    /// Eventual reads find this from now on, whatever is written.
    pub(super) fn lags_behind(&self, stale: Option<Entry>) {
        self.told.lock().unwrap().stale = stale;
    }

    pub(super) fn breaks_down(&self) {
        self.told.lock().unwrap().fails = true;
    }

    pub(super) fn is_mended(&self) {
        self.told.lock().unwrap().fails = false;
    }

    fn stale(&self, read: Read) -> Option<Entry> {
        let mut told = self.told.lock().unwrap();
        told.reads.push(read);
        told.stale.clone().filter(|_| read == Read::Eventual)
    }

    /// The answer, late; or that there is none, though what was to be done may be done.
    async fn late<T>(&self, answer: Result<T, PortError>) -> Result<T, PortError> {
        yield_now().await;
        if self.told.lock().unwrap().fails {
            return Err(PortError::new(Port::Table, "it is down"));
        }
        answer
    }
}

#[async_trait]
impl StatusTable for Shelf {
    async fn get(
        &self,
        id: &ReplicaId,
        read: Read,
        now: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        let stale = self.stale(read);
        let found = self.table.get(id, read, now).await;
        self.late(found.map(|found| stale.or(found))).await
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Result<Answer, PortError> {
        self.late(self.table.claim(id, attempt, when).await).await
    }

    async fn confirm(
        &self,
        id: &ReplicaId,
        settled_by: Ulid,
        now: Timestamp,
    ) -> Result<Answer, PortError> {
        self.late(self.table.confirm(id, settled_by, now).await)
            .await
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Result<Answer, PortError> {
        self.late(self.table.begin(id, run, when).await).await
    }

    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.late(self.table.extend(id, run, extension, when).await)
            .await
    }

    async fn release(
        &self,
        id: &ReplicaId,
        holder: Holder,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.late(self.table.release(id, holder, when).await).await
    }

    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.late(self.table.settle(id, holder, outcome, when).await)
            .await
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.late(self.table.begin_purge(id, purge, resumes, when).await)
            .await
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Result<Answer, PortError> {
        self.late(self.table.forget(id, owner, when).await).await
    }

    async fn wait_for_change(
        &self,
        id: &ReplicaId,
        seen: Option<&Entry>,
        until: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        self.table.wait_for_change(id, seen, until).await
    }
}
