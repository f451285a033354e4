//! Google Cloud Storage.

use std::sync::Arc;

use cloud_mirror_domain::ports::Clock;
use cloud_mirror_domain::rules::Access;
use cloud_mirror_gcs::{GcsClients, GcsPool, GcsPoolSettings};
use cloud_mirror_testkit::servers::gcs::{Credential, GcsServer};

use super::counted::Asked;
use super::objects::{HEADERS, KEY};
use super::scene::{ARTIFACTS, LIFESPAN, MIRROR};
use crate::house::POOL_REGION;

/// A server with a bucket of sources, and what reaches it.
pub(super) struct Gcs {
    pub(super) server: GcsServer,
    pub(super) clients: GcsClients,
}

impl Gcs {
    pub(super) async fn start() -> Self {
        let server = GcsServer::start().await;
        server.create_bucket(ARTIFACTS, "us-east1");
        let environment = |name: &str| match name {
            "GOOGLE_SERVICE_ACCOUNT_KEY" => Some(server.service_account()),
            "GOOGLE_BASE_URL" => Some(server.url()),
            "GOOGLE_CLOUD_PROJECT" => Some("tests".to_owned()),
            _ => None,
        };
        let clients = GcsClients::open(&environment, false).unwrap();
        Self { server, clients }
    }

    pub(super) fn put(&self, bytes: bytes::Bytes) {
        self.server.put(ARTIFACTS, KEY, bytes, &HEADERS);
    }

    pub(super) fn pool(&self, clock: Arc<dyn Clock>) -> GcsPool {
        let settings = GcsPoolSettings {
            bucket: MIRROR.to_owned(),
            region: POOL_REGION.to_owned(),
            access: Access::Presigned,
            lifespan: LIFESPAN,
            key_style: Default::default(),
        };
        GcsPool::new(settings, self.clients.clone(), clock)
    }

    pub(super) fn asked(&self, bucket: &str) -> Vec<Asked> {
        let requests = self.server.requests().into_iter();
        let of_bucket = requests.filter(|request| {
            let path = request
                .path
                .strip_prefix("/storage/v1/b")
                .unwrap_or(&request.path);
            path.split('/').nth(1) == Some(bucket)
        });
        let asked = of_bucket.map(|request| Asked {
            by_a_stranger: request.credential == Credential::Nothing,
            sent_bytes: Some(request.sent_bytes),
            ..Asked::new(&*request.operation)
        });
        asked.collect()
    }
}
