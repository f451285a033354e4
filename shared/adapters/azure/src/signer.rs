//! The `OriginSigner` port: addresses of originals in containers that rules name.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_mirror_domain::ports::{Address, Clock, Method, OriginSigner, PoolError};
use cloud_mirror_domain::rules::StoredObject;

use crate::AzureClients;
use crate::stores::{Stores, VALID};

/// Signs addresses of objects in containers of Azure Blob Storage.
///
/// With an account's key no request is ever made, and an object may have any name. With an identity a
/// user delegation key is asked for, and kept for hours; it needs `Storage Blob Delegator` beside the
/// right to read, and an object whose name needs escapes is refused. A shared access signature signs
/// nothing: with one there is no address, and clients go to the source's own URL.
#[derive(Clone)]
pub struct AzureSigner {
    stores: Stores,
    clock: Arc<dyn Clock>,
}

impl AzureSigner {
    /// A signer with the credentials of `clients`; `clock` says when signed addresses end. Makes no
    /// request.
    pub fn new(clients: AzureClients, clock: Arc<dyn Clock>) -> Self {
        Self {
            stores: Stores::new(clients),
            clock,
        }
    }
}

#[async_trait]
impl OriginSigner for AzureSigner {
    /// One signature is good for both methods: to Azure, HEAD is reading as well.
    async fn address(&self, object: &StoredObject, _: Method) -> Result<Address, PoolError> {
        let now = self.clock.now();
        let container = self.stores.of(object)?;
        let url = container.address(&object.key, now).await?;
        Ok(Address {
            url: url.into(),
            expires: Some(now + VALID),
        })
    }
}
