//! Several processes that share only table, queue and stores: AWS's adapters over servers in the
//! test's own process, with a fault proxy in front of each.

mod crew;
mod diary;
mod member;
mod world;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{PoolPorts, StatusTable};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::s3::S3Server;
use tempfile::TempDir;

use crate::deployment::Deployment;
use crate::origin::Origin;
use crate::own_store;
use crate::setup::{Setup, past};
use crew::{Crew, Recipe};
use member::Member;
use world::World;

pub use crew::{Killed, Role};
pub use diary::{Deed, Diary, What};

/// Several processes, each on a free port. Requests go to the fronts in turn, and every process is
/// one unless it was started as something else.
pub struct Processes {
    crew: Arc<Crew>,
    recipe: Recipe,
    world: World,
    /// What it was started with, its origin beside it, for another stack like it.
    started_with: (Setup, String),
    _folder: TempDir,
}

/// The region of the table and the queues of another stack.
const ELSEWHERE: &str = "ap-southeast-2";

impl Processes {
    /// Starts them in front of an origin, as the program `member` at that path; or says why they
    /// refuse to. What the origin is asked, no switchboard sees.
    pub async fn start(
        program: &'static str,
        setup: Setup,
        origin: String,
    ) -> Result<Self, String> {
        Self::start_behind(Faults::default(), program, setup, origin).await
    }

    /// Starts them and an origin of their own, which is behind the switchboard with everything else.
    pub async fn with_origin(
        program: &'static str,
        setup: Setup,
    ) -> Result<(Origin, Self), String> {
        let faults = Faults::default();
        let origin = Origin::start_behind(&faults).await;
        let processes = Self::start_behind(faults, program, setup, origin.url("/")).await?;
        Ok((origin, processes))
    }

    async fn start_behind(
        faults: Faults,
        program: &'static str,
        setup: Setup,
        origin: String,
    ) -> Result<Self, String> {
        let world = World::start(&setup, faults).await;
        Self::start_in(world, program, setup, origin).await
    }

    async fn start_in(
        world: World,
        program: &'static str,
        setup: Setup,
        origin: String,
    ) -> Result<Self, String> {
        let crew = Arc::<Crew>::default();
        plan(&setup, &world, &crew);
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("mirror.toml");
        write_config(&config, &setup, &origin, &world);
        let recipe = Recipe {
            program,
            config,
            variables: world.variables(&setup),
        };
        crew.start(&recipe, Role::Front, setup.processes).await?;
        Ok(Self {
            crew,
            recipe,
            world,
            started_with: (setup, origin),
            _folder: folder,
        })
    }

    /// Starts one more of that role.
    pub async fn start_another(&self, role: Role) {
        self.crew.start(&self.recipe, role, 1).await.unwrap();
    }

    /// Kills one with SIGKILL, the `which`-th of that role counted round and round, and waits for its
    /// end. None takes its place.
    pub async fn kill(&self, role: Role, which: usize) -> Killed {
        self.crew.kill(role, which).await
    }

    /// Whether a process answers there that has not been killed.
    pub fn is_running(&self, url: &str) -> bool {
        self.crew.members().iter().any(|member| member.url == url)
    }

    /// What all processes have told of themselves, the living and the dead.
    pub fn deeds(&self) -> Vec<Deed> {
        self.crew.deeds()
    }
}

fn write_config(config: &Path, setup: &Setup, origin: &str, world: &World) {
    let text = setup.config(origin, "s3", &own_store::tables(setup));
    std::fs::write(config, text.replace("{store}", &world.s3.url())).unwrap();
}

/// While a call is delayed, every clock goes past its lease. Nothing that the switchboard keeps
/// may keep a process alive.
fn plan(setup: &Setup, world: &World, crew: &Arc<Crew>) {
    let (crew, s3) = (Arc::downgrade(crew), Arc::downgrade(&world.s3));
    world.faults.while_delayed(move || {
        let (crew, s3) = (crew.upgrade(), s3.upgrade());
        Box::pin(async move {
            if let (Some(crew), Some(s3)) = (crew, s3) {
                let lease = Policy::default().lifetimes.lease;
                pass(&crew.members(), &s3, past(lease)).await;
            }
        })
    });
    setup.plan(&world.faults);
}

/// Each goes by a clock of its own, and all of them are to agree.
async fn pass(members: &[Arc<Member>], s3: &S3Server, by: Duration) {
    s3.time_passes(by);
    for member in members {
        member.ask(&format!("pass {}", by.as_millis())).await;
    }
}

#[async_trait]
impl Deployment for Processes {
    fn base_url(&self) -> String {
        self.crew.front()
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

    async fn another_stack(&self) -> Option<Arc<dyn Deployment>> {
        let (setup, origin) = self.started_with.clone();
        let s3 = Arc::clone(&self.world.s3);
        let world = World::start_over(s3, ELSEWHERE, &setup, Faults::default()).await;
        let started = Self::start_in(world, self.recipe.program, setup, origin).await;
        Some(Arc::new(started.unwrap()))
    }

    fn log(&self) -> Option<String> {
        Some(self.crew.log())
    }

    async fn redeploy(&self, setup: Setup) {
        let (_, origin) = &self.started_with;
        write_config(&self.recipe.config, &setup, origin, &self.world);
        let old = self.crew.members().len();
        let starting = self.crew.start(&self.recipe, Role::Front, setup.processes);
        starting.await.unwrap();
        for _ in 0..old {
            self.crew.kill(Role::Front, 0).await;
        }
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

    async fn messages(&self) -> Option<usize> {
        Some(self.world.messages().await)
    }

    async fn dead_letters(&self) -> Vec<String> {
        self.world.dead_letters().await
    }

    async fn time_passes(&self, by: Duration) {
        pass(&self.crew.members(), &self.world.s3, by).await;
    }

    async fn fail_opens(&self) -> Option<u64> {
        let mut all = 0;
        for member in self.crew.members() {
            all += member.ask("fail-opens").await.parse::<u64>().unwrap();
        }
        Some(all)
    }
}
