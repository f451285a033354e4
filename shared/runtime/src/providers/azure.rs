//! Azure Blob Storage.

use std::sync::Arc;

use cloud_mirror_azure::{
    AzureClients, AzurePool, AzurePoolSettings, AzureSigner, AzureSource, BuildError,
};
use cloud_mirror_config::{PoolSettings, Storage};
use cloud_mirror_domain::ports::{Clock, OriginSigner, Source};

use super::{Setup, unopened};
use crate::AwsError;

/// Its accounts, as the environment's credentials reach them.
pub(super) struct Azure(AzureClients);

impl Azure {
    pub(super) fn open(setup: &Setup<'_>) -> Result<Self, BuildError> {
        AzureClients::new(&|name| setup.env.get(name)).map(Self)
    }

    pub(super) fn pool(
        &self,
        settings: &PoolSettings,
        clock: &Arc<dyn Clock>,
    ) -> Result<AzurePool, AwsError> {
        let Storage::Azure {
            account,
            container,
            access,
        } = &settings.storage
        else {
            return Err(unopened(settings));
        };
        let azure = AzurePoolSettings {
            account: account.clone(),
            container: container.clone(),
            access: *access,
        };
        let opened = AzurePool::new(azure, &self.0, Arc::clone(clock));
        opened.map_err(|error| AwsError::Provider {
            place: format!("pool {}", settings.id),
            error: error.to_string(),
        })
    }

    pub(super) fn source(&self) -> Arc<dyn Source> {
        Arc::new(AzureSource::new(self.0.clone()))
    }

    pub(super) fn signer(&self, clock: Arc<dyn Clock>) -> Arc<dyn OriginSigner> {
        Arc::new(AzureSigner::new(self.0.clone(), clock))
    }
}
