//! Signed addresses of sources.

use async_trait::async_trait;

use super::{Address, Method, PoolError};
use crate::rules::StoredObject;

/// Signs addresses of objects in one provider's stores, with our credentials.
///
/// Only objects of a rule's `store` are ever asked for here, or anybody could read what our role
/// may read.
#[async_trait]
pub trait OriginSigner: Send + Sync {
    /// Where a client finds the object itself, by that method, for at most 15 minutes. Makes no request to the store. May be repeated. IAM: what the client will need, `s3:GetObject`.
    async fn address(&self, object: &StoredObject, method: Method) -> Result<Address, PoolError>;
}
