//! A bounded map of entries: least recently used out first, but never a live one that somebody
//! works on.

use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use lru::LruCache;

pub(crate) struct Entries {
    by_use: LruCache<ReplicaId, Entry>,
    capacity: usize,
}

impl Entries {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            by_use: LruCache::unbounded(),
            capacity,
        }
    }

    /// The entry, live or not; counts as a use.
    pub(crate) fn get(&mut self, id: &ReplicaId) -> Option<&Entry> {
        self.by_use.get(id)
    }

    pub(crate) fn put(&mut self, id: &ReplicaId, entry: Entry, now: Timestamp) {
        self.by_use.put(id.clone(), entry);
        if self.by_use.len() > self.capacity {
            self.evict_one(now);
        }
    }

    pub(crate) fn remove(&mut self, id: &ReplicaId) {
        self.by_use.pop(id);
    }

    pub(crate) fn clear(&mut self) {
        self.by_use.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.by_use.len()
    }

    /// Where everything is being worked on the map grows instead: forgetting a claim would make
    /// a second copy.
    fn evict_one(&mut self, now: Timestamp) {
        let oldest = self
            .by_use
            .iter()
            .rev()
            .find(|(_, entry)| !is_worked_on(entry, now));
        if let Some(id) = oldest.map(|(id, _)| id.clone()) {
            self.by_use.pop(&id);
        }
    }
}

fn is_worked_on(entry: &Entry, now: Timestamp) -> bool {
    match &entry.state {
        State::Pending(pending) => now < pending.work.lease,
        State::Purging(purging) => now < purging.lease,
        State::Present(present) => present.renewal.is_some_and(|work| now < work.lease),
        State::Error(_) => false,
    }
}
