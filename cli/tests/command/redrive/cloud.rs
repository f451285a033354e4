//! What the template deploys, in this process, and an origin.

use std::process::Output;
use std::time::Duration;

use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_testkit::origin::{Object, Origin};
use cloud_mirror_testkit::servers::dynamodb::DynamoDbServer;
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use cloud_mirror_testkit::servers::sqs::SqsServer;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::process::{PATIENCE, Running, client, command};

/// How often a test looks whether something has happened.
const A_BLINK: Duration = Duration::from_millis(50);

/// An object of the origin, and what it is.
pub(super) const LARGE: &str = "/large.bin";
const BYTES: &str = "more than four bytes";

/// A claim of somebody's: a copier claims by itself for a message without one.
const ATTEMPT: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// What the template deploys, in this process, and an origin.
pub(super) struct Cloud {
    folder: TempDir,
    pub(super) origin: Origin,
    dynamodb: DynamoDbServer,
    sqs: SqsServer,
    s3: S3Server,
    client: reqwest::Client,
    /// How long a fault of ours is remembered.
    error_memory: &'static str,
}

impl Cloud {
    pub(super) async fn start(error_memory: &'static str) -> Self {
        let cloud = Self {
            folder: TempDir::new().unwrap(),
            origin: Origin::start().await,
            dynamodb: DynamoDbServer::start().await,
            sqs: SqsServer::start().await,
            s3: S3Server::start().await,
            client: client(Policy::none()),
            error_memory,
        };
        cloud.origin.serve(LARGE, Object::new(BYTES));
        cloud.create_table().await;
        cloud.create_queues().await;
        cloud
    }

    pub(super) async fn create_table(&self) {
        let table = json!({
            "TableName": "status",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        });
        let url = self.dynamodb.url();
        self.asked(&url, "DynamoDB_20120810.CreateTable", table)
            .await;
    }

    /// As the template has them, but that a message is a dead letter after its second reception.
    pub(super) async fn create_queues(&self) {
        self.sqs("CreateQueue", json!({"QueueName": "dead"})).await;
        self.sqs("CreateQueue", json!({"QueueName": "copies"}))
            .await;
        let policy = json!({
            "deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead",
            "maxReceiveCount": 2,
        });
        let setting = json!({
            "QueueUrl": self.queue_url("copies"),
            "Attributes": {"RedrivePolicy": policy.to_string()},
        });
        self.sqs("SetQueueAttributes", setting).await;
    }

    pub(super) async fn sqs(&self, action: &str, body: Value) -> Value {
        let target = format!("AmazonSQS.{action}");
        self.asked(&self.sqs.url(), &target, body).await
    }

    pub(super) async fn asked(&self, url: &str, target: &str, body: Value) -> Value {
        let signed = "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0";
        let request = self.client.post(url).header("authorization", signed);
        let request = request
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20260101T000000Z")
            .header("x-amz-target", target);
        let answer = request.body(body.to_string()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{target}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(super) fn queue_url(&self, name: &str) -> String {
        format!("{}/000000000000/{name}", self.sqs.url())
    }

    /// What the template tells functions and commands.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("STATUS_TABLE", "status".to_owned()),
            ("COPY_QUEUE_URL", self.queue_url("copies")),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb.url()),
            ("AWS_ENDPOINT_URL_SQS", self.sqs.url()),
            ("AWS_ENDPOINT_URL_S3", self.s3.url()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }

    /// A mirror on all this, with that line among its limits.
    pub(super) async fn mirror(&mut self, limit: &str) -> Running {
        let config = format!(
            r#"
[lifetimes]
error_memory = "{}"
[copy]
{limit}
[[source]]
url = "{}"
allow_http = true
allow_private = true
[[pool]]
service = "s3"
regions = ["eu-central-1"]
bucket = "mirror-{{region}}"
"#,
            self.error_memory,
            self.origin.url("/"),
        );
        std::fs::write(self.folder.path().join("mirror.toml"), config).unwrap();
        self.s3.create_bucket("mirror-eu-central-1", "eu-central-1");
        let arguments = ["--backend", "aws", "--config", "mirror.toml"];
        let environment = self.environment();
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        Running::serve_with(self.folder.path(), &arguments, &environment).await
    }

    pub(super) async fn asked_for(&self, mirror: &Running, path: &str) {
        let url = to_base64url(&self.origin.url(path));
        let url = format!("{}/v1/redirect/s3/eu-central-1/{url}", mirror.base_url());
        let answer = self.client.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 302);
    }

    pub(super) async fn status(&self, mirror: &Running, path: &str) -> Value {
        let url = to_base64url(&self.origin.url(path));
        let url = format!("{}/v1/status/s3/eu-central-1/{url}", mirror.base_url());
        let answer = self.client.get(url).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// The copier has met the object's fault.
    pub(super) async fn until_noticed(&self, mirror: &Running, path: &str) {
        until("the fault is noticed", async || {
            self.status(mirror, path).await["error"] == "too-large"
        })
        .await;
    }

    pub(super) async fn until_dead(&self, count: usize) {
        until("the message dies", async || {
            self.waiting_in("dead").await == count
        })
        .await;
    }

    pub(super) async fn until_copied(&self, path: &str) {
        let key = format!("http:/{}{path}", self.origin.authority());
        until("the copy is made", async || {
            let stored = self.s3.object("mirror-eu-central-1", &key);
            stored.is_some_and(|bytes| bytes == BYTES)
        })
        .await;
    }

    pub(super) fn message(&self, path: &str) -> String {
        let url = self.origin.url(path);
        json!({"v": 1, "id": "s3_eu-central-1", "url": url, "action": "put", "attempt": ATTEMPT})
            .to_string()
    }

    pub(super) async fn one_is_dead(&self, body: &str) {
        let sending = json!({"QueueUrl": self.queue_url("dead"), "MessageBody": body});
        self.sqs("SendMessage", sending).await;
    }

    /// The messages of a queue that could be received now.
    pub(super) async fn waiting_in(&self, queue: &str) -> usize {
        let names = ["ApproximateNumberOfMessages"];
        let asking = json!({"QueueUrl": self.queue_url(queue), "AttributeNames": names});
        let told = self.sqs("GetQueueAttributes", asking).await;
        told["Attributes"][names[0]]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.folder.path());
        command
            .arg("redrive")
            .args(arguments)
            .envs(self.environment());
        command
    }

    pub(super) async fn redrive(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        timeout(PATIENCE, command.output())
            .await
            .expect("it ends")
            .unwrap()
    }
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let looking = async {
        while !is_so().await {
            tokio::time::sleep(A_BLINK).await;
        }
    };
    assert!(timeout(PATIENCE, looking).await.is_ok(), "not yet: {what}");
}
