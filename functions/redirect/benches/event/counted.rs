//! A table whose reads are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::ports::{PortError, Read, StatusTable, When};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_memory::MemoryTable;
use ulid::Ulid;

/// How often a table was read. Clones count together.
#[derive(Clone, Default)]
pub(crate) struct Reads(Arc<AtomicUsize>);

impl Reads {
    pub(crate) fn so_far(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A table behind a counter, which a hot hit never meets; a table hit has a future in a box more by it.
pub(crate) struct Counted {
    pub(crate) table: Arc<MemoryTable>,
    pub(crate) reads: Reads,
}

type Settled = Result<Answer, PortError>;

#[async_trait]
impl StatusTable for Counted {
    async fn get(
        &self,
        id: &ReplicaId,
        read: Read,
        now: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        self.reads.0.fetch_add(1, Ordering::Relaxed);
        self.table.get(id, read, now).await
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Settled {
        self.table.claim(id, attempt, when).await
    }

    async fn confirm(&self, id: &ReplicaId, settled_by: Ulid, now: Timestamp) -> Settled {
        self.table.confirm(id, settled_by, now).await
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Settled {
        self.table.begin(id, run, when).await
    }

    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Settled {
        self.table.extend(id, run, extension, when).await
    }

    async fn release(&self, id: &ReplicaId, holder: Holder, when: &When) -> Settled {
        self.table.release(id, holder, when).await
    }

    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Settled {
        self.table.settle(id, holder, outcome, when).await
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Settled {
        self.table.begin_purge(id, purge, resumes, when).await
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Settled {
        self.table.forget(id, owner, when).await
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
