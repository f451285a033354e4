//! Everything in one process: what `cloud-mirror serve` starts.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror::serve::args;
use cloud_mirror::serve::{Server, Settings};
use cloud_mirror_domain::ports::{PoolPorts, Ports, Source, StatusTable};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_files::FilePool;
use cloud_mirror_memory::{MemoryQueues, MemoryTable, QueueSettings};
use cloud_mirror_runtime::{Backend, IN_A_SERVER, Inboxes, Local, remembered};
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::s3::S3Server;
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::deployment::Deployment;
use crate::setup::{REGIONS, Setup, past};

/// The one-process run, on a free port, over memory and folders.
pub struct InProcess {
    server: Mutex<Option<Server>>,
    address: SocketAddr,
    origin: String,
    ports: Ports,
    source: Arc<dyn Source>,
    files: HashMap<PoolId, FilePool>,
    table: Arc<MemoryTable>,
    queues: MemoryQueues,
    pools: HashMap<PoolId, PoolPorts>,
    clock: Arc<ShiftedClock>,
    faults: Faults,
    folder: TempDir,
}

impl InProcess {
    /// Starts it in front of an origin, or says why it refuses to.
    pub async fn start(setup: Setup, origin: String) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let any = ([127, 0, 0, 1], 0).into();
        let settings = settings(&folder, &setup, &origin, any).await?;
        let address = settings.listener.local_addr().unwrap();
        let clock = Arc::new(ShiftedClock::default());
        let local = Local::open(&settings.config, &settings.base_url, clock.clone());
        let local = local.await.unwrap();
        let queues = MemoryQueues::new(QueueSettings {
            visibility: setup.visibility,
            ..QueueSettings::default()
        });
        let (table, pools) = (local.table, local.backend.ports.pools.clone());
        let faults = planned_faults(&setup, &clock, settings.config.policy.lifetimes.lease);
        let backend = behind(&faults, local.backend, table.clone(), &queues);
        let (ports, source) = (backend.ports.clone(), Arc::clone(&backend.source));
        let files = local.files;
        let server = start(settings, backend, files.clone());
        Ok(Self {
            server: Mutex::new(Some(server)),
            address,
            origin,
            ports,
            source,
            files,
            table,
            queues,
            pools,
            clock,
            faults,
            folder,
        })
    }
}

/// What the process is to be, in a folder, in front of an origin; or why it refuses to start.
async fn settings(
    folder: &TempDir,
    setup: &Setup,
    origin: &str,
    listen: SocketAddr,
) -> Result<Settings, String> {
    let config = folder.path().join("mirror.toml");
    std::fs::write(&config, setup.config(origin, "file", &pools(setup))).unwrap();
    let arguments = args::Args {
        backend: args::Backend::Local,
        listen,
        config: Some(config),
        data: folder.path().join("data"),
        public_host: None,
    };
    let settings = Settings::read(&arguments, &setup.environment).await;
    settings.map_err(|error| error.to_string())
}

/// Starts with nothing remembered. What it remembers is in front of the switchboard, as it is of a wire.
fn start(settings: Settings, backend: Backend, files: HashMap<PoolId, FilePool>) -> Server {
    let (lifetimes, table) = (&settings.config.policy.lifetimes, backend.ports.table);
    let ports = Ports {
        table: remembered(table, lifetimes, IN_A_SERVER),
        ..backend.ports
    };
    let backend = Backend { ports, ..backend };
    Server::start(settings, backend, files).unwrap()
}

/// All that the mirror runs on behind the switchboard, with the story's own queues.
fn behind(
    faults: &Faults,
    backend: Backend,
    table: Arc<MemoryTable>,
    queues: &MemoryQueues,
) -> Backend {
    let ports = Ports {
        table,
        queue: Arc::new(queues.clone()),
        ..backend.ports
    };
    Backend {
        ports: faults.around(ports),
        source: faults.around_source(backend.source),
        inboxes: inboxes(faults, queues),
    }
}

fn inboxes(faults: &Faults, queues: &MemoryQueues) -> Inboxes {
    Inboxes {
        copies: faults.around_copies(queues.copies.clone()),
        bulk: Some(faults.around_bulk(queues.bulk.clone())),
    }
}

/// While a call is delayed, its lease ends twice over.
fn planned_faults(setup: &Setup, clock: &Arc<ShiftedClock>, lease: Duration) -> Faults {
    let (faults, clock) = (Faults::default(), Arc::clone(clock));
    faults.while_delayed(move || {
        clock.pass(past(lease));
        Box::pin(std::future::ready(()))
    });
    setup.plan(&faults);
    faults
}

fn pools(setup: &Setup) -> String {
    let pool = |region| {
        let drain = setup.drain(region);
        format!(
            "[[pool]]\nservice = \"file\"\nregions = [\"{region}\"]\npath = \"{{data}}/pools/{{region}}\"\n{drain}\n"
        )
    };
    REGIONS.map(pool).concat()
}

#[async_trait]
impl Deployment for InProcess {
    fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn service(&self) -> &'static str {
        "file"
    }

    fn is_in_pool(&self, address: &str, region: &str) -> bool {
        address.starts_with(&format!("{}/pool/file/{region}/", self.base_url()))
    }

    fn table(&self) -> Arc<dyn StatusTable> {
        self.table.clone()
    }

    fn pool(&self, id: &PoolId) -> PoolPorts {
        self.pools[id].clone()
    }

    fn faults(&self) -> &Faults {
        &self.faults
    }

    fn s3(&self) -> Option<&S3Server> {
        None
    }

    /// At the same address, which the replicas' begin with.
    async fn redeploy(&self, setup: Setup) {
        let mut server = self.server.lock().await;
        server.take().expect("a server").stop().await;
        let settings = settings(&self.folder, &setup, &self.origin, self.address);
        let backend = Backend {
            ports: self.ports.clone(),
            source: Arc::clone(&self.source),
            inboxes: inboxes(&self.faults, &self.queues),
        };
        *server = Some(start(settings.await.unwrap(), backend, self.files.clone()));
    }

    async fn empty_table(&self) {
        self.table.clear();
    }

    async fn deliver(&self, message: String) {
        let queue = &self.queues.copies;
        queue.send_text(message, Duration::ZERO).unwrap();
    }

    async fn deliver_held(&self) {
        self.faults.deliver_messages(&self.queues).await;
    }

    async fn messages(&self) -> Option<usize> {
        Some(self.queues.copies.len() + self.queues.bulk.len())
    }

    async fn dead_letters(&self) -> Vec<String> {
        let mut dead = self.queues.copies.dead_letters();
        dead.extend(self.queues.bulk.dead_letters());
        dead
    }

    async fn time_passes(&self, by: Duration) {
        self.clock.pass(by);
    }

    async fn fail_opens(&self) -> Option<u64> {
        let server = self.server.lock().await;
        let counters = server.as_ref()?.redirect().counters();
        Some(counters.get(cloud_mirror_redirect::Counted::FailOpen))
    }
}
