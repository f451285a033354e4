//! Where clients find replicas.

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::{Address, Method, PoolError};
use cloud_mirror_domain::time::Timestamp;

use crate::{Access, S3Pool};

/// How long a signed address is valid, where its credentials last as long.
const VALID: Duration = Duration::from_secs(15 * 60);

impl S3Pool {
    /// The address of an object for one request method.
    ///
    /// A public address is a signed one without its signature, so that there is one place only
    /// which knows endpoints, partitions and buckets with dots: the SDK.
    pub(crate) async fn address_of(&self, key: &str, method: Method) -> Result<Address, PoolError> {
        let now = self.clock.now();
        let signed = self.signed(key, method, now).await?;
        Ok(match self.settings.access {
            Access::Presigned => Address {
                url: signed.uri().to_owned(),
                expires: Some(self.signature_ends(now)),
            },
            Access::Public => Address {
                url: without_query(signed.uri()),
                expires: None,
            },
        })
    }

    /// A signature is computed here. The SDK asks somebody only where credentials must be renewed.
    async fn signed(
        &self,
        key: &str,
        method: Method,
        now: Timestamp,
    ) -> Result<PresignedRequest, PoolError> {
        let begins = UNIX_EPOCH + Duration::from_millis(now.as_millis());
        let config = PresigningConfig::builder().start_time(begins);
        let config = config.expires_in(VALID).build().map_err(|e| failed(&e))?;
        match method {
            Method::Get => {
                let request = self.client.get_object().bucket(self.bucket()).key(key);
                request.presigned(config).await.map_err(|e| failed(&e))
            }
            Method::Head => {
                let request = self.client.head_object().bucket(self.bucket()).key(key);
                request.presigned(config).await.map_err(|e| failed(&e))
            }
        }
    }

    /// Credentials that do not tell their end, as a function's own do not, may end earlier still.
    fn signature_ends(&self, now: Timestamp) -> Timestamp {
        let by_itself = now + VALID;
        self.clients
            .credentials_end()
            .map_or(by_itself, |end| end.min(by_itself))
    }
}

fn without_query(uri: &str) -> String {
    uri.split('?').next().unwrap_or_default().to_owned()
}

fn failed(error: &(dyn std::error::Error + 'static)) -> PoolError {
    PoolError::Unavailable(format!("signing an address: {}", chain(error)))
}
