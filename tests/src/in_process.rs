//! Everything in one process: what `cloud-mirror serve` starts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror::serve::args;
use cloud_mirror::serve::{Server, Settings};
use cloud_mirror_domain::ports::{PoolPorts, Ports, StatusTable};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_memory::{MemoryQueues, MemoryTable, QueueSettings};
use cloud_mirror_runtime::{Backend, Inboxes, Local};
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::s3::S3Server;
use tempfile::TempDir;

use crate::deployment::Deployment;
use crate::setup::{REGIONS, Setup, past};

/// The one-process run, on a free port, over memory and folders.
pub struct InProcess {
    server: Server,
    table: Arc<MemoryTable>,
    queues: MemoryQueues,
    pools: std::collections::HashMap<PoolId, PoolPorts>,
    clock: Arc<ShiftedClock>,
    faults: Faults,
    _folder: TempDir,
}

impl InProcess {
    /// Starts it in front of an origin, or says why it refuses to.
    pub async fn start(setup: Setup, origin: String) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("mirror.toml");
        std::fs::write(&config, setup.config(&origin, &pools())).unwrap();
        let arguments = args::Args {
            backend: args::Backend::Local,
            listen: ([127, 0, 0, 1], 0).into(),
            config: Some(config),
            data: folder.path().join("data"),
            public_host: None,
        };
        let settings = Settings::read(&arguments, &setup.environment).await;
        let settings = settings.map_err(|error| error.to_string())?;
        let clock = Arc::new(ShiftedClock::default());
        let local = Local::open(&settings.config, &settings.base_url, clock.clone());
        let local = local.await.unwrap();
        let queues = MemoryQueues::new(QueueSettings {
            visibility: setup.visibility,
            ..QueueSettings::default()
        });
        let (table, pools) = (local.table, local.backend.ports.pools.clone());
        let faults = planned_faults(&setup, &clock, settings.config.policy.lifetimes.lease);
        let backend = behind(&faults, local.backend, &queues);
        let server = Server::start(settings, backend, local.files).unwrap();
        Ok(Self {
            server,
            table,
            queues,
            pools,
            clock,
            faults,
            _folder: folder,
        })
    }
}

/// All that the mirror runs on behind the switchboard, with the story's own queues.
fn behind(faults: &Faults, backend: Backend, queues: &MemoryQueues) -> Backend {
    let ports = Ports {
        queue: Arc::new(queues.clone()),
        ..backend.ports
    };
    Backend {
        ports: faults.around(ports),
        source: faults.around_source(backend.source),
        inboxes: Inboxes {
            copies: faults.around_copies(queues.copies.clone()),
            bulk: Some(faults.around_bulk(queues.bulk.clone())),
        },
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

fn pools() -> String {
    format!(
        "[[pool]]\nservice = \"file\"\nregions = {REGIONS:?}\npath = \"{{data}}/pools/{{region}}\""
    )
}

#[async_trait]
impl Deployment for InProcess {
    fn base_url(&self) -> String {
        format!("http://{}", self.server.address())
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
        let counters = self.server.redirect().counters();
        Some(counters.get(cloud_mirror_redirect::Counted::FailOpen))
    }
}
