//! What the clients leave in the log, against a server that closes every connection: a call has left its
//! name before anybody answers it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use aws_config::Region;
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, Upstream};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    CopySource, Method, NewObject, ObjectHeaders, PoolPorts, Written,
};
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_domain::url::{KeyStyle, SourceUrl};
use cloud_mirror_s3::{Access, S3Pool, S3PoolSettings};
use serde_json::Value;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use ulid::Ulid;

use super::*;
use crate::SystemClock;

/// A log that is kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Each line as service, operation, place, source, headers; `signed` for what was only signed.
    fn calls(&self) -> Vec<String> {
        let text = self.text();
        let calls = text.lines().map(|line| {
            let call: Value = serde_json::from_str(line).unwrap();
            assert_eq!(call["event"], "called", "{line}");
            let word = |name: &str| call[name].as_str().unwrap_or("-").to_owned();
            let names = ["service", "operation", "place", "from", "headers"];
            let signed = call["signed_only"].as_bool().unwrap();
            names.map(word).join(" ").trim_end().to_owned() + if signed { " signed" } else { "" }
        });
        calls.collect()
    }
}

/// An SDK as functions have it, whose calls all fail at once.
async fn sdk_without_servers() -> Sdk {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
        }
    });
    let credentials = Credentials::new("AKIDTESTKIT", "secret-of-ours", None, None, "tests");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(format!("http://{address}"))
        .http_client(http_client(Some(1)))
        .retry_config(RetryConfig::disabled())
        .build();
    Sdk {
        config,
        s3_by_path: true,
        frozen: true,
    }
}

fn pool(sdk: &Sdk) -> PoolPorts {
    let settings = S3PoolSettings {
        bucket: "replicas".into(),
        region: "eu-central-1".into(),
        access: Access::Presigned,
        lifespan: Duration::from_secs(24 * 3600),
        key_style: KeyStyle::default(),
    };
    S3Pool::new(settings, sdk.s3_clients(), Arc::new(SystemClock)).ports()
}

fn object() -> NewObject {
    NewObject {
        headers: ObjectHeaders::default(),
        upstream: Upstream {
            url: "https://artifacts.example/a".into(),
            etag: None,
            length: None,
        },
        written_by: Ulid::from(7u128),
        via_hosts: Vec::new(),
    }
}

async fn call_the_pool(pool: &PoolPorts) {
    let url = &SourceUrl::parse("https://artifacts.example/a?key=secret-of-theirs").unwrap();
    let (etag, object) = ("\"secret-tag\"", &object());
    let seen = &Seen::Etag(etag.into());
    pool.pool.head(url).await.unwrap_err();
    pool.pool.delete(url, etag).await.unwrap_err();
    pool.pool.address(url, Method::Get).await.unwrap();
    let body = Written {
        bytes: Bytes::from_static(b"secret-bytes"),
        digests: Digests::default(),
    };
    pool.upload.put(url, object, body, seen).await.unwrap_err();
    let stored = StoredObject {
        provider: "s3".into(),
        bucket: "artifacts".into(),
        region: "us-west-2".into(),
        key: "a".into(),
        requester_pays: false,
    };
    let from = CopySource {
        object: &stored,
        etag,
    };
    let store = pool.store_copy.as_ref().unwrap();
    store.copy(url, object, from, seen).await.unwrap_err();
}

async fn call_table_and_queue(sdk: &Sdk) {
    let (table, queue) = (sdk.dynamodb(), sdk.sqs());
    let key = aws_sdk_dynamodb::types::AttributeValue::S("secret-key".into());
    let reading = table.get_item().table_name("status").key("id", key);
    reading.send().await.unwrap_err();
    let sending = queue.send_message().message_body("secret-message");
    let sending = sending.queue_url("https://sqs.us-east-1.amazonaws.com/000000000000/copies");
    sending.send().await.unwrap_err();
}

#[tokio::test]
async fn every_call_leaves_its_name() {
    let log = Log::default();
    let lines = log.clone();
    let logging = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(EnvFilter::new("off,cloud_mirror::calls=debug"))
        .with_writer(move || lines.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(logging);
    let sdk = sdk_without_servers().await;
    call_the_pool(&pool(&sdk)).await;
    call_table_and_queue(&sdk).await;
    assert_eq!(
        log.calls(),
        [
            "S3 HeadObject replicas -",
            "S3 DeleteObject replicas - if-match",
            "S3 HeadObject replicas - signed",
            "S3 PutObject replicas - if-match,x-amz-tagging",
            "S3 CopyObject replicas artifacts if-match,x-amz-tagging-directive=REPLACE",
            "DynamoDB GetItem status -",
            "SQS SendMessage copies -",
        ]
    );
    assert!(!log.text().contains("secret"), "{}", log.text());
}
