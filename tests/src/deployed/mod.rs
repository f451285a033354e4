//! What `tests/deploy-stories` has deployed into an emulator with the project's own template: three
//! compiled functions behind an HTTP API.
//!
//! There is one stack, so stories are told there one after another, in front of one address of
//! origins. The functions reach table, queue and store through addresses that were chosen when they
//! were deployed, and at which each story starts its own fault proxies. A story that wants another
//! configuration than the packed one writes it to a file, and has the functions started anew with a
//! variable that names it.

mod functions;
mod stack;
mod world;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::ports::{PoolPorts, StatusTable};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::s3::S3Server;
use tokio::sync::{Mutex, MutexGuard};

pub use stack::Stack;

use crate::aws;
use crate::client::Client;
use crate::deployment::Deployment;
use crate::origin::Origin;
use crate::setup::Setup;
use world::World;

/// One story at a time.
static TURN: Mutex<()> = Mutex::const_new(());

/// The longest time that a story may let pass where it really does.
const PATIENCE: Duration = Duration::from_secs(5);

/// The emulator's API wants a signature and believes every one.
const SIGNED: [(&str, &str); 1] = [(
    "authorization",
    "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/execute-api/aws4_request, \
     SignedHeaders=host, Signature=0",
)];

/// The deployed mirror, for one story.
pub struct Deployed {
    world: World,
    _turn: MutexGuard<'static, ()>,
}

impl Deployed {
    /// Waits for the stack to be free, sets it up, and empties its table and its queue; or says why
    /// the functions refuse to start.
    pub async fn start(setup: Setup) -> Result<(Origin, Self), String> {
        let turn = TURN.lock().await;
        let stack = Stack::read();
        let origin = Origin::start_at(stack.origin).await;
        let deployed = Self {
            world: World::start(stack, &setup).await,
            _turn: turn,
        };
        let ping = format!("{}/v1/ping", deployed.base_url());
        match deployed.client().ask("GET", &ping, &[]).await.status {
            200 => Ok((origin, deployed)),
            _ => Err(deployed.world.last_words().await),
        }
    }
}

#[async_trait]
impl Deployment for Deployed {
    fn base_url(&self) -> String {
        self.world.stack.api.clone()
    }

    fn client(&self) -> Client {
        Client::resolving(&self.world.stack.api)
    }

    fn authority(&self) -> &'static [(&'static str, &'static str)] {
        &SIGNED
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
        self.world.own_store.as_ref()
    }

    async fn redeploy(&self, setup: Setup) {
        self.world.redeploy(&setup).await;
    }

    async fn empty_table(&self) {
        self.world.empty_table().await;
    }

    async fn deliver(&self, message: String) {
        aws::deliver(&self.world.sqs, &self.world.stack.queue_url, message).await;
    }

    async fn deliver_held(&self) {
        self.world.faults.deliver_messages(&self.world.queue).await;
    }

    async fn until_worked_off(&self) {
        let queues = self.world.stack.queue_urls();
        queues.until_worked_off(&self.world.sqs).await;
    }

    /// Functions go by the machine's clock, so this is how long it takes.
    async fn time_passes(&self, by: Duration) {
        assert!(by <= PATIENCE, "functions go by the machine's clock");
        tokio::time::sleep(by).await;
    }

    async fn fail_opens(&self) -> Option<u64> {
        None
    }
}
