//! A server, pools on it, objects, and clients without credentials.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, Replica, Upstream};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{NewObject, ObjectHeaders, PoolError, PoolPorts, Written};
use cloud_mirror_domain::rules::{Access, StoredObject};
use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key};
use cloud_mirror_gcs::{GcsClients, GcsPool, GcsPoolSettings};
use cloud_mirror_http::{Limits, unruled};
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::servers::gcs::{GcsServer, TOKEN};
use ulid::Ulid;

/// The pool's bucket.
pub(crate) const BUCKET: &str = "replicas";

/// Its location.
pub(crate) const REGION: &str = "europe-west3";

/// The bucket of a store that a rule names, in another location.
pub(crate) const STORE: &str = "acme";

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// The smallest part but the last, in bytes.
pub(crate) const PART: usize = 5 * 1024 * 1024;

/// A server and a clock.
pub(crate) struct Stage {
    pub(crate) gcs: GcsServer,
    pub(crate) clock: Arc<ShiftedClock>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self {
            gcs: GcsServer::start().await,
            clock: Arc::default(),
        }
    }

    /// Clients with a service account's key, as a deployment has them.
    pub(crate) fn clients(&self) -> GcsClients {
        self.clients_with(&[("GOOGLE_SERVICE_ACCOUNT_KEY", &self.gcs.service_account())])
    }

    /// Clients with a token that somebody else fetched.
    pub(crate) fn clients_with_a_token(&self) -> GcsClients {
        self.clients_with(&[("GOOGLE_BEARER_TOKEN", TOKEN)])
    }

    pub(crate) fn clients_with(&self, credentials: &[(&str, &str)]) -> GcsClients {
        let url = self.gcs.url();
        let others = [
            ("GOOGLE_BASE_URL", url.as_str()),
            ("GOOGLE_CLOUD_PROJECT", "acme-project"),
        ];
        let get = |wanted: &str| {
            let mut all = credentials.iter().chain(&others);
            let found = all.find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        };
        GcsClients::open(&get, true).unwrap()
    }

    /// A pool whose bucket need not exist.
    pub(crate) fn pool(&self, access: Access) -> GcsPool {
        GcsPool::new(settings(access), self.clients(), self.clock.clone())
    }

    /// The ports of a pool whose bucket exists, beside a store.
    pub(crate) async fn prepared(&self, access: Access) -> PoolPorts {
        let ports = self.pool(access).ports();
        ports.pool.prepare().await.unwrap();
        self.gcs.create_bucket(STORE, "us-central1");
        ports
    }

    /// Requests from there on, by their operations.
    pub(crate) fn operations_since(&self, first: usize) -> Vec<String> {
        let requests = self.gcs.requests().into_iter().skip(first);
        requests.map(|request| request.operation).collect()
    }
}

pub(crate) fn settings(access: Access) -> GcsPoolSettings {
    GcsPoolSettings {
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

/// An object of the store.
pub(crate) fn stored(key: &str) -> StoredObject {
    StoredObject {
        provider: "gcs".into(),
        bucket: STORE.into(),
        region: "us-central1".into(),
        key: key.into(),
        requester_pays: false,
    }
}

pub(crate) fn headers() -> ObjectHeaders {
    ObjectHeaders {
        content_type: Some("text/plain; charset=utf-8".into()),
        content_encoding: Some("br".into()),
        content_disposition: Some("inline; filename*=UTF-8''a%20b".into()),
        content_language: Some("de, en".into()),
        cache_control: Some("max-age=60".into()),
    }
}

/// A source with all headers that a replica restates.
pub(crate) fn object(url: &SourceUrl, size: usize) -> NewObject {
    NewObject {
        headers: headers(),
        upstream: Upstream {
            url: url.to_string(),
            etag: Some("\"upstream\"".into()),
            length: Some(size as u64),
        },
        written_by: Ulid::from_parts(1_780_000_000_000, 7),
        via_hosts: vec!["cdn.example".into(), "edge.example".into()],
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

pub(crate) fn written(text: &str) -> Written {
    Written {
        bytes: Bytes::copy_from_slice(text.as_bytes()),
        digests: digests(),
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
    unruled(Limits::default()).unwrap()
}
