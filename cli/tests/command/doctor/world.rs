//! A deployment on servers of our own, and what the doctor says of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use cloud_mirror_testkit::servers::dynamodb::DynamoDbServer;
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use cloud_mirror_testkit::servers::sqs::SqsServer;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::servers::Lambda;
use super::told::Told;
use crate::process::{client, command};

/// Two pools, and a source with a bucket of its own.
pub(crate) const CONFIG: &str = r#"
[[source]]
url = "https://acme-artifacts.s3.us-west-2.amazonaws.com/public/"
store = { provider = "s3", bucket = "acme-artifacts", region = "us-west-2" }
[[pool]]
service = "s3"
regions = ["us-east-1", "eu-central-1"]
bucket = "{prefix}{region}"
"#;

const SAMCONFIG: &str = r#"
[default.deploy.parameters]
parameter_overrides = "PoolBucketPrefix=\"acme-mirror-\" SourceBucketArns=\"arn:aws:s3:::acme-artifacts/public/*\""
"#;

/// What AWS gives to an account that is not new, and what the template reserves of it for copiers.
const CONCURRENCY: (u64, u64) = (1_000, 14);

/// A deployment with nothing wrong, of which a test then breaks a part.
pub(crate) struct World {
    pub(crate) table: DynamoDbServer,
    pub(crate) queues: SqsServer,
    pub(crate) s3: S3Server,
    pub(crate) lambda: Lambda,
    folder: TempDir,
    env: BTreeMap<&'static str, String>,
    outputs: BTreeMap<&'static str, String>,
    /// The mirror, and what it says, which somebody must be there to hear.
    mirror: Option<(Child, Lines<BufReader<ChildStdout>>)>,
}

impl World {
    /// Everything as it must be: the table and the queues as the template makes them, the buckets
    /// as `pools ensure` does, and a mirror that runs on them.
    pub(crate) async fn healthy() -> Self {
        let mut world = Self::bare().await;
        world
            .create_table("status", json!([["id", "S", "HASH"]]))
            .await;
        world.enable_ttl("status", "ttl").await;
        world.output("StatusTableName", "status");
        world.output("CopierFunctionName", "copier");
        for (name, output) in [("copies", "CopyQueueUrl"), ("bulk", "BulkQueueUrl")] {
            world.create_queue(&format!("{name}-dead"), json!({})).await;
            let url = world.create_queue(name, as_the_template_makes(name)).await;
            world.output(output, &url);
        }
        world.s3.create_bucket("acme-artifacts", "us-west-2");
        world.s3.put("acme-artifacts", "public/a", "bytes", &[]);
        world.ensure_pools().await;
        world.start_mirror().await;
        world
    }

    /// The servers, with nothing in them.
    async fn bare() -> Self {
        let mut world = Self {
            table: DynamoDbServer::start().await,
            queues: SqsServer::start().await,
            s3: S3Server::start().await,
            lambda: Lambda::start(CONCURRENCY.0, CONCURRENCY.1).await,
            folder: TempDir::new().unwrap(),
            env: BTreeMap::new(),
            outputs: BTreeMap::new(),
            mirror: None,
        };
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_REGION", "us-east-1"),
            ("AWS_CONFIG_FILE", "none"),
            ("AWS_SHARED_CREDENTIALS_FILE", "none"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ] {
            world.set(name, value);
        }
        world.set("AWS_ENDPOINT_URL_DYNAMODB", &world.table.url());
        world.set("AWS_ENDPOINT_URL_SQS", &world.queues.url());
        world.set("AWS_ENDPOINT_URL_S3", &world.s3.url());
        world.set("AWS_ENDPOINT_URL_LAMBDA", &world.lambda.url());
        world.write("mirror.toml", CONFIG);
        world.write("samconfig.toml", SAMCONFIG);
        world
    }

    /// Sets a variable for everything that is started from now on.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.env.insert(name, value.to_owned());
    }

    /// Unsets it.
    pub(crate) fn unset(&mut self, name: &'static str) {
        self.env.remove(name);
    }

    /// Changes an output of the stack, as the doctor is given it.
    pub(crate) fn output(&mut self, name: &'static str, value: &str) {
        self.outputs.insert(name, value.to_owned());
    }

    /// An output of the stack.
    pub(crate) fn told(&self, name: &str) -> String {
        self.outputs[name].clone()
    }

    /// Forgets an output.
    pub(crate) fn forget(&mut self, name: &str) {
        self.outputs.remove(name);
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    /// A table with these attributes as its key: name, type, role.
    pub(crate) async fn create_table(&self, name: &str, key: Value) {
        let of = |at: usize| {
            key.as_array()
                .unwrap()
                .iter()
                .map(move |part| part[at].clone())
        };
        let types = of(0).zip(of(1));
        let types = types.map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind}));
        let roles = of(0).zip(of(2));
        let roles = roles.map(|(name, role)| json!({"AttributeName": name, "KeyType": role}));
        let body = json!({
            "TableName": name,
            "AttributeDefinitions": types.collect::<Vec<_>>(),
            "KeySchema": roles.collect::<Vec<_>>(),
            "BillingMode": "PAY_PER_REQUEST",
        });
        call(&self.table.url(), "DynamoDB_20120810.CreateTable", &body).await;
    }

    pub(crate) async fn enable_ttl(&self, table: &str, attribute: &str) {
        let ttl = json!({"Enabled": true, "AttributeName": attribute});
        let body = json!({"TableName": table, "TimeToLiveSpecification": ttl});
        call(
            &self.table.url(),
            "DynamoDB_20120810.UpdateTimeToLive",
            &body,
        )
        .await;
    }

    /// A queue with these attributes, by its URL.
    pub(crate) async fn create_queue(&self, name: &str, attributes: Value) -> String {
        let body = json!({"QueueName": name, "Attributes": attributes});
        let created = call(&self.queues.url(), "AmazonSQS.CreateQueue", &body).await;
        created["QueueUrl"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn send(&self, queue_url: &str, text: &str) {
        let body = json!({"QueueUrl": queue_url, "MessageBody": text});
        call(&self.queues.url(), "AmazonSQS.SendMessage", &body).await;
    }

    pub(crate) async fn delete_queue(&self, queue_url: &str) {
        let body = json!({"QueueUrl": queue_url});
        call(&self.queues.url(), "AmazonSQS.DeleteQueue", &body).await;
    }

    /// `cloud-mirror pools ensure`.
    pub(crate) async fn ensure_pools(&self) {
        let mut command = self.command(&["pools", "ensure", "--config", "mirror.toml"]);
        command.args(["--pool-bucket-prefix", "acme-mirror-"]);
        let done = command.output().await.unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// A mirror with the configuration as it is now, which the stack's output names.
    pub(crate) async fn start_mirror(&mut self) {
        let arguments = ["serve", "--backend", "aws", "--config", "mirror.toml"];
        let mut command = self.command(&arguments);
        command
            .args(["--listen", "127.0.0.1:0"])
            .env("POOL_BUCKET_PREFIX", "acme-mirror-")
            .env("STATUS_TABLE", self.told("StatusTableName"))
            .env("COPY_QUEUE_URL", self.told("CopyQueueUrl"))
            .env("BULK_QUEUE_URL", self.told("BulkQueueUrl"));
        let mut mirror = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(mirror.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        let (_, base) = first.split_once(" listens on ").unwrap();
        self.output("Endpoint", base);
        self.mirror = Some((mirror, lines));
    }

    /// `cloud-mirror doctor` with the outputs and parameters of this deployment.
    pub(crate) async fn doctor(&self, more: &[&str]) -> Told {
        let pair = |(key, value): (_, _)| json!({"OutputKey": key, "OutputValue": value});
        let outputs: Vec<_> = self.outputs.iter().map(pair).collect();
        self.write("outputs.json", &Value::from(outputs).to_string());
        let mut command = self.command(&["doctor", "--outputs", "outputs.json"]);
        command.args(["--samconfig", "samconfig.toml"]).args(more);
        if !more.contains(&"--config") {
            command.args(["--config", "mirror.toml"]);
        }
        let done = command.output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Told::new(done.status.code(), text(&done.stdout), text(&done.stderr))
    }

    /// The command with the world's variables, in its folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.folder.path());
        let strangers = [
            "STATUS_TABLE",
            "COPY_QUEUE_URL",
            "BULK_QUEUE_URL",
            "AWS_PROFILE",
        ];
        for name in strangers {
            command.env_remove(name);
        }
        command.args(arguments).envs(&self.env);
        command
    }
}

/// The attributes of a queue, whose dead letters go to a queue of its name.
pub(crate) fn as_the_template_makes(name: &str) -> Value {
    let arn = format!("arn:aws:sqs:us-east-1:000000000000:{name}-dead");
    let redrive = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 5}).to_string();
    json!({"VisibilityTimeout": "5400", "RedrivePolicy": redrive})
}

/// A request as AWS's JSON protocols have it, to servers that check no signature.
async fn call(endpoint: &str, target: &str, body: &Value) -> Value {
    let request = client(Policy::none()).post(endpoint);
    let signed = "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0";
    let request = request
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-date", "20260101T000000Z")
        .header("x-amz-target", target)
        .header("authorization", signed);
    let answer = request.body(body.to_string()).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{target}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_default()
}
