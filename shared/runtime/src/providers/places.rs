//! What of which provider a configuration needs.

use cloud_mirror_config::{Config, Storage};
use cloud_mirror_domain::rules::{Access, SourceRule};

use crate::AwsError;

/// Who has a kind of storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    /// This machine.
    Folder,
    /// AWS.
    S3,
    /// A service that speaks S3's protocol, which `mirror.toml` defines.
    Compatible,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcs,
}

impl Provider {
    /// Whom a service's word stands for. Any other word is a service's that `mirror.toml` defines.
    pub(super) fn of(word: &str) -> Self {
        match word {
            "file" => Self::Folder,
            "s3" => Self::S3,
            "azure" => Self::Azure,
            "gcs" => Self::Gcs,
            _ => Self::Compatible,
        }
    }
}

/// A pool or a source's store.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// As an operator knows it.
    pub(super) name: String,
    pub(super) provider: Provider,
    /// The service's word.
    pub(super) service: String,
    pub(super) region: String,
}

impl Place {
    /// It cannot be used, for this reason.
    #[cfg(any(feature = "azure", feature = "gcs"))]
    pub(super) fn unusable(&self, error: &dyn std::error::Error) -> AwsError {
        AwsError::Provider {
            place: self.name.clone(),
            error: error.to_string(),
        }
    }

    /// This program was built without its provider.
    #[cfg(not(all(feature = "azure", feature = "gcs")))]
    pub(super) fn left_out(&self, feature: &'static str) -> AwsError {
        AwsError::LeftOut {
            place: self.name.clone(),
            feature,
        }
    }
}

/// Every pool, and every store that is read or signed for with our credentials. Stores of other rules
/// are read by pools that copy from them, if by anybody.
pub(super) fn places(config: &Config) -> Result<Vec<Place>, AwsError> {
    let folder = |storage: &Storage| matches!(storage, Storage::Folder(_));
    if let Some(pool) = config.pools.iter().find(|pool| folder(&pool.storage)) {
        return Err(AwsError::Folder(pool.id.clone()));
    }
    let pools = config.pools.iter().map(|pool| Place {
        name: format!("pool {}", pool.id),
        provider: Provider::of(&pool.id.service),
        service: pool.id.service.clone(),
        region: pool.id.region.clone(),
    });
    let stores = config.rules.sources.iter().filter_map(|rule| {
        let store = rule.store.as_ref().filter(|_| needs_credentials(rule))?;
        Some(Place {
            name: format!("the store of the source {}", rule.prefix),
            provider: Provider::of(&store.provider),
            service: store.provider.clone(),
            region: store.region.clone(),
        })
    });
    Ok(pools.chain(stores).collect())
}

fn needs_credentials(rule: &SourceRule) -> bool {
    rule.private || rule.access == Access::Presigned
}
