//! What `tests/deploy-stories` has deployed into an emulator with the project's own template: three
//! compiled functions behind an HTTP API.
//!
//! There is one stack, so stories are told there one after another, in front of one address of
//! origins. The functions reach table, queue and store through addresses that were chosen when they
//! were deployed, and at which each story starts its own fault proxies.

mod stack;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::ports::{PoolPorts, StatusTable};
use cloud_mirror_domain::rules::{Pool, PoolId};
use cloud_mirror_domain::url::KeyStyle;
use cloud_mirror_dynamodb::DynamoDbTable;
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_s3::{Access, S3Clients, S3Pool, S3PoolSettings};
use cloud_mirror_sqs::SqsQueue;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::s3::S3Server;
use cloud_mirror_testkit::wire::Proxy;
use tokio::sync::{Mutex, MutexGuard};

pub use stack::Stack;

use crate::aws;
use crate::client::Client;
use crate::deployment::Deployment;
use crate::origin::Origin;
use crate::setup::{REGIONS, Setup};

/// One story at a time.
static TURN: Mutex<()> = Mutex::const_new(());

/// The emulator's API wants a signature and believes every one.
const SIGNED: [(&str, &str); 1] = [(
    "authorization",
    "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/execute-api/aws4_request, \
     SignedHeaders=host, Signature=0",
)];

/// The deployed mirror, for one story.
pub struct Deployed {
    stack: Stack,
    faults: Faults,
    table: Arc<DynamoDbTable>,
    queue: SqsQueue,
    pools: HashMap<PoolId, S3Pool>,
    _proxies: [Proxy; 3],
    _turn: MutexGuard<'static, ()>,
}

impl Deployed {
    /// Waits for the stack to be free, and empties its table and its queue.
    ///
    /// A story that wants another configuration cannot be told here and panics: the list of
    /// stories must say so.
    pub async fn start(setup: Setup) -> Result<(Origin, Self), String> {
        assert!(setup.is_default(), "told with one configuration: {setup:?}");
        let turn = TURN.lock().await;
        let stack = Stack::read();
        let faults = Faults::default();
        let before = |address| Proxy::at(address, &stack.emulator, faults.clone());
        let proxies = [
            before(stack.dynamodb).await,
            before(stack.sqs).await,
            before(stack.s3).await,
        ];
        let client = aws::dynamodb(&stack.emulator);
        let origin = Origin::start_at(stack.origin).await;
        let deployed = Self {
            table: Arc::new(DynamoDbTable::new(
                client,
                &stack.table,
                Arc::new(SystemClock),
            )),
            queue: SqsQueue::new(aws::sqs(&stack.emulator), &stack.queue_url),
            pools: pools(&stack),
            _proxies: proxies,
            faults,
            stack,
            _turn: turn,
        };
        deployed.empty_table().await;
        let sqs = aws::sqs(&deployed.stack.emulator);
        aws::empty_queue(&sqs, &deployed.stack.queue_url).await;
        Ok((origin, deployed))
    }
}

fn pools(stack: &Stack) -> HashMap<PoolId, S3Pool> {
    let clients = S3Clients::new(aws::s3(&stack.emulator));
    let pool = |region: &str| {
        let id = PoolId::new("s3", region);
        let settings = S3PoolSettings {
            bucket: format!("{}{region}", stack.bucket_prefix),
            region: region.to_owned(),
            access: Access::Presigned,
            lifespan: Pool::new(id.clone()).lifespan,
            key_style: KeyStyle::default(),
        };
        (
            id,
            S3Pool::new(settings, clients.clone(), Arc::new(SystemClock)),
        )
    };
    REGIONS.map(pool).into()
}

#[async_trait]
impl Deployment for Deployed {
    fn base_url(&self) -> String {
        self.stack.api.clone()
    }

    fn client(&self) -> Client {
        Client::resolving(&self.stack.api)
    }

    fn authority(&self) -> &'static [(&'static str, &'static str)] {
        &SIGNED
    }

    fn service(&self) -> &'static str {
        "s3"
    }

    fn is_in_pool(&self, address: &str, region: &str) -> bool {
        let Stack {
            s3, bucket_prefix, ..
        } = &self.stack;
        address.starts_with(&format!("http://{s3}/{bucket_prefix}{region}/"))
    }

    fn table(&self) -> Arc<dyn StatusTable> {
        self.table.clone()
    }

    fn pool(&self, id: &PoolId) -> PoolPorts {
        self.pools[id].ports()
    }

    fn faults(&self) -> &Faults {
        &self.faults
    }

    fn s3(&self) -> Option<&S3Server> {
        None
    }

    async fn empty_table(&self) {
        let client = aws::dynamodb(&self.stack.emulator);
        aws::empty_table(&client, &self.stack.table).await;
    }

    async fn deliver(&self, message: String) {
        let client = aws::sqs(&self.stack.emulator);
        aws::deliver(&client, &self.stack.queue_url, message).await;
    }

    async fn deliver_held(&self) {
        self.faults.deliver_messages(&self.queue).await;
    }

    async fn until_worked_off(&self) {
        let client = aws::sqs(&self.stack.emulator);
        aws::until_worked_off(&client, &self.stack.queue_url).await;
    }

    async fn time_passes(&self, _: Duration) {
        panic!("functions go by the machine's clock");
    }

    async fn fail_opens(&self) -> Option<u64> {
        None
    }
}
