//! What surrounds the functions while a story is told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::rules::{Pool, PoolId};
use cloud_mirror_domain::url::KeyStyle;
use cloud_mirror_dynamodb::DynamoDbTable;
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_s3::{Access, S3Clients, S3Pool, S3PoolSettings};
use cloud_mirror_sqs::SqsQueue;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::s3::S3Server;
use cloud_mirror_testkit::wire::Proxy;
use tempfile::TempDir;
use ulid::Ulid;

use super::functions::{Functions, Variables};
use super::stack::Stack;
use crate::aws;
use crate::own_store;
use crate::setup::{REGIONS, Setup};

/// Everything around the functions, and the test's own way past the proxies.
pub(super) struct World {
    pub(super) stack: Stack,
    pub(super) faults: Faults,
    pub(super) table: Arc<DynamoDbTable>,
    pub(super) queue: SqsQueue,
    pub(super) sqs: aws_sdk_sqs::Client,
    pub(super) pools: HashMap<PoolId, S3Pool>,
    pub(super) own_store: Option<S3Server>,
    dynamodb: aws_sdk_dynamodb::Client,
    _proxies: [Proxy; 3],
    folder: TempDir,
}

impl World {
    /// Sets everything up: proxies, the functions' environments, an empty table, empty queues.
    pub(super) async fn start(stack: Stack, setup: &Setup) -> Self {
        let own_store = match setup.own_store {
            true => Some(S3Server::start().await),
            false => None,
        };
        let dynamodb = aws::dynamodb(&stack.emulator);
        let sqs = aws::sqs(&stack.emulator);
        let (faults, clock) = (Faults::default(), Arc::new(SystemClock));
        setup.plan(&faults);
        let world = Self {
            table: Arc::new(DynamoDbTable::new(dynamodb.clone(), &stack.table, clock)),
            queue: stack.queue_urls().queue(&sqs),
            pools: match &own_store {
                Some(s3) => own_store::prepared_pools(s3, setup).await,
                None => pools(&stack),
            },
            _proxies: proxies(&stack, own_store.as_ref(), &faults).await,
            faults,
            own_store,
            dynamodb,
            sqs,
            stack,
            folder: tempfile::tempdir().unwrap(),
        };
        world.set_up(setup).await;
        world
    }

    /// Has the functions started with another configuration.
    pub(super) async fn redeploy(&self, setup: &Setup) {
        let more = self.variables(setup);
        Functions::of(&self.stack).have(&more).await;
    }

    /// Functions that are updated end whatever they were doing, so nothing of the last story comes
    /// into a queue and a table that are emptied afterwards.
    async fn set_up(&self, setup: &Setup) {
        let more = self.variables(setup);
        Functions::of(&self.stack).have(&more).await;
        let visibility = match setup.visibility == Setup::default().visibility {
            true => Duration::from_secs(self.stack.visibility),
            false => setup.visibility,
        };
        let queues = self.stack.queue_urls();
        aws::set_visibility(&self.sqs, &queues.copies, visibility).await;
        aws::set_visibility(&self.sqs, &queues.bulk, visibility).await;
        self.empty_table().await;
        aws::empty_queue(&self.sqs, &queues.copies).await;
        aws::empty_queue(&self.sqs, &queues.bulk).await;
    }

    /// What the functions are to know besides what they were deployed with: nothing, if the packed
    /// configuration will do.
    fn variables(&self, setup: &Setup) -> Variables {
        if setup.is_default() {
            return Variables::new();
        }
        // A name of its own, or the functions would not see that it is another.
        let config = self
            .folder
            .path()
            .join(format!("{}.toml", Ulid::generate()));
        std::fs::write(&config, self.config(setup)).unwrap();
        let mut variables = setup.environment.clone();
        variables.insert("MIRROR_CONFIG".into(), config.to_str().unwrap().into());
        if self.own_store.is_some() {
            // Of the file that `tests/deploy-stories` writes.
            variables.insert("AWS_PROFILE".into(), "own-store".into());
        }
        variables
    }

    fn config(&self, setup: &Setup) -> String {
        let origin = format!("http://{}/", self.stack.origin);
        match &self.own_store {
            Some(s3) => {
                let text = setup.config(&origin, "s3", &own_store::tables(setup));
                text.replace("{store}", &s3.url())
            }
            None => setup.config(&origin, "s3", &tables(setup)),
        }
    }

    /// Why the functions do not start.
    pub(super) async fn last_words(&self) -> String {
        Functions::of(&self.stack).last_words().await
    }

    /// How the addresses of a region's replicas begin.
    pub(super) fn bucket_url(&self, region: &str) -> String {
        let bucket = match self.own_store {
            Some(_) => own_store::bucket(region),
            None => bucket(&self.stack, region),
        };
        format!("http://{}/{bucket}/", self.stack.s3)
    }

    pub(super) async fn empty_table(&self) {
        aws::empty_table(&self.dynamodb, &self.stack.table).await;
    }
}

async fn proxies(stack: &Stack, own_store: Option<&S3Server>, faults: &Faults) -> [Proxy; 3] {
    let emulator = &stack.emulator;
    let store = own_store.map_or_else(|| emulator.clone(), S3Server::url);
    [
        Proxy::at(stack.dynamodb, emulator, faults.clone()).await,
        Proxy::at(stack.sqs, emulator, faults.clone()).await,
        Proxy::at(stack.s3, &store, faults.clone()).await,
    ]
}

fn bucket(stack: &Stack, region: &str) -> String {
    format!("{}{region}", stack.bucket_prefix)
}

/// The tables of pools in `mirror.toml`, as in the packed one.
fn tables(setup: &Setup) -> String {
    let pool = |region| {
        let drain = setup.drain(region);
        format!(
            "[[pool]]\nservice = \"s3\"\nregions = [\"{region}\"]\nbucket = \"{{prefix}}{{region}}\"\n{drain}\n"
        )
    };
    REGIONS.map(pool).concat()
}

fn pools(stack: &Stack) -> HashMap<PoolId, S3Pool> {
    let clients = S3Clients::new(aws::s3(&stack.emulator));
    let pool = |region: &str| {
        let id = PoolId::new("s3", region);
        let settings = S3PoolSettings {
            bucket: bucket(stack, region),
            region: region.to_owned(),
            access: Access::Presigned,
            lifespan: Pool::new(id.clone()).lifespan,
            key_style: KeyStyle::default(),
        };
        let pool = S3Pool::new(settings, clients.clone(), Arc::new(SystemClock));
        (id, pool)
    };
    REGIONS.map(pool).into()
}
