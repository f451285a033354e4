//! The `OriginSigner` port: addresses of originals in stores that rules name.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_mirror_domain::ports::{Address, Clock, Method, OriginSigner, PoolError};
use cloud_mirror_domain::rules::StoredObject;

use crate::S3Clients;
use crate::address::{Signing, signature_ends};

/// Signs addresses of objects in stores of S3, or of one service that speaks its protocol.
#[derive(Clone)]
pub struct S3Signer {
    clients: S3Clients,
    clock: Arc<dyn Clock>,
}

impl S3Signer {
    /// A signer with the endpoint and the credentials of `clients`; `clock` says when signed
    /// addresses begin and end. Makes no request.
    pub fn new(clients: S3Clients, clock: Arc<dyn Clock>) -> Self {
        Self { clients, clock }
    }
}

#[async_trait]
impl OriginSigner for S3Signer {
    /// The address is in the object's own region. Where the rule says that we pay, it says so too.
    async fn address(&self, object: &StoredObject, method: Method) -> Result<Address, PoolError> {
        let now = self.clock.now();
        let signing = Signing {
            client: &self.clients.in_region(&object.region),
            bucket: &object.bucket,
            key: &object.key,
            method,
            now,
        };
        let signed = if object.requester_pays {
            signing.signed_as_payer().await?
        } else {
            signing.signed().await?
        };
        Ok(Address {
            url: signed.uri().to_owned(),
            expires: Some(signature_ends(&self.clients, now)),
        })
    }
}
