//! What the processes share: a table, a queue and stores, each behind a proxy.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_dynamodb::DynamoDbTable;
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_s3::S3Pool;
use cloud_mirror_sqs::SqsQueue;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::dynamodb::DynamoDbServer;
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use cloud_mirror_testkit::servers::sqs::SqsServer;
use cloud_mirror_testkit::wire::Proxy;

use crate::aws::{self, QueueUrls, TABLE};
use crate::own_store;
use crate::setup::Setup;

/// Everything that the processes share, and the test's own way past the proxies.
pub(super) struct World {
    pub(super) faults: Faults,
    pub(super) s3: Arc<S3Server>,
    pub(super) table: Arc<DynamoDbTable>,
    pub(super) queue: SqsQueue,
    pub(super) pools: HashMap<PoolId, S3Pool>,
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    queue_urls: QueueUrls,
    proxies: BTreeMap<&'static str, Proxy>,
    region: &'static str,
    _servers: (DynamoDbServer, SqsServer),
}

impl World {
    /// Starts everything behind a switchboard: an empty table, empty queues with dead letters,
    /// prepared buckets.
    pub(super) async fn start(setup: &Setup, faults: Faults) -> Self {
        let s3 = Arc::new(S3Server::start().await);
        Self::start_over(s3, aws::REGION, setup, faults).await
    }

    /// The same in that region and over stores that are there already: all but the buckets is new.
    pub(super) async fn start_over(
        s3: Arc<S3Server>,
        region: &'static str,
        setup: &Setup,
        faults: Faults,
    ) -> Self {
        let servers = (DynamoDbServer::start().await, SqsServer::start().await);
        let dynamodb = aws::dynamodb(&servers.0.url());
        aws::create_table(&dynamodb).await;
        let sqs = aws::sqs(&servers.1.url());
        let queue_urls = aws::create_queues(&sqs, setup.visibility).await;
        let mut proxies = BTreeMap::new();
        for (name, url) in [
            ("DYNAMODB", servers.0.url()),
            ("SQS", servers.1.url()),
            ("S3", s3.url()),
        ] {
            proxies.insert(name, Proxy::before(&url, faults.clone()).await);
        }
        Self {
            faults,
            table: Arc::new(DynamoDbTable::new(
                dynamodb.clone(),
                TABLE,
                Arc::new(SystemClock),
            )),
            queue: queue_urls.queue(&sqs),
            pools: own_store::prepared_pools(&s3, setup).await,
            s3,
            dynamodb,
            sqs,
            queue_urls,
            proxies,
            region,
            _servers: servers,
        }
    }

    /// The whole environment of a process.
    pub(super) fn variables(&self, setup: &Setup) -> BTreeMap<String, String> {
        let mut variables: BTreeMap<String, String> = [
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_REGION", self.region),
            // They are frozen as functions are.
            ("AWS_LAMBDA_FUNCTION_NAME", "member"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("STATUS_TABLE", TABLE),
            ("COPY_QUEUE_URL", &self.queue_urls.copies),
            ("BULK_QUEUE_URL", &self.queue_urls.bulk),
            ("RUST_LOG", "warn"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (service, proxy) in &self.proxies {
            variables.insert(format!("AWS_ENDPOINT_URL_{service}"), proxy.url());
        }
        variables.extend(setup.environment.clone());
        variables
    }

    /// How the addresses of a region's replicas begin.
    pub(super) fn bucket_url(&self, region: &str) -> String {
        format!(
            "{}/{}/",
            self.proxies["S3"].url(),
            own_store::bucket(region)
        )
    }

    pub(super) async fn empty_table(&self) {
        aws::empty_table(&self.dynamodb, TABLE).await;
    }

    pub(super) async fn until_worked_off(&self) {
        self.queue_urls.until_worked_off(&self.sqs).await;
    }

    /// How many messages there are, in every queue but that of the dead letters.
    pub(super) async fn messages(&self) -> usize {
        self.queue_urls.messages(&self.sqs).await
    }

    pub(super) async fn dead_letters(&self) -> Vec<String> {
        aws::dead_letters(&self.sqs).await
    }

    pub(super) async fn deliver(&self, message: String) {
        aws::deliver(&self.sqs, &self.queue_urls.copies, message).await;
    }
}
