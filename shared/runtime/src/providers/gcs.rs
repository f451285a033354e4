//! Google Cloud Storage.

use std::sync::Arc;

use cloud_mirror_config::{PoolSettings, Storage};
use cloud_mirror_domain::ports::{Clock, OriginSigner, Source};
use cloud_mirror_gcs::{GcsClients, GcsPool, GcsPoolSettings, GcsSigner, GcsSource, OpenError};

use super::{Setup, unopened};
use crate::AwsError;

/// Its buckets, as the environment's credentials reach them.
pub(super) struct Gcs(GcsClients);

impl Gcs {
    pub(super) fn open(setup: &Setup<'_>) -> Result<Self, OpenError> {
        GcsClients::open(&|name| setup.env.get(name), setup.sdk.is_frozen()).map(Self)
    }

    pub(super) fn pool(
        &self,
        settings: &PoolSettings,
        clock: &Arc<dyn Clock>,
    ) -> Result<GcsPool, AwsError> {
        let Storage::Gcs { bucket, access } = &settings.storage else {
            return Err(unopened(settings));
        };
        let gcs = GcsPoolSettings {
            bucket: bucket.clone(),
            region: settings.id.region.clone(),
            access: *access,
            lifespan: settings.lifespan,
            key_style: settings.key_style,
        };
        Ok(GcsPool::new(gcs, self.0.clone(), Arc::clone(clock)))
    }

    pub(super) fn source(&self) -> Arc<dyn Source> {
        Arc::new(GcsSource::new(self.0.clone()))
    }

    pub(super) fn signer(&self, clock: Arc<dyn Clock>) -> Arc<dyn OriginSigner> {
        Arc::new(GcsSigner::new(self.0.clone(), clock))
    }
}
