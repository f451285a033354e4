//! A table that other processes write to, and this one's memory of it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Holder, Outcome, Terms};
use cloud_mirror_domain::entry::{Entry, Replica};
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{PortError, Read, StatusTable as _, When};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_memory::MemoryTable;
use cloud_mirror_testkit::clock::{BEGINNING, RuntimeClock};
use ulid::Ulid;

use super::shelf::Shelf;
use crate::HotTable;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// The default, and how far tests let time pass by it.
pub(super) const HOT_CACHE: Duration = Duration::from_secs(60);

/// One process's view, in simulated time.
pub(super) struct Scene {
    /// What is remembered in front of it.
    pub(super) hot: HotTable,
    /// The table itself, as every process reaches it.
    pub(super) shelf: Arc<Shelf>,
    /// By this process's wall clock.
    pub(super) now: Timestamp,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::with(100, Lifetimes::default())
    }

    pub(super) fn with(capacity: usize, lifetimes: Lifetimes) -> Self {
        let table = MemoryTable::new(10_000, Arc::new(RuntimeClock::default()));
        let shelf = Arc::new(Shelf::of(table));
        let capacity = NonZeroUsize::new(capacity).unwrap();
        Self {
            hot: HotTable::new(shelf.clone(), capacity, &lifetimes),
            shelf,
            now: BEGINNING,
        }
    }

    /// The process has started anew, with that policy.
    pub(super) fn starts_anew(&mut self, lifetimes: &Lifetimes) {
        let capacity = NonZeroUsize::MIN.saturating_add(99);
        self.hot = HotTable::new(self.shelf.clone(), capacity, lifetimes);
    }

    /// A replica that another process has copied, remembered by nobody.
    pub(super) async fn with_a_copy(name: &str) -> Self {
        let scene = Self::new();
        scene.copied_elsewhere(name).await;
        scene
    }

    /// A replica that another process has copied, and this one remembers.
    pub(super) async fn with_a_hot(name: &str) -> Self {
        let scene = Self::with_a_copy(name).await;
        assert!(scene.finds(name).await);
        scene
    }

    pub(super) fn when(&self) -> When {
        let terms = Terms {
            lifetimes: Lifetimes::default(),
            lifespan: 24 * HOUR,
        };
        let now = self.now;
        When { now, terms }
    }

    /// A first look, as a request makes it.
    pub(super) async fn asks(&self, name: &str) -> Result<Option<Entry>, PortError> {
        self.hot.get(&id(name), Read::Eventual, self.now).await
    }

    /// Whether a first look finds an entry.
    pub(super) async fn finds(&self, name: &str) -> bool {
        self.asks(name).await.unwrap().is_some()
    }

    /// Whether the table is asked for a first look.
    pub(super) async fn asks_the_table_for(&self, name: &str) -> bool {
        self.shelf.reads();
        let _ = self.asks(name).await;
        !self.shelf.reads().is_empty()
    }

    pub(super) async fn copied_elsewhere(&self, name: &str) {
        let (table, id, when) = (&self.shelf.table, id(name), self.when());
        table.claim(&id, ulid(1), &when).await.unwrap();
        let settled = table
            .settle(&id, Holder::Attempt(ulid(1)), &self.present(), &when)
            .await;
        assert!(settled.unwrap().is_done());
    }

    pub(super) async fn purged_elsewhere(&self, name: &str) {
        let (table, id, when) = (&self.shelf.table, id(name), self.when());
        let begun = table.begin_purge(&id, ulid(7), None, &when).await.unwrap();
        assert!(begun.is_done());
        assert!(table.forget(&id, ulid(7), &when).await.unwrap().is_done());
    }

    /// A purge by this process, begun and ended.
    pub(super) async fn purges(&self, name: &str) {
        let (id, when) = (id(name), self.when());
        let begun = self.hot.begin_purge(&id, ulid(8), None, &when).await;
        assert!(matches!(begun.unwrap(), Answer::Done(_)));
        let forgotten = self.hot.forget(&id, ulid(8), &when).await;
        assert!(forgotten.unwrap().is_done());
    }

    /// A replica that lives for a day, with an hour's margin.
    pub(super) fn present(&self) -> Outcome {
        let replica = Replica {
            etag: "\"e\"".into(),
            size: 10,
            stored: self.now,
            ..Replica::default()
        };
        Outcome::Present {
            replica,
            expires: self.now + 23 * HOUR,
        }
    }

    /// Time passes, by every clock.
    pub(super) async fn pass(&mut self, by: Duration) {
        tokio::time::advance(by).await;
        self.now = self.now + by;
    }
}

pub(super) fn id(name: &str) -> ReplicaId {
    ReplicaId {
        pool: PoolId::new("s3", "eu-central-1"),
        url: SourceUrl::parse(&format!("https://example.com/{name}")).unwrap(),
    }
}

pub(super) fn ulid(n: u64) -> Ulid {
    Ulid::from(u128::from(n))
}
