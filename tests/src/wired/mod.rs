//! The three functions as a deployment has them, and every call that they make, counted.
//!
//! Their adapters are AWS's, over servers of the wire protocols in the test's own process. Every
//! invocation is the first one of a new environment, which knows nothing of any object, unless a story
//! keeps an environment. Lambda's part is played, too: what receives messages and acknowledges them.

mod at_once;
mod calls;
mod functions;
mod item;
mod queues;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_config::{Config, Placeholders};
use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::dynamodb::DynamoDbServer;
use cloud_mirror_testkit::servers::s3::S3Server;
use cloud_mirror_testkit::servers::sqs::SqsServer;

use crate::aws::{self, QueueUrls, TABLE};
use crate::origin::Origin;
use crate::own_store;
use crate::setup::Setup;

pub use calls::{Calls, Counts, Who};
pub use functions::Environment;

/// A bucket that a rule names as a store, and its region, in which there is a pool, too.
const STORE: &str = "acme-artifacts";
const STORE_REGION: &str = "us-west-2";

/// The pool that is asked for unless a story says another; its addresses are not signed.
const REGION: &str = "eu-central-1";

/// The functions, the services and the sources. Clones share them.
#[derive(Clone)]
pub struct Wired(Arc<World>);

struct World {
    calls: Calls,
    config: Config,
    clock: Arc<ShiftedClock>,
    origin: Origin,
    /// Counts what the origin is asked.
    wire: Faults,
    s3: S3Server,
    dynamodb: DynamoDbServer,
    sqs: SqsServer,
    queues: QueueUrls,
}

impl Wired {
    /// Everything, empty, with these tables in `mirror.toml` beside sources and pools.
    pub async fn start(policy: &str) -> Self {
        // An error says that another test was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let wire = Faults::default();
        let origin = Origin::start_behind(&wire).await;
        let (s3, dynamodb, sqs) = (
            S3Server::start().await,
            DynamoDbServer::start().await,
            SqsServer::start().await,
        );
        let setup = Setup::default().policy(policy).sources(store(&s3.url()));
        let config = read(&setup, &origin.url("/"));
        s3.create_bucket(STORE, STORE_REGION);
        s3.make_public(STORE);
        own_store::prepared_pools(&s3, &setup).await;
        aws::create_table(&aws::dynamodb(&dynamodb.url())).await;
        let queues = aws::create_queues(&aws::sqs(&sqs.url()), setup.visibility).await;
        Self(Arc::new(World {
            calls: Calls::default(),
            config,
            clock: Arc::new(ShiftedClock::default()),
            origin,
            wire,
            s3,
            dynamodb,
            sqs,
            queues,
        }))
    }

    /// The origin, which is no store: what it has is streamed.
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The S3 behind pools and store.
    pub fn s3(&self) -> &S3Server {
        &self.0.s3
    }

    /// The calls so far, and who counts them.
    pub fn calls(&self) -> &Calls {
        &self.0.calls
    }

    /// An object in the store, from which a pool's S3 copies by itself; and its URL.
    pub fn store_has(&self, key: &str, bytes: u64) -> String {
        self.s3().put_pattern(STORE, key, bytes, 7);
        format!("{}/{STORE}/{key}", self.s3().url())
    }

    /// The path of that route, for a URL and the pool that is usually asked for.
    pub fn route(verb: &str, url: &str) -> String {
        Self::route_in(verb, REGION, url)
    }

    /// The path of that route, for a URL and another region's pool.
    pub fn route_in(verb: &str, region: &str, url: &str) -> String {
        format!("/v1/{verb}/s3/{region}/{}", to_base64url(url))
    }

    /// So much time passes, by everybody's clock but the queues'.
    pub fn time_passes(&self, by: Duration) {
        self.0.clock.pass(by);
        self.0.s3.time_passes(by);
    }

    /// The table is lost.
    pub async fn empty_table(&self) {
        aws::empty_table(&aws::dynamodb(&self.0.dynamodb.url()), TABLE).await;
    }

    /// What was asked while this was done, of the services and of the sources.
    pub async fn calls_of<T>(&self, done: impl Future<Output = T>) -> (T, Counts) {
        let before = self.asked();
        let answer = done.await;
        let mut asked = self.asked();
        for (call, count) in before {
            *asked.entry(call).or_default() -= count;
        }
        asked.retain(|_, count| *count > 0);
        (answer, asked)
    }

    fn asked(&self) -> Counts {
        let mut asked = self.calls().so_far();
        for (verb, operation, call) in [
            ("source.head", "HeadObject", "source HEAD"),
            ("source.get", "GetObject", "source GET"),
        ] {
            let count = self.0.wire.calls(verb) + self.asked_by_strangers(operation);
            asked.insert((Who::Copier, call.to_owned()), count);
        }
        asked
    }

    /// A public object of a store is asked for without credentials.
    fn asked_by_strangers(&self, operation: &str) -> usize {
        let asked = self.s3().requests().into_iter();
        let strangers = asked.filter(|asked| asked.operation == operation && !asked.signed());
        strangers.count()
    }
}

fn store(s3: &str) -> String {
    format!(
        r#"
        [[source]]
        url = "{s3}/{STORE}/"
        store = {{ provider = "s3", bucket = "{STORE}", region = "{STORE_REGION}" }}
        allow_http = true
        allow_private = true
        "#
    )
}

fn read(setup: &Setup, origin: &str) -> Config {
    let text = setup.config(origin, "s3", &own_store::tables(setup));
    let nothing = BTreeMap::<String, String>::new();
    Config::parse(&text, &Placeholders::default(), &nothing).unwrap()
}
