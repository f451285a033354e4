//! Who signs addresses of origins.

use async_trait::async_trait;
use cloud_mirror_domain::ports::{Address, Method, OriginSigner, PoolError};
use cloud_mirror_domain::rules::StoredObject;

use super::Watched;

#[async_trait]
impl OriginSigner for Watched<dyn OriginSigner> {
    async fn address(&self, object: &StoredObject, method: Method) -> Result<Address, PoolError> {
        let call = self.inner.address(object, method);
        self.faults.call("signer.address", call).await
    }
}
