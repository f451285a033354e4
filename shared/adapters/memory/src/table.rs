//! The status table in memory: the domain's transitions under one lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cloud_mirror_domain::claim::{self, Answer, Extension, Holder, Outcome, Transition, Write};
use cloud_mirror_domain::entry::{Entry, is_news};
use cloud_mirror_domain::ports::{Clock, PortError, Read, StatusTable, When};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use tokio::sync::Notify;
use ulid::Ulid;

use crate::entries::Entries;

/// A status table that lives and dies with its process, holds a bounded number of entries, and
/// wakes its waiters at once. It never fails.
pub struct MemoryTable {
    inner: Mutex<Inner>,
    clock: Arc<dyn Clock>,
}

struct Inner {
    entries: Entries,
    waiters: HashMap<ReplicaId, Arc<Notify>>,
}

impl MemoryTable {
    /// A table for about `capacity` entries: least recently used out first, but never one that
    /// somebody works on.
    pub fn new(capacity: usize, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            entries: Entries::new(capacity),
            waiters: HashMap::new(),
        };
        Self {
            inner: Mutex::new(inner),
            clock,
        }
    }

    /// Loses everything, as a restart does. Waiters are told.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.entries.clear();
        inner
            .waiters
            .values()
            .for_each(|waiter| waiter.notify_waiters());
    }

    /// How many entries there are, live or not.
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A panic elsewhere cannot leave a transition half made, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(
        &self,
        id: &ReplicaId,
        now: Timestamp,
        transition: impl FnOnce(Option<&Entry>) -> Transition<Answer>,
    ) -> Result<Answer, PortError> {
        let mut inner = self.lock();
        let Transition { write, answer } = transition(inner.entries.get(id));
        match write {
            Write::Nothing => return Ok(answer),
            Write::Put(entry) => inner.entries.put(id, entry, now),
            Write::Delete => inner.entries.remove(id),
        }
        if let Some(waiter) = inner.waiters.get(id) {
            waiter.notify_waiters();
        }
        Ok(answer)
    }

    fn live(&self, id: &ReplicaId, now: Timestamp) -> Option<Entry> {
        Entry::live(self.lock().entries.get(id), now).cloned()
    }

    fn waiting<'a>(&'a self, id: &'a ReplicaId) -> Waiting<'a> {
        let waiter = Arc::clone(self.lock().waiters.entry(id.clone()).or_default());
        Waiting {
            table: self,
            id,
            waiter,
        }
    }
}

/// Somebody who waits for an entry; whoever leaves last, or is dropped last, turns off the light.
struct Waiting<'a> {
    table: &'a MemoryTable,
    id: &'a ReplicaId,
    waiter: Arc<Notify>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut inner = self.table.lock();
        // One in the map and this one.
        if Arc::strong_count(&self.waiter) <= 2 {
            inner.waiters.remove(self.id);
        }
    }
}

#[async_trait]
impl StatusTable for MemoryTable {
    async fn get(
        &self,
        id: &ReplicaId,
        _read: Read,
        now: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        Ok(self.live(id, now))
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Result<Answer, PortError> {
        self.write(id, when.now, |found| {
            claim::claim(found, attempt, when.now, &when.terms)
        })
    }

    async fn confirm(
        &self,
        id: &ReplicaId,
        settled_by: Ulid,
        now: Timestamp,
    ) -> Result<Answer, PortError> {
        self.write(id, now, |found| claim::confirm(found, settled_by, now))
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Result<Answer, PortError> {
        self.write(id, when.now, |found| {
            claim::begin(found, run, when.now, &when.terms)
        })
    }

    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.write(id, when.now, |found| {
            claim::extend(found, run, extension, when.now, &when.terms)
        })
    }

    async fn release(
        &self,
        id: &ReplicaId,
        holder: Holder,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.write(id, when.now, |found| {
            claim::release(found, holder, when.now, &when.terms)
        })
    }

    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.write(id, when.now, |found| {
            claim::settle(found, holder, outcome, when.now, &when.terms)
        })
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.write(id, when.now, |found| {
            claim::begin_purge(found, purge, resumes, when.now, &when.terms)
        })
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Result<Answer, PortError> {
        self.write(id, when.now, |found| {
            claim::forget(found, owner, when.now, &when.terms)
        })
    }

    async fn wait_for_change(
        &self,
        id: &ReplicaId,
        seen: Option<&Entry>,
        until: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        let waiting = self.waiting(id);
        loop {
            let mut news = std::pin::pin!(waiting.waiter.notified());
            // Listen before looking, or what changes in between is never heard of.
            news.as_mut().enable();
            let now = self.clock.now();
            let entry = self.live(id, now);
            if is_news(entry.as_ref(), seen) || until <= now {
                return Ok(entry);
            }
            let _ = tokio::time::timeout(until.since(now), news).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloud_mirror_domain::rules::PoolId;
    use cloud_mirror_domain::url::SourceUrl;
    use std::time::Duration;

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1_000)
        }
    }

    #[tokio::test]
    async fn waiters_that_hang_up_leave_nothing_behind() {
        let table = MemoryTable::new(10, Arc::new(Stopped));
        for n in 0..100 {
            let url = SourceUrl::parse(&format!("https://example.com/{n}")).unwrap();
            let id = ReplicaId {
                pool: PoolId::new("file", "here"),
                url,
            };
            let until = Timestamp::from_millis(1_000_000);
            let waiting = table.wait_for_change(&id, None, until);
            assert!(tokio::time::timeout(Duration::ZERO, waiting).await.is_err());
        }
        assert!(table.lock().waiters.is_empty());
    }
}
