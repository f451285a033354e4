//! The folder, its clock and its locks: the work, one task per verb.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cloud_mirror_domain::ports::{Clock, PoolError};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::disk::{self, Temporary, failed};
use crate::layout::{Layout, Place};
use crate::locks::Locks;

/// How long the bytes of a replaced version stay: a reader that was told of them may not have
/// opened them yet.
const GRACE: Duration = Duration::from_secs(60);

/// What the clones of a pool share.
pub(crate) struct Store {
    pub(crate) layout: Layout,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lifespan: Duration,
    locks: Locks,
    retired: Mutex<Vec<Retired>>,
}

/// The bytes of a replaced version.
struct Retired {
    since: Timestamp,
    path: PathBuf,
}

impl Store {
    pub(crate) fn new(folder: PathBuf, clock: Arc<dyn Clock>, lifespan: Duration) -> Self {
        Self {
            layout: Layout::new(folder),
            clock,
            lifespan,
            locks: Locks::default(),
            retired: Mutex::default(),
        }
    }

    /// Does work that waits for the disk, away from the runtime's own threads.
    ///
    /// A whole verb in one task of `std::fs` rather than a `tokio::fs` call per step: a caller
    /// that stops waiting must not leave a verb half done, nor give up its lock while a step of
    /// it is still under way.
    pub(crate) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, PoolError> + Send + 'static,
    ) -> Result<T, PoolError> {
        let store = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .unwrap_or_else(|error| Err(PoolError::Unavailable(format!("file task: {error}"))))
    }

    /// The same while nobody else works on that place: looking and writing are one step.
    pub(crate) async fn work_alone<T: Send + 'static>(
        self: &Arc<Self>,
        place: &Place,
        work: impl FnOnce(&Self, &Place) -> Result<T, PoolError> + Send + 'static,
    ) -> Result<T, PoolError> {
        let place = place.clone();
        let lock = self.locks.lock(&place.hash).await;
        self.work(move |store| {
            let _lock = lock;
            work(store, &place)
        })
        .await
    }

    /// A new id that carries the pool's clock.
    pub(crate) fn new_id(&self) -> Ulid {
        Ulid::from_parts(self.clock.now().as_millis(), Ulid::generate().random())
    }

    /// How long ago an id was made.
    pub(crate) fn age(&self, id: Ulid) -> Duration {
        self.clock
            .now()
            .since(Timestamp::from_millis(id.timestamp_ms()))
    }

    /// A name in the folder for temporary files.
    pub(crate) fn temporary(&self) -> Temporary {
        Temporary::at(self.layout.temporary().join(self.new_id().to_string()))
    }

    /// Bytes in a temporary file, safely on the disk.
    pub(crate) fn write_temporary(&self, bytes: &[u8]) -> Result<Temporary, PoolError> {
        let file = self.temporary();
        disk::write_synced(file.path(), bytes).map_err(failed("writing a temporary file"))?;
        Ok(file)
    }

    /// Has a replaced version's bytes removed at the first write after their grace. A timer would
    /// be one more thing to stop; what a restart forgets is swept.
    pub(crate) fn retire(&self, paths: Vec<PathBuf>) {
        let now = self.clock.now();
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        retired.extend(paths.into_iter().map(|path| Retired { since: now, path }));
        retired.retain(|old| now.since(old.since) < GRACE || disk::remove(&old.path).is_err());
    }

    /// Whether a file is kept for a reader's sake.
    pub(crate) fn is_retired(&self, path: &std::path::Path) -> bool {
        let retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        retired.iter().any(|old| old.path == path)
    }
}
