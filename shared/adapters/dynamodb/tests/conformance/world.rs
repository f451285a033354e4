//! One DynamoDB and the processes that share it.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use cloud_mirror_domain::claim::{Outcome, Terms};
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{Clock as _, When};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_dynamodb::DynamoDbTable;
use cloud_mirror_testkit::clock::{BEGINNING, ManualClock, RuntimeClock};
use cloud_mirror_testkit::servers::dynamodb::DynamoDbServer;
use ulid::Ulid;

use crate::proxy::Proxy;
use crate::table;

pub(crate) const NOW: Timestamp = BEGINNING;
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) struct World {
    pub(crate) server: DynamoDbServer,
    pub(crate) proxy: Proxy,
    /// What TTL sweeps go by.
    pub(crate) clock: Arc<ManualClock>,
    /// What waiting goes by.
    pub(crate) waiting: Arc<RuntimeClock>,
    pub(crate) client: Client,
}

impl World {
    /// A DynamoDB with the table, empty.
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let server = DynamoDbServer::start_by(clock.clone()).await;
        let client = table::client(&server.url());
        table::create(&client).await;
        Self {
            proxy: Proxy::before(&server.url()).await,
            server,
            clock,
            waiting: Arc::default(),
            client,
        }
    }

    /// Another process: its own client through the proxy, and it has seen nothing yet.
    pub(crate) fn process(&self) -> Arc<DynamoDbTable> {
        let client = table::client(self.proxy.url());
        let table = DynamoDbTable::new(client, table::NAME, self.waiting.clone());
        Arc::new(table)
    }

    /// Moves the server's clock there, lets it delete what is over by then, and counts that.
    pub(crate) fn sweep_at(&self, then: Timestamp) -> usize {
        self.clock.advance(then.since(self.clock.now()));
        self.server.sweep_ttl()
    }

    /// An operator sets one attribute of an item.
    pub(crate) async fn set(&self, id: &ReplicaId, attribute: &str, value: AttributeValue) {
        self.client
            .update_item()
            .table_name(table::NAME)
            .key("id", key(id))
            .update_expression("SET #attribute = :value")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":value", value)
            .send()
            .await
            .unwrap();
    }
}

fn key(id: &ReplicaId) -> AttributeValue {
    AttributeValue::S(format!("{} {}", id.pool.as_path(), id.url))
}

pub(crate) fn id(name: &str) -> ReplicaId {
    ReplicaId {
        pool: PoolId::new("s3", "eu-central-1"),
        url: SourceUrl::parse(&format!("https://example.com/{name}")).unwrap(),
    }
}

pub(crate) fn ulid(n: u64) -> Ulid {
    Ulid::from(u128::from(n))
}

pub(crate) fn at(now: Timestamp) -> When {
    let terms = Terms {
        lifetimes: Lifetimes::default(),
        lifespan: 24 * HOUR,
    };
    When { now, terms }
}

/// A replica whose entry ends after that long.
pub(crate) fn present_for(life: Duration) -> Outcome {
    Outcome::Present {
        replica: Replica::default(),
        expires: NOW + life,
    }
}
