//! One copy that somebody makes, and clients who come while it goes on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome, Terms};
use cloud_mirror_domain::entry::{Entry, Progress, Replica, UnfinishedUpload};
use cloud_mirror_domain::place::Nowhere;
use cloud_mirror_domain::policy::{Lifetimes, Policy, Wait};
use cloud_mirror_domain::ports::{Clock as _, PoolPorts, PortError, Ports, StatusTable, When};
use cloud_mirror_domain::rules::{Auto, Pool, PoolId, ReplicaId, Rules, SourceRule};
use cloud_mirror_domain::url::{SourceUrl, to_base64url};
use cloud_mirror_dynamodb::DynamoDbTable;
use cloud_mirror_memory::{MemoryQueue, MemoryTable, QueueSettings};
use cloud_mirror_redirect::Redirect;
use cloud_mirror_testkit::clock::RuntimeClock;
use cloud_mirror_testkit::sample_pool::SamplePool;
use futures::future::join_all;
use tokio::time::Instant;
use ulid::Ulid;

use super::polled::Polled;
use super::wire::{Item, Wire};

/// What is asked for.
const URL: &str = "https://example.com/object";

/// Where entries are, and who shares what with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// In the memory of the one process that everybody asks.
    Memory,
    /// In a table whose reads take that long; every client asks a process of its own, as in Lambda.
    Alone(Duration),
    /// The same, and all ask one process.
    Together(Duration),
    /// As [`Alone`](Self::Alone), through DynamoDB's whole adapter and its client.
    OnTheWire(Duration),
}

/// A copy, and who waits for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    /// From the claim to the entry that says that it is there.
    pub(crate) copy: Duration,
    pub(crate) table: Table,
    /// How many clients come, evenly spread over the copy; the first one at its beginning.
    pub(crate) clients: u32,
    pub(crate) wait: Wait,
    /// How long the copier's lease holds, which it extends after a third of that.
    pub(crate) lease: Duration,
    /// It notes its progress so often, too; by default only with its lease.
    pub(crate) notes: Option<Duration>,
}

/// What one client met with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Met {
    /// Whether it was led to the replica, and not to the origin.
    pub(crate) replica: bool,
    /// From the copy's end to the answer.
    pub(crate) delay: Duration,
    pub(crate) hops: usize,
}

/// What came of a scene.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) clients: Vec<Met>,
    /// How often each process read the table.
    pub(crate) reads: Vec<usize>,
}

impl Scene {
    /// Plays it, by the runtime's clock, which must be paused.
    pub(crate) async fn play(self) -> Told {
        let clock = Arc::new(RuntimeClock::default());
        let (table, processes) = self.tables(&clock);
        let copier = Copier::that_begins(&self, &*table, &clock).await;
        let began = Instant::now();
        let clients = (0..self.clients).map(|n| {
            let process = &processes[n as usize % processes.len()];
            let redirect = self.redirect(&clock, &process.table);
            let comes = began + self.copy * n / self.clients;
            ask(redirect, comes, began + self.copy)
        });
        let copied = copier.ends_at(began + self.copy);
        let (clients, ()) = tokio::join!(join_all(clients), copied);
        Told {
            clients,
            reads: processes.iter().map(|process| (process.reads)()).collect(),
        }
    }

    /// The copier's table, and those of the processes that are asked.
    fn tables(&self, clock: &Arc<RuntimeClock>) -> (Arc<dyn StatusTable>, Vec<Process>) {
        let memory = Arc::new(MemoryTable::new(10, clock.clone()));
        let polled = |takes| Process::polled(Polled::new(memory.clone(), clock.clone(), takes));
        let all = 0..self.clients;
        let processes = match self.table {
            Table::Memory => vec![Process::new(memory.clone(), || 0)],
            Table::Alone(takes) => all.map(|_| polled(takes)).collect(),
            Table::Together(takes) => vec![polled(takes)],
            Table::OnTheWire(takes) => {
                let item = Item::default();
                let to_it = |takes| Process::on_the_wire(Wire::to(&item, takes), clock.clone());
                let copier = to_it(Duration::ZERO).table;
                return (copier, all.map(|_| to_it(takes)).collect());
            }
        };
        (memory, processes)
    }

    fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            lease: self.lease,
            ..Lifetimes::default()
        }
    }

    fn redirect(&self, clock: &Arc<RuntimeClock>, table: &Arc<dyn StatusTable>) -> Redirect {
        let pool = Pool::new(id().pool);
        let stored = Arc::new(SamplePool::new("http://pool", clock.clone(), pool.lifespan));
        let pool_ports = PoolPorts {
            pool: stored.clone(),
            upload: stored,
            store_copy: None,
        };
        let ports = Ports {
            table: table.clone(),
            queue: Arc::new(MemoryQueue::new(QueueSettings::default())),
            pools: [(pool.id.clone(), pool_ports)].into(),
            signers: HashMap::new(),
            geography: Arc::new(Nowhere),
            clock: clock.clone(),
        };
        let source = SourceRule::new(SourceUrl::parse("https://example.com/").unwrap());
        let rules = Rules {
            sources: vec![source].into(),
            pools: vec![pool],
            auto: Auto::default(),
        };
        let policy = Policy {
            wait: self.wait,
            lifetimes: self.lifetimes(),
            ..Policy::default()
        };
        Redirect::new(rules, policy, ports)
    }
}

/// A process's table, and how often it has been read.
struct Process {
    table: Arc<dyn StatusTable>,
    reads: Box<dyn Fn() -> usize>,
}

impl Process {
    fn new(table: Arc<dyn StatusTable>, reads: impl Fn() -> usize + 'static) -> Self {
        let reads = Box::new(reads);
        Self { table, reads }
    }

    fn polled(table: Polled) -> Self {
        let table = Arc::new(table);
        Self::new(table.clone(), move || table.reads())
    }

    fn on_the_wire(wire: Wire, clock: Arc<RuntimeClock>) -> Self {
        let table = DynamoDbTable::new(wire.client(), "status", clock);
        Self::new(Arc::new(table), move || wire.reads())
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn id() -> ReplicaId {
    let url = SourceUrl::parse(URL).unwrap();
    ReplicaId {
        pool: PoolId::new("sample", "here"),
        url,
    }
}

/// Who makes the copy: it extends its lease as the real one does, and may tell of its progress.
struct Copier<'a> {
    scene: &'a Scene,
    table: &'a dyn StatusTable,
    clock: &'a RuntimeClock,
    run: Ulid,
    own: Entry,
}

impl<'a> Copier<'a> {
    async fn that_begins(
        scene: &'a Scene,
        table: &'a dyn StatusTable,
        clock: &'a RuntimeClock,
    ) -> Self {
        let (id, run, when) = (id(), Ulid::generate(), when(scene, clock));
        done(table.claim(&id, Ulid::generate(), &when).await);
        let own = done(table.begin(&id, run, &when).await);
        Self {
            scene,
            table,
            clock,
            run,
            own,
        }
    }

    async fn ends_at(mut self, then: Instant) {
        let heartbeat = self.scene.lease / 3;
        let pause = self.scene.notes.unwrap_or(heartbeat).min(heartbeat);
        while Instant::now() + pause < then {
            tokio::time::sleep(pause).await;
            self.extends_its_lease().await;
        }
        tokio::time::sleep_until(then).await;
        let (holder, when) = (Holder::Run(self.run), when(self.scene, self.clock));
        let present = Outcome::Present {
            replica: Replica::default(),
            expires: when.now + DAY,
        };
        done(self.table.settle(&id(), holder, &present, &when).await);
    }

    /// A note of its progress is written with the lease.
    async fn extends_its_lease(&mut self) {
        let parts = self.own.most_parts + 1;
        let extension = Extension {
            own: self.own.clone(),
            underway: None,
            upload: self.scene.notes.map(|_| self.upload(parts)),
        };
        let (id, when) = (id(), when(self.scene, self.clock));
        let extended = self.table.extend(&id, self.run, &extension, &when);
        self.own = done(extended.await);
    }

    fn upload(&self, parts: u32) -> UnfinishedUpload {
        UnfinishedUpload {
            id: "upload".into(),
            begun_by: self.run,
            source_etag: Some("\"strong\"".into()),
            size: None,
            part_size: 1,
            progress: Progress {
                parts,
                stream: None,
            },
            failed_completions: 0,
        }
    }
}

fn when(scene: &Scene, clock: &RuntimeClock) -> When {
    let terms = Terms {
        lifetimes: scene.lifetimes(),
        lifespan: DAY,
    };
    When {
        now: clock.now(),
        terms,
    }
}

fn done(answered: Result<Answer, PortError>) -> Entry {
    match answered.unwrap() {
        Answer::Done(entry) => entry,
        Answer::Refused(found) => panic!("there is another: {found:?}"),
    }
}

/// A client who asks once, then, and follows hops at once.
async fn ask(redirect: Redirect, then: Instant, copy_ends: Instant) -> Met {
    tokio::time::sleep_until(then).await;
    let path = format!("/v1/redirect/sample/here/{}", to_base64url(URL));
    let (mut query, mut hops) = (String::new(), 0);
    loop {
        let request = http::Request::get(format!("{path}{query}"));
        let answer = redirect.handle(request.body(()).unwrap()).await;
        let location = answer.headers()["location"].to_str().unwrap();
        if !location.starts_with('?') {
            let replica = location.starts_with("http://pool");
            assert!(replica || location == URL, "{location}");
            let delay = Instant::now().saturating_duration_since(copy_ends);
            return Met {
                replica,
                delay,
                hops,
            };
        }
        (query, hops) = (location.to_owned(), hops + 1);
    }
}
