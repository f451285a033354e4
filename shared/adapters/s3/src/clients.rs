//! One client of the SDK per region, of S3 or of a service that speaks its protocol.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Builder, Credentials, IdentityCache, ProvideCredentials, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, SharedHttpClient,
};
use cloud_mirror_domain::time::Timestamp;

use crate::content_md5::ContentMd5;
use crate::credentials::{End, Watched};
use crate::dialect::Dialect;

/// Clients of S3, one per region, made when they are first asked for. Clones share them.
///
/// All have the same credentials, connections and time limits; only the region differs, which
/// signatures and endpoints depend on.
#[derive(Clone)]
pub struct S3Clients {
    inner: Arc<Inner>,
    /// For calls that move bytes, where the limits and connections of `base` do not suit them.
    moving: Option<Moving>,
}

#[derive(Clone)]
struct Moving {
    limits: TimeoutConfig,
    http: SharedHttpClient,
}

/// A service that speaks S3's protocol, as it is reached in one region. It cannot be printed, as it
/// holds a secret.
#[derive(Clone)]
pub struct CompatibleService {
    /// Where it is: `https://host[:port]`, without a slash at the end.
    pub endpoint: String,
    /// Whether a bucket's name stands in the path of its URLs; before the host if not.
    pub by_path: bool,
    /// What its region is called in signatures; as the bucket's region where it says nothing.
    pub signing_region: Option<String>,
    /// Our access key there.
    pub access_key_id: String,
    /// The secret that belongs to it.
    pub secret_access_key: String,
    /// Whether it keeps object tags. Without them the digests of an object that came in parts are not
    /// kept beside it.
    pub tags: bool,
}

struct Inner {
    base: Builder,
    end: End,
    dialect: Dialect,
    /// What every region is called in signatures; by its own name if not said.
    signed_for: Option<String>,
    made: Mutex<HashMap<String, Client>>,
}

impl S3Clients {
    /// Clients that are all made from `base`: credentials, HTTP client, time limits, retries and,
    /// where it is not AWS, the endpoint. Its region is not used. Makes no request.
    ///
    /// When the credentials end is not known: signed addresses then count as valid for their whole
    /// time. [`Self::with_credentials`] knows it. `base` needs a behavior version, as every
    /// configuration of the SDK does: a client without one panics when it is made.
    pub fn new(base: Builder) -> Self {
        Self::made_from(base, End::default())
    }

    /// The same with these credentials, whose end is the end of the addresses they sign.
    ///
    /// All regions share one cache of them, `base`'s own if it has one.
    pub fn with_credentials(base: Builder, provider: impl ProvideCredentials + 'static) -> Self {
        // The SDK does not give away the provider in a configuration, or `new` would suffice.
        let end = End::default();
        let cached = base.clone().build().identity_cache().is_some();
        let base = base.credentials_provider(Watched::new(provider, end.clone()));
        let base = if cached {
            base
        } else {
            base.identity_cache(IdentityCache::lazy().build())
        };
        Self::made_from(base, end)
    }

    /// Clients of a service that speaks S3's protocol: endpoint and credentials are its own, and of
    /// `base` only the HTTP client, time limits, retries and interceptors count. Whatever region is
    /// asked for, no request goes to another place. Makes no request.
    pub fn compatible(base: Builder, service: CompatibleService) -> Self {
        let (key, secret) = (service.access_key_id, service.secret_access_key);
        let credentials = Credentials::new(key, secret, None, None, "configuration");
        let base = base
            .endpoint_url(service.endpoint)
            .force_path_style(service.by_path)
            .credentials_provider(credentials)
            .identity_cache(IdentityCache::lazy().build())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .interceptor(ContentMd5);
        Self::of(Inner {
            base,
            end: End::default(),
            dialect: Dialect::Compatible { tags: service.tags },
            signed_for: service.signing_region,
            made: Mutex::default(),
        })
    }

    fn made_from(base: Builder, end: End) -> Self {
        Self::of(Inner {
            base,
            end,
            dialect: Dialect::Aws,
            signed_for: None,
            made: Mutex::default(),
        })
    }

    fn of(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
            moving: None,
        }
    }

    /// The same, but that calls which move bytes (writing or copying an object or a part,
    /// completing an upload) have these time limits and connections instead of `base`'s.
    #[must_use]
    pub fn moving_bytes_by(self, http: SharedHttpClient, limits: TimeoutConfig) -> Self {
        Self {
            moving: Some(Moving { limits, http }),
            ..self
        }
    }

    /// The client of a region. Its clones share connections and credentials. Makes no request.
    pub fn in_region(&self, region: &str) -> Client {
        // Nothing below can leave the map half-written, so a poisoned one is as good as any.
        let mut made = self
            .inner
            .made
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(region) {
            return client.clone();
        }
        let signed_for = self.inner.signed_for.as_deref().unwrap_or(region);
        let region_of_sdk = Region::new(signed_for.to_owned());
        let client = Client::from_conf(self.inner.base.clone().region(region_of_sdk).build());
        made.insert(region.to_owned(), client.clone());
        client
    }

    /// The client of a region for calls that move bytes.
    pub(crate) fn moving_bytes(&self, region: &str) -> Client {
        let client = self.in_region(region);
        let Some(Moving { limits, http }) = self.moving.clone() else {
            return client;
        };
        let base = client.config().to_builder();
        Client::from_conf(base.timeout_config(limits).http_client(http).build())
    }

    /// What may be asked of the service.
    pub(crate) fn dialect(&self) -> Dialect {
        self.inner.dialect
    }

    /// When the credentials of the last signature end, where their provider says so.
    pub(crate) fn credentials_end(&self) -> Option<Timestamp> {
        self.inner.end.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::config::BehaviorVersion;
    use std::time::Duration;

    fn limits(seconds: u64) -> TimeoutConfig {
        let limit = Duration::from_secs(seconds);
        TimeoutConfig::builder().operation_timeout(limit).build()
    }

    #[test]
    fn a_part_that_travels_far_is_given_more_time_than_a_look() {
        let http = aws_smithy_http_client::Builder::new().build_http();
        let base = Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .timeout_config(limits(3));
        let clients = S3Clients::new(base).moving_bytes_by(http, limits(600));
        let limit = |client: Client| {
            let limits = client.config().timeout_config().cloned();
            limits.and_then(|limits| limits.operation_timeout())
        };
        let looking = limit(clients.in_region("eu-central-1"));
        let moving = limit(clients.moving_bytes("eu-central-1"));
        assert_eq!(looking, Some(Duration::from_secs(3)));
        assert_eq!(moving, Some(Duration::from_secs(600)));
    }
}
