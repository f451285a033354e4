//! Storage of every provider that a configuration names, opened once: pools in it, private sources of
//! it, and signed addresses of it.
//!
//! | look in | for |
//! |---|---|
//! | `places` | what of which provider a configuration needs |
//! | `compatible` | services that speak S3's protocol, each with its own endpoint and credentials |
//! | `azure`, `gcs` | the other clouds, each a feature, so that a function links only what it uses |
//! | `absent` | what stands in for one that this program was built without |
//! | `pool` | an opened pool |
//! | `looking` | the same for who only looks, which leaves the rest out of a program |
//! | `signers` | who signs addresses of originals |

#[cfg(any(not(feature = "azure"), not(feature = "gcs")))]
mod absent;
#[cfg(feature = "azure")]
mod azure;
mod compatible;
#[cfg(feature = "gcs")]
mod gcs;
mod looking;
mod places;
mod pool;
mod signers;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use cloud_mirror_config::{Config, Env, PoolSettings, Storage};
use cloud_mirror_domain::ports::{Clock, OriginSigner, Source};
use cloud_mirror_domain::rules::{PoolId, Store};
use cloud_mirror_s3::{S3Clients, S3Pool, S3PoolSettings, S3Signer, S3Source};

pub use pool::OpenPool;

use crate::AwsError;
use crate::sdk::Sdk;
use compatible::Compatible;
use places::{Place, Provider, places};

#[cfg(not(feature = "azure"))]
use absent::Absent as Azure;
#[cfg(not(feature = "gcs"))]
use absent::Absent as Gcs;
#[cfg(feature = "azure")]
use azure::Azure;
#[cfg(feature = "gcs")]
use gcs::Gcs;

/// What all providers are opened with.
pub(crate) struct Setup<'a> {
    /// AWS's SDK, for S3 itself, and for the limits of all calls by S3's protocol.
    pub(crate) sdk: &'a Sdk,
    /// Where the other clouds find credentials.
    #[cfg_attr(
        not(any(feature = "azure", feature = "gcs")),
        expect(dead_code, reason = "there is no other cloud")
    )]
    pub(crate) env: &'a dyn Env,
    /// When signed addresses begin and end.
    pub(crate) clock: &'a Arc<dyn Clock>,
}

/// The storage of every provider that a configuration names.
pub(crate) struct Providers {
    s3: S3Clients,
    compatible: Compatible,
    azure: Option<Azure>,
    gcs: Option<Gcs>,
    clock: Arc<dyn Clock>,
}

impl Providers {
    /// Opens what the configuration needs, and nothing else: a provider that it does not name needs
    /// no credentials. Makes no request.
    pub(crate) fn open(config: &Config, setup: &Setup<'_>) -> Result<Self, AwsError> {
        let places = places(config)?;
        let needed = |provider| places.iter().find(|place| place.provider == provider);
        let (azure, gcs) = (needed(Provider::Azure), needed(Provider::Gcs));
        Ok(Self {
            s3: setup.sdk.s3_clients(),
            compatible: Compatible::open(config, setup.sdk, &places),
            azure: azure.map(|place| open_azure(setup, place)).transpose()?,
            gcs: gcs.map(|place| open_gcs(setup, place)).transpose()?,
            clock: Arc::clone(setup.clock),
        })
    }

    /// Every pool of the configuration, in its order. Makes no request.
    pub(crate) fn pools(&self, config: &Config) -> Result<Vec<(PoolId, OpenPool)>, AwsError> {
        let opened = config.pools.iter();
        let opened = opened.map(|settings| Ok((settings.id.clone(), self.pool(settings)?)));
        opened.collect()
    }

    fn pool(&self, settings: &PoolSettings) -> Result<OpenPool, AwsError> {
        match &settings.storage {
            Storage::S3 { .. } => self.s3_pool(settings).map(OpenPool::S3),
            Storage::Azure { .. } => match &self.azure {
                Some(azure) => azure.pool(settings, &self.clock).map(OpenPool::Azure),
                None => Err(unopened(settings)),
            },
            Storage::Gcs { .. } => match &self.gcs {
                Some(gcs) => gcs.pool(settings, &self.clock).map(OpenPool::Gcs),
                None => Err(unopened(settings)),
            },
            Storage::Folder(_) => Err(AwsError::Folder(settings.id.clone())),
        }
    }

    fn s3_pool(&self, settings: &PoolSettings) -> Result<S3Pool, AwsError> {
        let clients = self.clients(&settings.id.service, &settings.id.region);
        let clients = clients.ok_or_else(|| unopened(settings))?;
        let settings = s3_settings(settings)?;
        Ok(S3Pool::new(settings, clients, Arc::clone(&self.clock)))
    }

    /// The clients of S3 or of a service that speaks its protocol, in a region of it.
    fn clients(&self, service: &str, region: &str) -> Option<S3Clients> {
        match Provider::of(service) {
            Provider::S3 => Some(self.s3.clone()),
            Provider::Compatible => self.compatible.clients(service, region).cloned(),
            _ => None,
        }
    }

    /// Who reads a store with our credentials; none for a provider that was not opened.
    #[cfg_attr(
        not(feature = "sources"),
        expect(dead_code, reason = "only copiers read")
    )]
    pub(crate) fn source(&self, store: &Store) -> Option<Arc<dyn Source>> {
        match Provider::of(&store.provider) {
            Provider::Azure => Some(self.azure.as_ref()?.source()),
            Provider::Gcs => Some(self.gcs.as_ref()?.source()),
            _ => {
                let clients = self.clients(&store.provider, &store.region)?;
                Some(Arc::new(S3Source::new(clients)))
            }
        }
    }

    /// Who signs addresses of a store's objects; none for a provider that was not opened.
    fn signer(&self, store: &Store) -> Option<Arc<dyn OriginSigner>> {
        let clock = Arc::clone(&self.clock);
        match Provider::of(&store.provider) {
            Provider::Azure => Some(self.azure.as_ref()?.signer(clock)),
            Provider::Gcs => Some(self.gcs.as_ref()?.signer(clock)),
            _ => {
                let clients = self.clients(&store.provider, &store.region)?;
                Some(Arc::new(S3Signer::new(clients, clock)))
            }
        }
    }

    /// Who signs addresses of originals, for every store whose rule asks for it.
    pub(crate) fn signers(&self, config: &Config) -> HashMap<String, Arc<dyn OriginSigner>> {
        signers::of(&config.rules, |store| self.signer(store))
    }
}

#[cfg(feature = "azure")]
fn open_azure(setup: &Setup<'_>, place: &Place) -> Result<Azure, AwsError> {
    Azure::open(setup).map_err(|error| place.unusable(&error))
}

#[cfg(not(feature = "azure"))]
fn open_azure(_: &Setup<'_>, place: &Place) -> Result<Azure, AwsError> {
    Err(place.left_out("azure"))
}

#[cfg(feature = "gcs")]
fn open_gcs(setup: &Setup<'_>, place: &Place) -> Result<Gcs, AwsError> {
    Gcs::open(setup).map_err(|error| place.unusable(&error))
}

#[cfg(not(feature = "gcs"))]
fn open_gcs(_: &Setup<'_>, place: &Place) -> Result<Gcs, AwsError> {
    Err(place.left_out("gcs"))
}

/// Only a configuration that nobody has checked gets here.
fn unopened(settings: &PoolSettings) -> AwsError {
    AwsError::Provider {
        place: format!("pool {}", settings.id),
        error: format!(
            "nothing says how the service {:?} is reached",
            settings.id.service
        ),
    }
}

/// The pools that are in S3 or in a service that speaks its protocol, for who looks at their buckets.
#[cfg(feature = "people")]
pub(crate) fn s3_pools(
    config: &Config,
    sdk: &Sdk,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<(PoolId, S3Pool)>, AwsError> {
    places(config)?;
    let opened = config.pools.iter().filter_map(|settings| {
        let (id, s3) = (&settings.id, s3_settings(settings).ok()?);
        let clients = s3_clients(config, sdk, &id.service, &id.region)?;
        Some((id.clone(), S3Pool::new(s3, clients, Arc::clone(clock))))
    });
    Ok(opened.collect())
}

/// Whether that is S3, or a service that speaks its protocol and is known in that region.
#[cfg(feature = "people")]
pub(crate) fn is_s3(config: &Config, service: &str, region: &str) -> bool {
    match Provider::of(service) {
        Provider::S3 => true,
        Provider::Compatible => config.s3_compatible(service, region).is_some(),
        _ => false,
    }
}

/// The clients of S3, or of a service that speaks its protocol in one of its regions; none for any
/// other provider.
#[cfg(feature = "people")]
pub(crate) fn s3_clients(
    config: &Config,
    sdk: &Sdk,
    service: &str,
    region: &str,
) -> Option<S3Clients> {
    match Provider::of(service) {
        Provider::S3 => Some(sdk.s3_clients()),
        Provider::Compatible => {
            let service = config.s3_compatible(service, region)?;
            Some(sdk.compatible_clients(compatible::reached(service)))
        }
        _ => None,
    }
}

fn s3_settings(settings: &PoolSettings) -> Result<S3PoolSettings, AwsError> {
    let Storage::S3 { bucket, access, .. } = &settings.storage else {
        return Err(unopened(settings));
    };
    Ok(S3PoolSettings {
        bucket: bucket.clone(),
        region: settings.id.region.clone(),
        access: *access,
        lifespan: settings.lifespan,
        key_style: settings.key_style,
    })
}
