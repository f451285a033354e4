//! Who signs addresses of originals.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use cloud_mirror_domain::ports::{Address, Method, OriginSigner, PoolError};
use cloud_mirror_domain::rules::{Access, Rules, Store, StoredObject};

/// The signers of one service's regions: a service that speaks S3's protocol may have another endpoint
/// in each.
#[derive(Default)]
struct ByRegion(HashMap<String, Arc<dyn OriginSigner>>);

#[async_trait]
impl OriginSigner for ByRegion {
    async fn address(&self, object: &StoredObject, method: Method) -> Result<Address, PoolError> {
        let Some(signer) = self.0.get(&object.region) else {
            return Err(PoolError::Unavailable(format!(
                "no rule names a store of {} in {}",
                object.provider, object.region
            )));
        };
        signer.address(object, method).await
    }
}

/// A signer for each provider of a rule whose `access` is presigned, which signs for the regions of
/// such rules and for no others.
pub(super) fn of(
    rules: &Rules,
    signer: impl Fn(&Store) -> Option<Arc<dyn OriginSigner>>,
) -> HashMap<String, Arc<dyn OriginSigner>> {
    let mut all: HashMap<String, ByRegion> = HashMap::new();
    let signed = rules.sources.iter();
    let signed = signed.filter(|rule| rule.access == Access::Presigned);
    for store in signed.filter_map(|rule| rule.store.as_ref()) {
        let regions = all.entry(store.provider.clone()).or_default();
        if let Some(signer) = signer(store) {
            regions.0.insert(store.region.clone(), signer);
        }
    }
    let shared =
        |(provider, regions)| -> (String, Arc<dyn OriginSigner>) { (provider, Arc::new(regions)) };
    all.into_iter().map(shared).collect()
}
