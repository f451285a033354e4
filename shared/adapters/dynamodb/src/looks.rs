//! Looks at one item that the callers of one process share.
//!
//! A herd waits for one item. What one caller has seen since another began to ask is as good to that
//! as a look of its own: so a thousand waiters make one read at a time, and of a thousand claims
//! one is written, where DynamoDB serves 3,000 strong reads and 1,000 writes a second of one item.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Transition};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::ports::{PortError, Read};
use lru::LruCache;
use tokio::time::Instant;

use crate::item::Seen;
use crate::store::{Belief, Store};

/// As many items as there may be requests at one time; what is beyond it shares nothing, which
/// costs requests and is no fault.
const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4_095);

/// The turns of the items that were asked for last, and with them what was seen: a `T`.
///
/// Public, with [`wait_for_change`](crate::wait_for_change), for who simulates what waiting costs.
pub struct Looks<T>(Mutex<LruCache<String, Turn<T>>>);

/// Who holds it is the only caller of this process that asks for the item. In it is what the
/// last one saw.
type Turn<T> = Arc<tokio::sync::Mutex<Option<Look<T>>>>;

/// What was seen of an item at some moment after it began. A failure is shared, too: else a silent
/// table would keep its callers one after another.
#[derive(Clone, Debug)]
pub struct Look<T> {
    /// When it began.
    pub began: Instant,
    /// How long it took, without the time that its caller waited for others of its process.
    pub took: Duration,
    read: Read,
    /// What was seen, or why nothing was.
    pub seen: Result<T, PortError>,
}

impl<T> Look<T> {
    /// Whether it tells what a read of that kind would, by somebody who wants news of that time
    /// or later.
    fn serves(&self, read: Read, since: Instant) -> bool {
        self.began >= since && (self.read == Read::Strong || read == Read::Eventual)
    }

    /// The same look, of which only that part counts.
    pub(crate) fn map<U>(self, part: impl FnOnce(T) -> U) -> Look<U> {
        Look {
            began: self.began,
            took: self.took,
            read: self.read,
            seen: self.seen.map(part),
        }
    }
}

impl<T> Default for Looks<T> {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl<T: Clone> Looks<T> {
    /// The item as it was at some moment after `since`: what another caller saw, or else what `reading`
    /// sees, which is a read of that kind.
    pub async fn look(
        &self,
        key: &str,
        read: Read,
        since: Instant,
        reading: impl Future<Output = Result<T, PortError>>,
    ) -> Look<T> {
        let turn = self.turn(key);
        let mut last = turn.lock().await;
        if let Some(look) = last.as_ref().filter(|look| look.serves(read, since)) {
            return look.clone();
        }
        let began = Instant::now();
        let seen = reading.await;
        let took = began.elapsed();
        let look = Look {
            began,
            took,
            read,
            seen,
        };
        *last = Some(look.clone());
        look
    }

    /// The turn of an item.
    fn turn(&self, key: &str) -> Turn<T> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.get_or_insert_mut_ref(key, Turn::default))
    }
}

impl Store {
    /// The item as it was at some moment after `since`, seen by this caller or by another one of this
    /// process.
    pub(crate) async fn look(&self, key: &str, read: Read, since: Instant) -> Look<Seen> {
        let reading = self.read(key, read);
        self.looks.look(key, read, since, reading).await
    }

    /// A transition that many may want at once, and one at most will get: one after another, each
    /// judging what the last one saw if that was after it had asked.
    pub(crate) async fn transit_in_turn(
        &self,
        key: &str,
        transition: impl Fn(Option<&Entry>) -> Transition<Answer>,
    ) -> Result<Answer, PortError> {
        let since = Instant::now();
        let turn = self.looks.turn(key);
        let mut last = turn.lock().await;
        let shared = last
            .as_ref()
            .filter(|look| look.serves(Read::Strong, since));
        let (began, belief) = match shared {
            Some(look) => {
                let (seen, fresh) = (look.seen.clone()?, true);
                (look.began, Belief { seen, fresh })
            }
            None => (Instant::now(), self.believed(key)),
        };
        let done = self.transited(key, belief, transition).await;
        *last = Some(Look {
            began,
            took: began.elapsed(),
            read: Read::Strong,
            seen: done
                .as_ref()
                .map(|(_, seen)| seen.clone())
                .map_err(PortError::clone),
        });
        done.map(|(answer, _)| answer)
    }
}
