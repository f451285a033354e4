//! A server, pools on it, objects, and clients without credentials.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Config, Credentials};
use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, Replica, Upstream};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{NewObject, ObjectHeaders, PoolError, PoolPorts, Written};
use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key};
use cloud_mirror_s3::{Access, S3Clients, S3Pool, S3PoolSettings};
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use ulid::Ulid;

/// The pool's bucket.
pub(crate) const BUCKET: &str = "replicas";

/// Its region.
pub(crate) const REGION: &str = "eu-central-1";

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// More patience than a test needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server and a clock.
pub(crate) struct Stage {
    pub(crate) s3: S3Server,
    pub(crate) clock: Arc<ShiftedClock>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self {
            s3: S3Server::start().await,
            clock: Arc::default(),
        }
    }

    /// Clients that do not repeat what failed, so that every fault shows.
    pub(crate) fn clients(&self) -> S3Clients {
        S3Clients::new(self.base(PATIENCE).credentials_provider(credentials()))
    }

    /// What all clients are made from, but for the credentials.
    pub(crate) fn base(&self, patience: Duration) -> Builder {
        base(&self.s3.url(), patience)
    }

    pub(crate) fn client(&self) -> Client {
        self.clients().in_region(REGION)
    }

    /// A pool whose bucket need not exist.
    pub(crate) fn pool(&self, access: Access) -> S3Pool {
        S3Pool::new(settings(access), self.clients(), self.clock.clone())
    }

    /// The ports of a pool whose bucket exists.
    pub(crate) async fn prepared(&self, access: Access) -> PoolPorts {
        let ports = self.pool(access).ports();
        ports.pool.prepare().await.unwrap();
        ports
    }

    /// Writes that were refused or not, by their operations' beginning.
    pub(crate) fn writes(&self) -> usize {
        let requests = self.s3.requests();
        let writes = ["Put", "Create", "Delete", "Copy", "Complete"];
        let writes_something =
            |operation: &str| writes.iter().any(|write| operation.starts_with(write));
        requests
            .iter()
            .filter(|request| writes_something(&request.operation))
            .count()
    }
}

/// What clients of a server at that URL are made from, but for the credentials.
pub(crate) fn base(url: &str, patience: Duration) -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(url)
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(patience).build())
}

pub(crate) fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test")
}

pub(crate) fn settings(access: Access) -> S3PoolSettings {
    S3PoolSettings {
        bucket: BUCKET.into(),
        region: REGION.into(),
        access,
        lifespan: 2 * DAY,
        key_style: KeyStyle::Host,
    }
}

pub(crate) fn url(path: &str) -> SourceUrl {
    SourceUrl::parse(&format!("https://example.com/{path}")).unwrap()
}

/// The key of a replica.
pub(crate) fn key(url: &SourceUrl) -> String {
    object_key(url, KeyStyle::Host)
}

/// A source with all headers that a replica restates.
pub(crate) fn object(url: &SourceUrl, size: usize) -> NewObject {
    NewObject {
        headers: ObjectHeaders {
            content_type: Some("text/plain; charset=utf-8".into()),
            content_encoding: Some("gzip".into()),
            content_disposition: Some("inline; filename*=UTF-8''a%20b".into()),
            content_language: Some("de, en".into()),
            cache_control: Some("max-age=60".into()),
        },
        upstream: Upstream {
            url: url.to_string(),
            etag: Some("\"upstream\"".into()),
            length: Some(size as u64),
        },
        written_by: Ulid::from_parts(1_780_000_000_000, 7),
        via_hosts: vec!["cdn.example".into(), "edge.example".into()],
    }
}

pub(crate) fn written(text: &str) -> Written {
    Written {
        bytes: Bytes::copy_from_slice(text.as_bytes()),
        digests: digests(),
    }
}

/// As long as true ones.
pub(crate) fn digests() -> Digests {
    Digests {
        md5: "1".repeat(32),
        sha1: "2".repeat(40),
        sha256: "3".repeat(64),
        sha512: "4".repeat(128),
    }
}

/// Puts an object where there is none.
pub(crate) async fn put(ports: &PoolPorts, url: &SourceUrl, text: &str) -> Result<(), PoolError> {
    let object = object(url, text.len());
    ports
        .upload
        .put(url, &object, written(text), &Seen::None)
        .await
}

/// What the pool says of a replica that is there.
pub(crate) async fn replica(ports: &PoolPorts, url: &SourceUrl) -> Replica {
    ports.pool.head(url).await.unwrap().unwrap()
}

/// A client without credentials, as the readers of replicas are.
pub(crate) fn reader() -> reqwest::Client {
    // Another test may have been first, with the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}
