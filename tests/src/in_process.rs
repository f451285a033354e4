//! Everything in one process: what `cloud-mirror serve` starts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror::args;
use cloud_mirror::serve::{Server, Settings};
use cloud_mirror_domain::ports::{CopyQueue, PoolPorts, StatusTable};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_memory::{MemoryQueue, MemoryTable};
use cloud_mirror_runtime::Local;
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::faults::Faults;
use tempfile::TempDir;

use crate::deployment::{Deployment, Setup};

/// The one-process run, on a free port, over memory and folders.
pub struct InProcess {
    server: Server,
    table: Arc<MemoryTable>,
    queue: Arc<MemoryQueue>,
    pools: std::collections::HashMap<PoolId, PoolPorts>,
    clock: Arc<ShiftedClock>,
    faults: Faults,
    _folder: TempDir,
}

impl InProcess {
    /// Starts it.
    pub async fn start(setup: &Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("mirror.toml");
        std::fs::write(&config, &setup.config).unwrap();
        let arguments = args::Serve {
            listen: ([127, 0, 0, 1], 0).into(),
            config: Some(config),
            data: folder.path().join("data"),
            public_host: None,
        };
        let no_variables = BTreeMap::new();
        let settings = Settings::read(&arguments, &no_variables).await.unwrap();
        let clock = Arc::new(ShiftedClock::default());
        let mut local = Local::open(&settings.config, &settings.base_url, clock.clone())
            .await
            .unwrap();
        let (table, queue) = (Arc::clone(&local.table), Arc::clone(&local.queue));
        let pools = local.ports.pools.clone();
        let faults = Faults::default();
        local.ports = faults.around(local.ports);
        let server = Server::start(settings, local).unwrap();
        Self {
            server,
            table,
            queue,
            pools,
            clock,
            faults,
            _folder: folder,
        }
    }
}

#[async_trait]
impl Deployment for InProcess {
    fn base_url(&self) -> String {
        format!("http://{}", self.server.address())
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

    async fn empty_table(&self) {
        self.table.clear();
    }

    async fn deliver(&self, message: String) {
        self.queue.send_text(message, Duration::ZERO).unwrap();
    }

    async fn deliver_held(&self) {
        let queue: &dyn CopyQueue = &*self.queue;
        self.faults.deliver_messages(queue).await;
    }

    fn time_passes(&self, by: Duration) {
        self.clock.pass(by);
    }

    fn fail_opens(&self) -> u64 {
        self.server
            .redirect()
            .counters()
            .get(cloud_mirror_redirect::Counted::FailOpen)
    }
}
