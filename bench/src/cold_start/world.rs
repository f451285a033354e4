//! What the functions find around them: a table with hits, and an environment like Lambda's.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloud_mirror_domain::claim::{Answer, Holder, Outcome as Settled, Terms};
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{Clock as _, StatusTable as _, When};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_dynamodb::DynamoDbTable;
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::dynamodb::DynamoDbServer;
use cloud_mirror_testkit::wire::Proxy;
use serde_json::{Value, json};
use ulid::Ulid;

use crate::Outcome;

const TABLE: &str = "status";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Any event of an HTTP API; path and headers are replaced.
const EVENT: &str = include_str!("../../../events/http/http-v2-base64url.json");

/// The services that a function calls. They end when this is dropped.
pub(crate) struct World {
    table: DynamoDbServer,
    ids: Vec<ReplicaId>,
}

impl World {
    /// A table with that many replicas.
    pub(crate) async fn with_replicas(count: usize) -> Outcome<Self> {
        let table = DynamoDbServer::start().await;
        let client = client(&table.url());
        create_table(&client).await?;
        let entries = DynamoDbTable::new(client, TABLE, Arc::new(SystemClock));
        let ids = (0..count).map(replica).collect::<Outcome<Vec<_>>>()?;
        for id in &ids {
            settle(&entries, id).await?;
        }
        Ok(Self { table, ids })
    }

    /// An event that asks for each replica.
    pub(crate) fn events(&self) -> Outcome<Vec<String>> {
        self.ids.iter().map(event).collect()
    }

    /// What Lambda and the template set.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        environment(self.table.url())
    }

    /// The same, but that every call goes through a counter of calls, which would be part of what is measured.
    pub(crate) async fn counted(&self) -> Counted {
        let calls = Faults::default();
        let proxy = Proxy::before(&self.table.url(), calls.clone()).await;
        Counted {
            environment: environment(proxy.url()),
            calls,
            _proxy: proxy,
        }
    }
}

/// Beside the address of Lambda's own interface.
pub(crate) type Variables<'a> = &'a [(&'static str, String)];

/// The services that a function calls, with a count of its calls.
pub(crate) struct Counted {
    pub(crate) environment: Vec<(&'static str, String)>,
    calls: Faults,
    _proxy: Proxy,
}

impl Counted {
    /// So far: how often an item was read, and how many calls of any kind there were.
    pub(crate) fn so_far(&self) -> (usize, usize) {
        (self.calls.calls("table.get"), self.calls.journal().len())
    }
}

fn environment(endpoint: String) -> Vec<(&'static str, String)> {
    let named = |(name, value): (&'static str, &str)| (name, value.to_owned());
    let endpoint = ("AWS_ENDPOINT_URL", endpoint);
    VARIABLES.into_iter().map(named).chain([endpoint]).collect()
}

/// `LAMBDA_TASK_ROOT` is the folder from which `sam build` takes the configuration.
const VARIABLES: [(&str, &str); 18] = [
    ("AWS_ACCESS_KEY_ID", "AKIDOFABENCHMARK"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_SESSION_TOKEN", "token"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_DEFAULT_REGION", "eu-central-1"),
    ("AWS_EXECUTION_ENV", "AWS_Lambda_rust"),
    ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "measured"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "measured"),
    ("LAMBDA_TASK_ROOT", "deploy"),
    ("POOL_BUCKET_PREFIX", "measured-"),
    ("STATUS_TABLE", TABLE),
    ("STACK_NAME", "measured"),
    ("COPY_QUEUE_URL", "http://127.0.0.1:9/000000000000/copies"),
    ("BULK_QUEUE_URL", "http://127.0.0.1:9/000000000000/bulk"),
    ("RUST_LOG", "info"),
];

fn replica(number: usize) -> Outcome<ReplicaId> {
    Ok(ReplicaId {
        pool: PoolId::new("s3", "eu-central-1"),
        url: SourceUrl::parse(&format!(
            "https://downloads.example.org/releases/tool-1.{number}.0.tar.gz"
        ))?,
    })
}

/// The bare function reads the item that the header `x-item` names.
fn event(id: &ReplicaId) -> Outcome<String> {
    let (pool, url) = (id.pool.as_path(), id.url.as_str());
    let path = format!("/v1/redirect/{pool}/{}", URL_SAFE_NO_PAD.encode(url));
    let mut event: Value = serde_json::from_str(EVENT)?;
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["headers"]["x-item"] = json!(format!("{pool} {url}"));
    Ok(event.to_string())
}

fn client(url: &str) -> Client {
    let credentials = Credentials::new("AKIDOFABENCHMARK", "secret", None, None, "benchmark");
    let config = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-central-1"))
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url);
    Client::from_conf(config.build())
}

async fn create_table(client: &Client) -> Outcome<()> {
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash);
    let string = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S);
    let creating = client
        .create_table()
        .table_name(TABLE)
        .key_schema(key.build()?)
        .attribute_definitions(string.build()?)
        .billing_mode(BillingMode::PayPerRequest);
    creating.send().await?;
    Ok(())
}

/// As a request leaves it that has found the replica in its pool.
async fn settle(table: &DynamoDbTable, id: &ReplicaId) -> Outcome<()> {
    let (now, attempt) = (SystemClock.now(), Ulid::generate());
    let when = When {
        now,
        terms: Terms {
            lifetimes: Lifetimes::default(),
            lifespan: DAY,
        },
    };
    table.claim(id, attempt, &when).await?;
    let present = Settled::Present {
        replica: there(now),
        expires: now + DAY,
    };
    match table
        .settle(id, Holder::Attempt(attempt), &present, &when)
        .await?
    {
        Answer::Done(_) => Ok(()),
        Answer::Refused(other) => Err(format!("the table has refused a replica: {other:?}").into()),
    }
}

fn there(stored: Timestamp) -> Replica {
    Replica {
        etag: "\"9b2cf535f27731c974343645a3985328\"".to_owned(),
        size: 10,
        stored,
        ..Replica::default()
    }
}
