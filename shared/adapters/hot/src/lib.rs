//! A status table's replicas, remembered by the process that has seen them.
//!
//! A decorator of the port: whoever asks for an entry as it was a moment ago, and was told before that
//! its replica is there, is told so again without a request. Everything else goes to the table. What
//! somebody else purges is so found for as long as it is remembered, which is a part of the purge's
//! documented delay (`docs/adr/0025-hits-from-memory.md`).

mod memory;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{PortError, Read, StatusTable, When};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::memory::{Memory, Recalled};

/// A table whose present entries are remembered. A write goes to the table behind it, and makes this
/// process forget the entry, whatever came of the write; so does a read that finds another. A strong
/// read and a wait never answer from memory. Every other promise is that of the table behind it.
pub struct HotTable {
    table: Arc<dyn StatusTable>,
    memory: Mutex<Memory>,
}

impl HotTable {
    /// Remembers about `capacity` entries of that table: each for at most `hot_cache` from when it was
    /// asked for, and never beyond its own end or the time at which its replica is to be looked at again.
    pub fn new(table: Arc<dyn StatusTable>, capacity: NonZeroUsize, lifetimes: &Lifetimes) -> Self {
        Self {
            table,
            memory: Mutex::new(Memory::new(capacity, lifetimes)),
        }
    }

    /// Nothing is left half done under the lock, so a poisoned one is still good.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forgetting<'a>(&'a self, id: &'a ReplicaId) -> Forgetting<'a> {
        Forgetting { table: self, id }
    }
}

/// Forgets an entry when a write is over, however it ended: answered, failed, or given up.
struct Forgetting<'a> {
    table: &'a HotTable,
    id: &'a ReplicaId,
}

impl Drop for Forgetting<'_> {
    fn drop(&mut self) {
        self.table.memory().forget(self.id);
    }
}

#[async_trait]
impl StatusTable for HotTable {
    async fn get(
        &self,
        id: &ReplicaId,
        read: Read,
        now: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        let recalled = self.memory().recall(id, read, now);
        let (read, asked) = match recalled {
            Recalled::There(entry) => return Ok(Some(entry)),
            Recalled::Unknown(read, asked) => (read, asked),
        };
        let found = self.table.get(id, read, now).await?;
        self.memory().note(id, found.as_ref(), asked);
        Ok(found)
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Result<Answer, PortError> {
        let _forgetting = self.forgetting(id);
        self.table.claim(id, attempt, when).await
    }

    async fn confirm(
        &self,
        id: &ReplicaId,
        settled_by: Ulid,
        now: Timestamp,
    ) -> Result<Answer, PortError> {
        let _forgetting = self.forgetting(id);
        self.table.confirm(id, settled_by, now).await
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Result<Answer, PortError> {
        let _forgetting = self.forgetting(id);
        self.table.begin(id, run, when).await
    }

    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Result<Answer, PortError> {
        let _forgetting = self.forgetting(id);
        self.table.extend(id, run, extension, when).await
    }

    async fn release(
        &self,
        id: &ReplicaId,
        holder: Holder,
        when: &When,
    ) -> Result<Answer, PortError> {
        let _forgetting = self.forgetting(id);
        self.table.release(id, holder, when).await
    }

    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Result<Answer, PortError> {
        let _forgetting = self.forgetting(id);
        self.table.settle(id, holder, outcome, when).await
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Result<Answer, PortError> {
        let _forgetting = self.forgetting(id);
        self.table.begin_purge(id, purge, resumes, when).await
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Result<Answer, PortError> {
        let _forgetting = self.forgetting(id);
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
