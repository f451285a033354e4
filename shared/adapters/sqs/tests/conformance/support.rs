//! Clients, queues, messages.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_sqs::types::QueueAttributeName::{RedrivePolicy, VisibilityTimeout};
use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::ports::{CopyInbox as _, Received, Reception};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_sqs::{SqsInbox, SqsQueue};
use cloud_mirror_testkit::queue_suite::Inbox;

/// How often a test looks whether something has come.
const A_BLINK: Duration = Duration::from_millis(20);

/// A client with more patience than a test needs.
pub(crate) fn client(endpoint: &str) -> Client {
    client_with_limit(endpoint, Duration::from_secs(30))
}

/// A client whose operations take that long at most, repetitions included.
pub(crate) fn client_with_limit(endpoint: &str, limit: Duration) -> Client {
    let limits = TimeoutConfig::builder()
        .operation_timeout(limit)
        .operation_attempt_timeout(limit)
        .read_timeout(limit);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::standard().with_initial_backoff(A_BLINK))
        .timeout_config(limits.build());
    Client::from_conf(config.build())
}

/// A reception of the only queue there is.
pub(crate) fn of(receipt: &str) -> Reception<'_> {
    Reception {
        receipt,
        queue: None,
    }
}

/// Where the messages of a queue end that nobody acknowledges.
pub(crate) struct Redrive<'a> {
    pub(crate) dead_queue: &'a str,
    pub(crate) max_receives: u32,
}

/// A queue of a test's server.
pub(crate) struct Queue {
    client: Client,
    pub(crate) url: String,
}

pub(crate) async fn create_queue(
    client: &Client,
    name: &str,
    visibility: Duration,
    redrive: Option<Redrive<'_>>,
) -> Queue {
    let policy = redrive.map(|redrive| redrive.policy());
    let created = client
        .create_queue()
        .queue_name(name)
        .attributes(VisibilityTimeout, visibility.as_secs().to_string())
        .send()
        .await
        .unwrap();
    let url = created.queue_url.unwrap();
    if let Some(policy) = policy {
        let setting = client.set_queue_attributes().queue_url(&url);
        let setting = setting.attributes(RedrivePolicy, policy);
        setting.send().await.unwrap();
    }
    Queue {
        client: client.clone(),
        url,
    }
}

impl Redrive<'_> {
    fn policy(&self) -> String {
        format!(
            r#"{{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:{}","maxReceiveCount":{}}}"#,
            self.dead_queue, self.max_receives
        )
    }
}

impl Queue {
    /// The side under test that sends.
    pub(crate) fn outbox(&self) -> SqsQueue {
        SqsQueue::new(self.client.clone(), &self.url)
    }

    /// The side under test that receives, by long polling.
    pub(crate) fn inbox(&self) -> SqsInbox {
        SqsInbox::new(self.client.clone(), &self.url)
    }

    /// One message that is there within `patience`, found by looking again and again: the server
    /// wakes a long poll up to a second late.
    pub(crate) async fn look_for_one(&self, patience: Duration) -> Option<Received> {
        let inbox = self.inbox().waiting(Duration::ZERO);
        let looking = async {
            loop {
                if let Some(received) = inbox.receive(1).await.unwrap().pop() {
                    return received;
                }
                tokio::time::sleep(A_BLINK).await;
            }
        };
        tokio::time::timeout(patience, looking).await.ok()
    }
}

/// The receiving side for the suite of the test kit.
pub(crate) struct Mailbox {
    pub(crate) queue: Queue,
    pub(crate) dead: Queue,
}

#[async_trait]
impl Inbox for Mailbox {
    async fn receive(&self, patience: Duration) -> Option<Received> {
        self.queue.look_for_one(patience).await
    }

    async fn delete(&self, receipt: &str) {
        self.queue.inbox().delete(receipt).await.unwrap();
    }

    async fn dead_letters(&self) -> Vec<String> {
        let inbox = self.dead.inbox().waiting(Duration::ZERO);
        let letters = inbox.receive(10).await.unwrap();
        letters.into_iter().map(|letter| letter.body).collect()
    }
}

/// A message that any program may send.
pub(crate) fn message() -> Message {
    Message {
        replica: ReplicaId {
            pool: PoolId::new("s3", "eu-central-1"),
            url: SourceUrl::parse("https://example.com/a").unwrap(),
        },
        action: Action::Put,
        attempt: None,
        seen: None,
        bulk: false,
        upload: None,
        trace: None,
    }
}
