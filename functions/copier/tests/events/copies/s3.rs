//! S3, and services that speak its protocol.

use std::sync::Arc;

use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials};
use aws_smithy_http_client::Builder as HttpBuilder;
use cloud_mirror_domain::ports::Clock;
use cloud_mirror_s3::{CompatibleService, S3Clients, S3Pool, S3PoolSettings};
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, S3Server, SECRET_KEY, Settings};

use super::counted::Asked;
use super::objects::{HEADERS, KEY};
use super::scene::{ARTIFACTS, LIFESPAN, MIRROR};
use crate::house::POOL_REGION;

/// Where the sources' bucket is.
pub(super) const SOURCE_REGION: &str = "us-west-2";

/// A server with a bucket of sources, and what reaches it.
pub(super) struct S3 {
    pub(super) server: S3Server,
    pub(super) clients: S3Clients,
}

impl S3 {
    pub(super) async fn start() -> Self {
        let server = S3Server::start().await;
        let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "tests");
        let base = base().endpoint_url(server.url()).force_path_style(true);
        let clients = S3Clients::new(base.credentials_provider(credentials));
        Self::with(server, clients)
    }

    pub(super) async fn compatible() -> Self {
        let settings = Settings::compatible();
        let (key, secret) = settings.keys;
        let server = S3Server::start_with(settings).await;
        let service = CompatibleService {
            endpoint: server.url(),
            by_path: true,
            signing_region: Some("auto".to_owned()),
            access_key_id: key.to_owned(),
            secret_access_key: secret.to_owned(),
            tags: false,
        };
        let clients = S3Clients::compatible(base(), service);
        Self::with(server, clients)
    }

    fn with(server: S3Server, clients: S3Clients) -> Self {
        server.create_bucket(ARTIFACTS, SOURCE_REGION);
        Self { server, clients }
    }

    pub(super) fn put(&self, bytes: bytes::Bytes) {
        self.server.put(ARTIFACTS, KEY, bytes, &HEADERS);
    }

    pub(super) fn pool(&self, clock: Arc<dyn Clock>) -> S3Pool {
        let settings = S3PoolSettings {
            bucket: MIRROR.to_owned(),
            region: POOL_REGION.to_owned(),
            access: cloud_mirror_s3::Access::Presigned,
            lifespan: LIFESPAN,
            key_style: Default::default(),
        };
        S3Pool::new(settings, self.clients.clone(), clock)
    }

    pub(super) fn asked(&self, bucket: &str) -> Vec<Asked> {
        let requests = self.server.requests().into_iter();
        let of_bucket = requests.filter(|request| request.bucket == bucket);
        let asked = of_bucket.map(|request| Asked {
            by_a_stranger: !request.signed(),
            sent_bytes: Some(request.sent_bytes),
            ..Asked::new(&*request.operation)
        });
        asked.collect()
    }
}

fn base() -> Builder {
    Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(HttpBuilder::new().build_http())
}
