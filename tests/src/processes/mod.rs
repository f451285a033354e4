//! Several processes that share only table, queue and stores: AWS's adapters over servers in the
//! test's own process, with a fault proxy in front of each.

mod member;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::ports::{PoolPorts, StatusTable};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::s3::S3Server;
use tempfile::TempDir;

use crate::deployment::Deployment;
use crate::own_store;
use crate::setup::Setup;
use member::Member;
use world::World;

/// Several processes, each on a free port. Requests go to them in turn.
pub struct Processes {
    members: Vec<Member>,
    next: AtomicUsize,
    world: World,
    _folder: TempDir,
}

impl Processes {
    /// Starts them in front of an origin, as the program `member` at that path; or says why they
    /// refuse to.
    pub async fn start(
        program: &'static str,
        setup: Setup,
        origin: String,
    ) -> Result<Self, String> {
        let world = World::start(&setup).await;
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("mirror.toml");
        let text = setup.config(&origin, &own_store::tables(&setup));
        std::fs::write(&config, text.replace("{store}", &world.s3.url())).unwrap();
        let variables = world.variables(&setup);
        let started = (0..setup.processes).map(|_| Member::start(program, &config, &variables));
        let members = futures::future::join_all(started).await;
        Ok(Self {
            members: members.into_iter().collect::<Result<_, _>>()?,
            next: AtomicUsize::new(0),
            world,
            _folder: folder,
        })
    }
}

#[async_trait]
impl Deployment for Processes {
    fn base_url(&self) -> String {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.members[next % self.members.len()].url.clone()
    }

    fn service(&self) -> &'static str {
        "s3"
    }

    fn is_in_pool(&self, address: &str, region: &str) -> bool {
        address.starts_with(&self.world.bucket_url(region))
    }

    fn table(&self) -> Arc<dyn StatusTable> {
        self.world.table.clone()
    }

    fn pool(&self, id: &PoolId) -> PoolPorts {
        self.world.pools[id].ports()
    }

    fn faults(&self) -> &Faults {
        &self.world.faults
    }

    fn s3(&self) -> Option<&S3Server> {
        Some(&self.world.s3)
    }

    async fn empty_table(&self) {
        self.world.empty_table().await;
    }

    async fn deliver(&self, message: String) {
        self.world.deliver(message).await;
    }

    async fn deliver_held(&self) {
        self.world.faults.deliver_messages(&self.world.queue).await;
    }

    async fn until_worked_off(&self) {
        self.world.until_worked_off().await;
    }

    async fn time_passes(&self, by: Duration) {
        self.world.s3.time_passes(by);
        for member in &self.members {
            member.ask(&format!("pass {}", by.as_millis())).await;
        }
    }

    async fn fail_opens(&self) -> Option<u64> {
        let mut all = 0;
        for member in &self.members {
            all += member.ask("fail-opens").await.parse::<u64>().unwrap();
        }
        Some(all)
    }
}
