//! Looks at one item that the callers of one process share.
//!
//! A herd waits for one item. What one caller has seen since another began to ask is as good to that
//! as a look of its own: so a thousand waiters make one read at a time, and of a thousand claims
//! one is written, where DynamoDB serves 3,000 strong reads and 1,000 writes a second of one item.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use cloud_mirror_domain::ports::{PortError, Read};
use lru::LruCache;
use tokio::time::Instant;

use crate::item::Seen;

/// As many items as there may be requests at one time; what is beyond it shares nothing, which
/// costs requests and is no fault.
const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4_095);

/// The turns of the items that were asked for last.
pub(crate) struct Looks(Mutex<LruCache<String, Turn>>);

/// Who holds it is the only caller of this process that asks for the item. In it is what the
/// last one saw.
pub(crate) type Turn = Arc<tokio::sync::Mutex<Option<Look>>>;

/// What was seen of an item at some moment after it began. A failure is shared, too: else a silent
/// table would keep its callers one after another.
#[derive(Clone)]
pub(crate) struct Look {
    pub(crate) began: Instant,
    pub(crate) read: Read,
    pub(crate) seen: Result<Seen, PortError>,
}

impl Look {
    /// Whether it tells what a read of that kind would, by somebody who wants news of that time
    /// or later.
    pub(crate) fn serves(&self, read: Read, since: Instant) -> bool {
        self.began >= since && (self.read == Read::Strong || read == Read::Eventual)
    }
}

impl Default for Looks {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl Looks {
    /// The turn of an item.
    pub(crate) fn turn(&self, key: &str) -> Turn {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.get_or_insert_mut_ref(key, Turn::default))
    }
}
