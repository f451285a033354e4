//! What this process last saw of the items.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::item::Seen;

/// 4,096 items: some megabytes at most, as an entry with its digests has about one kilobyte, and
/// one whose stream goes on less than four.
const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4_095);

/// A bounded memory of items by their key, least recently used out first. It may be wrong at any
/// moment, and is only ever a guess that a condition confirms.
pub(crate) struct Known(Mutex<LruCache<String, Seen>>);

impl Default for Known {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl Known {
    /// What was last seen; where that is nothing, the guess is that there is none.
    pub(crate) fn get(&self, key: &str) -> Seen {
        self.lock().get(key).cloned().unwrap_or_default()
    }

    /// Remembers what has just been seen, and hands it on.
    pub(crate) fn note(&self, key: &str, seen: Seen) -> Seen {
        self.lock().put(key.to_owned(), seen.clone());
        seen
    }

    /// No operation under this lock can be left half done, so a poisoned one is still good.
    fn lock(&self) -> MutexGuard<'_, LruCache<String, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
