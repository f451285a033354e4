//! Where clients find objects: replicas, and originals in stores.

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::{Address, Method, PoolError};
use cloud_mirror_domain::time::Timestamp;

use crate::{Access, S3Clients, S3Pool};

/// How long a signed address is valid, where its credentials last as long.
const VALID: Duration = Duration::from_secs(15 * 60);

/// One object, to be asked for by somebody else with our signature.
pub(crate) struct Signing<'a> {
    pub(crate) client: &'a Client,
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) method: Method,
    pub(crate) now: Timestamp,
}

impl S3Pool {
    /// The address of an object for one request method.
    ///
    /// A public address is a signed one without its signature, so that there is one place only
    /// which knows endpoints, partitions and buckets with dots: the SDK.
    pub(crate) async fn address_of(&self, key: &str, method: Method) -> Result<Address, PoolError> {
        let now = self.clock.now();
        let signing = Signing {
            client: &self.client,
            bucket: self.bucket(),
            key,
            method,
            now,
        };
        let signed = signing.signed().await?;
        Ok(match self.settings.access {
            Access::Presigned => Address {
                url: signed.uri().to_owned(),
                expires: Some(signature_ends(&self.clients, now)),
            },
            Access::Public => Address {
                url: without_query(signed.uri()),
                expires: None,
            },
        })
    }
}

impl Signing<'_> {
    /// A signature is computed here. The SDK asks somebody only where credentials must be renewed.
    pub(crate) async fn signed(&self) -> Result<PresignedRequest, PoolError> {
        let config = self.config()?;
        match self.method {
            Method::Get => {
                let request = self.client.get_object().bucket(self.bucket).key(self.key);
                request.presigned(config).await.map_err(|e| failed(&e))
            }
            Method::Head => {
                let request = self.client.head_object().bucket(self.bucket).key(self.key);
                request.presigned(config).await.map_err(|e| failed(&e))
            }
        }
    }

    /// The same, saying that we pay. S3 takes it as a parameter of a signed URL, where the SDK would
    /// make a header of it, which no client knows of.
    pub(crate) async fn signed_as_payer(&self) -> Result<PresignedRequest, PoolError> {
        let config = self.config()?;
        match self.method {
            Method::Get => {
                let request = self.client.get_object().bucket(self.bucket).key(self.key);
                let request = request.customize().map_request(|mut request| {
                    let uri = paying(request.uri());
                    request.set_uri(uri).map(|()| request)
                });
                request.presigned(config).await.map_err(|e| failed(&e))
            }
            Method::Head => {
                let request = self.client.head_object().bucket(self.bucket).key(self.key);
                let request = request.customize().map_request(|mut request| {
                    let uri = paying(request.uri());
                    request.set_uri(uri).map(|()| request)
                });
                request.presigned(config).await.map_err(|e| failed(&e))
            }
        }
    }

    fn config(&self) -> Result<PresigningConfig, PoolError> {
        let begins = UNIX_EPOCH + Duration::from_millis(self.now.as_millis());
        let config = PresigningConfig::builder().start_time(begins);
        config.expires_in(VALID).build().map_err(|e| failed(&e))
    }
}

/// Credentials that do not tell their end, as a function's own do not, may end earlier still.
pub(crate) fn signature_ends(clients: &S3Clients, signed: Timestamp) -> Timestamp {
    let by_itself = signed + VALID;
    clients
        .credentials_end()
        .map_or(by_itself, |end| end.min(by_itself))
}

fn paying(uri: &str) -> String {
    let mark = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{mark}x-amz-request-payer=requester")
}

fn without_query(uri: &str) -> String {
    uri.split('?').next().unwrap_or_default().to_owned()
}

fn failed(error: &(dyn std::error::Error + 'static)) -> PoolError {
    PoolError::Unavailable(format!("signing an address: {}", chain(error)))
}
