//! Small copies do not wait behind large ones: 10,000 of them arrive in waves, while 50 objects of
//! up to 200 GiB are copied for hours and go on from one invocation to the next.
//!
//! Only time is simulated, that of the store and of the source: queues, table, copier and the way
//! Lambda feeds it are as deployed, with the figures of `template.yaml`.

mod lambda;
mod store;

use cloud_mirror_domain::place::Nowhere;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_copier::Copier;
use cloud_mirror_domain::claim::{Answer, Terms};
use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::message::{Action, Message, Seen};
use cloud_mirror_domain::policy::{CopyLimits, Policy};
use cloud_mirror_domain::ports::{Clock as _, CopyQueue, PoolPorts, Ports, StatusTable as _, When};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_memory::{MemoryQueue, MemoryQueues, MemoryTable, QueueSettings};
use cloud_mirror_testkit::clock::RuntimeClock;
use futures::future::join_all;
use tokio::task::JoinHandle;
use ulid::Ulid;

use self::lambda::Mapping;
use self::store::WeightlessStore;
use crate::house::replica;
use crate::server_side::named;

const LARGE: u64 = 50;
const SMALL: u64 = 10_000;
/// A thousand small ones are asked for within three seconds, nearly all that ten copiers bear, then
/// none for minutes: ten waves take longer than three invocations.
const WAVE: u64 = 1_000;
const BETWEEN_TWO: Duration = Duration::from_millis(3);
const BETWEEN_WAVES: Duration = Duration::from_secs(300);

const GIB: u64 = 1024 * 1024 * 1024;
const A_WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[tokio::test(start_paused = true)]
async fn small_copies_do_not_wait_behind_large_ones() {
    let alone = Mirror::with_a_bulk_queue().copies(0).await;
    let mirror = Mirror::with_a_bulk_queue();
    let beside = mirror.copies(LARGE).await;
    assert!(beside <= alone * 2, "{beside:?} instead of {alone:?}");
    assert!(mirror.store.continuations() >= 10, "large ones went on");
}

/// Or the figures above would prove nothing.
#[tokio::test(start_paused = true)]
async fn in_one_queue_for_all_they_would() {
    let alone = Mirror::with_one_queue().copies(0).await;
    let beside = Mirror::with_one_queue().copies(LARGE).await;
    assert!(beside > alone * 10, "{beside:?} instead of {alone:?}");
}

/// Everything that is deployed.
struct Mirror {
    table: Arc<MemoryTable>,
    queue: Arc<dyn CopyQueue>,
    store: Arc<WeightlessStore>,
    clock: Arc<RuntimeClock>,
    mappings: Vec<Mapping>,
}

impl Mirror {
    fn with_a_bulk_queue() -> Self {
        let queues = MemoryQueues::new(QueueSettings::default());
        let mappings = vec![
            Mapping::of_copies(queues.copies.clone()),
            Mapping::of_bulk(queues.bulk.clone()),
        ];
        Self::over(Arc::new(queues), mappings)
    }

    fn with_one_queue() -> Self {
        let queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
        Self::over(queue.clone(), vec![Mapping::of_copies(queue)])
    }

    fn over(queue: Arc<dyn CopyQueue>, mappings: Vec<Mapping>) -> Self {
        let clock = Arc::new(RuntimeClock::default());
        Self {
            table: Arc::new(MemoryTable::new(100_000, clock.clone())),
            queue,
            store: Arc::new(WeightlessStore::new(clock.clone())),
            clock,
            mappings,
        }
    }

    /// Asks for so many large objects and then for all small ones, and waits for every one of them.
    /// So long nearly all of the small ones took, from asking to being present: the 99th
    /// percentile.
    async fn copies(&self, large: u64) -> Duration {
        let copiers = self.mappings.iter().flat_map(|mapping| {
            let clock = self.clock.clone();
            mapping.start(clock, || self.copier())
        });
        let copiers: Vec<_> = copiers.collect();
        let large = (0..large).map(|n| self.asked_for(4 * n * GIB + 2 * GIB, n, Duration::ZERO));
        let large: Vec<_> = large.collect();
        let small = (0..SMALL).map(|n| self.asked_for(1_000, n, arrival(n)));
        let mut waited: Vec<_> = join_all(small.collect::<Vec<_>>()).await;
        let all = join_all(large)
            .await
            .into_iter()
            .all(|copied| copied.is_ok());
        assert!(all, "the large ones are present, too");
        copiers.iter().for_each(JoinHandle::abort);
        waited.sort_by_key(|waited| *waited.as_ref().unwrap());
        *waited[waited.len() * 99 / 100].as_ref().unwrap()
    }

    /// A function of its own, as every environment of Lambda's is.
    fn copier(&self) -> Copier {
        let ports = PoolPorts {
            pool: self.store.clone(),
            upload: self.store.clone(),
            store_copy: Some(self.store.clone()),
        };
        let ports = Ports {
            table: self.table.clone(),
            queue: self.queue.clone(),
            pools: [(replica().pool, ports)].into(),
            signers: HashMap::new(),
            geography: Arc::new(Nowhere),
            clock: self.clock.clone(),
        };
        Copier::new(named(), policy(), ports, self.store.clone())
    }

    /// Some time from now somebody asks for an object of that size, and waits until it is present.
    fn asked_for(&self, size: u64, n: u64, from_now: Duration) -> JoinHandle<Duration> {
        let id = object(size, n);
        let (table, queue) = (self.table.clone(), self.queue.clone());
        let clock = self.clock.clone();
        tokio::spawn(async move {
            tokio::time::sleep(from_now).await;
            let (began, attempt) = (clock.now(), Ulid::generate());
            let when = When {
                now: began,
                terms: terms(),
            };
            let claimed = table.claim(&id, attempt, &when).await.unwrap();
            let Answer::Done(mut entry) = claimed else {
                panic!("somebody else has claimed {id:?}");
            };
            let message = message(&id, attempt);
            queue.send(&message, Duration::ZERO).await.unwrap();
            while !matches!(entry.state, State::Present(_)) {
                let changed = table.wait_for_change(&id, Some(&entry), began + A_WEEK);
                entry = changed.await.unwrap().expect("an entry");
                assert!(clock.now().since(began) < A_WEEK, "present in time");
            }
            clock.now().since(began)
        })
    }
}

fn arrival(n: u64) -> Duration {
    let (wave, place) = ((n / WAVE) as u32, (n % WAVE) as u32);
    BETWEEN_WAVES * wave + BETWEEN_TWO * place
}

/// Its URL tells the store how large it is.
fn object(size: u64, n: u64) -> ReplicaId {
    let url = format!("https://example.com/downloads/{size}/{n}");
    ReplicaId {
        url: SourceUrl::parse(&url).unwrap(),
        ..replica()
    }
}

fn message(id: &ReplicaId, attempt: Ulid) -> Message {
    Message {
        replica: id.clone(),
        action: Action::Put,
        attempt: Some(attempt),
        seen: Some(Seen::None),
        bulk: false,
        upload: None,
        trace: None,
    }
}

/// Four parts at once, so that the largest objects take longer than an invocation has.
fn policy() -> Policy {
    let copy = CopyLimits {
        parts_in_flight: 4,
        ..CopyLimits::default()
    };
    Policy {
        copy,
        ..Policy::default()
    }
}

fn terms() -> Terms {
    Terms {
        lifetimes: policy().lifetimes,
        lifespan: A_WEEK,
    }
}
