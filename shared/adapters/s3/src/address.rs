//! Where clients find objects: replicas, and originals in stores.

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::{Address, Method, PoolError};
use cloud_mirror_domain::time::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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

/// A key that no URL escapes.
const PLAIN_KEY: &str = "key";

/// What the SDK escapes of a key.
const IN_A_KEY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'/')
    .remove(b'_')
    .remove(b'~');

impl S3Pool {
    /// The address of an object for one request method.
    pub(crate) async fn address_of(&self, key: &str, method: Method) -> Result<Address, PoolError> {
        match self.settings.access {
            Access::Presigned => self.signed_address_of(key, method).await,
            Access::Public => Ok(Address {
                url: format!(
                    "{}{}",
                    self.public().await?,
                    utf8_percent_encode(key, IN_A_KEY)
                ),
                expires: None,
            }),
        }
    }

    async fn signed_address_of(&self, key: &str, method: Method) -> Result<Address, PoolError> {
        let now = self.clock.now();
        let signed = self.signing(key, method, now).signed().await?;
        Ok(Address {
            url: signed.uri().to_owned(),
            expires: Some(signature_ends(&self.clients, now)),
        })
    }

    /// What stands before the key in every public address. It is taken from a signed one, once, so that
    /// there is one place only which knows endpoints, partitions and buckets with dots: the SDK. (To
    /// sign each would be most of what a hit takes.)
    async fn public(&self) -> Result<&str, PoolError> {
        let found = self.public.get_or_try_init(|| async {
            let signing = self.signing(PLAIN_KEY, Method::Get, self.clock.now());
            let signed = signing.signed().await?;
            let plain = signed.uri().split('?').next().unwrap_or_default();
            let before = plain.strip_suffix(PLAIN_KEY).map(str::to_owned);
            before.ok_or_else(|| PoolError::Unavailable("an address without its key".to_owned()))
        });
        found.await.map(String::as_str)
    }

    fn signing<'a>(&'a self, key: &'a str, method: Method, now: Timestamp) -> Signing<'a> {
        Signing {
            client: &self.client,
            bucket: self.bucket(),
            key,
            method,
            now,
        }
    }
}

impl Signing<'_> {
    /// A signature is computed here. The SDK asks somebody only where credentials must be renewed.
    pub(crate) async fn signed(&self) -> Result<PresignedRequest, PoolError> {
        self.sign(str::to_owned).await
    }

    /// The same, saying that we pay. S3 takes it as a parameter of a signed URL, where the SDK would
    /// make a header of it, which no client knows of.
    pub(crate) async fn signed_as_payer(&self) -> Result<PresignedRequest, PoolError> {
        self.sign(paying).await
    }

    /// S3 knows a GET from a HEAD by its method alone. Both are made as a HEAD here: with a GET the SDK
    /// brings all that checks the bytes of an answer, whose tables would be a seventh of the redirect
    /// function's package (`docs/adr/0026`).
    async fn sign(
        &self,
        at: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Result<PresignedRequest, PoolError> {
        let method = match self.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
        };
        let request = self.client.head_object().bucket(self.bucket).key(self.key);
        let request = request.customize().map_request(move |mut request| {
            request.set_method(method)?;
            let uri = at(request.uri());
            request.set_uri(uri).map(|()| request)
        });
        let signed = request.presigned(self.config()?).await;
        signed.map_err(|e| failed(&e))
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

fn failed(error: &(dyn std::error::Error + 'static)) -> PoolError {
    PoolError::Unavailable(format!("signing an address: {}", chain(error)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_sdk_s3::Config;
    use aws_sdk_s3::config::{BehaviorVersion, Credentials};
    use cloud_mirror_domain::ports::Clock;
    use cloud_mirror_domain::url::KeyStyle;

    use super::*;
    use crate::S3PoolSettings;

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1_700_000_000_000)
        }
    }

    fn pool(bucket: &str, access: Access, endpoint: Option<&str>) -> S3Pool {
        let mut base = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"));
        base.set_endpoint_url(endpoint.map(str::to_owned));
        let settings = S3PoolSettings {
            bucket: bucket.to_owned(),
            region: "eu-central-1".to_owned(),
            access,
            lifespan: Duration::from_secs(86_400),
            key_style: KeyStyle::Host,
        };
        S3Pool::new(settings, S3Clients::new(base), Arc::new(Stopped))
    }

    #[tokio::test]
    async fn a_public_address_is_a_signed_one_without_its_signature() {
        let ascii: String = (b' '..=b'~').map(char::from).collect();
        let keys = [
            "host/a",
            "host:8443/a%2Fb",
            "h/a b?x=1&y",
            "/h//a/",
            "h/../a/.",
            "h/ä€😀",
            &ascii,
        ];
        for bucket in ["mirror", "with.dots"] {
            for endpoint in [
                None,
                Some("http://127.0.0.1:9"),
                Some("https://s3.example.com/under"),
            ] {
                let [public, signed] = [Access::Public, Access::Presigned]
                    .map(|access| pool(bucket, access, endpoint));
                for key in keys {
                    let public = public.address_of(key, Method::Get).await.unwrap();
                    let signed = signed.address_of(key, Method::Get).await.unwrap();
                    let unsigned = signed.url.split('?').next();
                    assert_eq!(
                        Some(&*public.url),
                        unsigned,
                        "{key} in {bucket} at {endpoint:?}"
                    );
                }
            }
        }
    }
}
