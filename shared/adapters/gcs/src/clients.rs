//! Credentials and connections.

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_http::{BuildError, Limits, unruled_builder};
use object_store::client::{HttpClient, HttpConnector};
use object_store::gcp::{
    GcpCredentialProvider, GcpSigningCredentialProvider, GoogleCloudStorageBuilder, GoogleConfigKey,
};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use reqwest::Client;
use thiserror::Error;

/// Where Google's service is reached.
const ENDPOINT: &str = "https://storage.googleapis.com";

/// A whole quick call, from asking for a token or a signature: a client is waiting for it.
pub(crate) const QUICK: Duration = Duration::from_millis(3_500);

/// One try of a quick call.
const QUICK_TRY: Duration = Duration::from_secs(2);

/// A Lambda environment's idle connections die unheard while it is frozen: few, and not for long.
const IDLE_FROZEN: Duration = Duration::from_secs(15);

/// Variables that hold or name credentials, as `object_store` calls them.
const CREDENTIALS: [(&str, GoogleConfigKey); 4] = [
    (
        "GOOGLE_SERVICE_ACCOUNT_KEY",
        GoogleConfigKey::ServiceAccountKey,
    ),
    ("GOOGLE_SERVICE_ACCOUNT", GoogleConfigKey::ServiceAccount),
    (
        "GOOGLE_APPLICATION_CREDENTIALS",
        GoogleConfigKey::ApplicationCredentials,
    ),
    ("GOOGLE_BEARER_TOKEN", GoogleConfigKey::BearerToken),
];

/// Why there are no clients.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The credentials cannot be used. What exactly is wrong with them is not said: it might quote
    /// them.
    #[error(
        "the Google credentials in {0} cannot be used: GOOGLE_SERVICE_ACCOUNT_KEY holds a service account's key (JSON), GOOGLE_SERVICE_ACCOUNT names a file with one, GOOGLE_APPLICATION_CREDENTIALS names a file of application default credentials; set one of them"
    )]
    Credentials(&'static str),
    /// TLS or the HTTP client cannot be set up.
    #[error(transparent)]
    Http(#[from] BuildError),
}

impl From<reqwest::Error> for OpenError {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.into())
    }
}

/// Clients of Google Cloud Storage for every bucket. Clones share credentials and connections.
#[derive(Clone)]
pub struct GcsClients {
    inner: Arc<Inner>,
}

struct Inner {
    quick: Client,
    mover: Client,
    credentials: GcpCredentialProvider,
    signing: GcpSigningCredentialProvider,
    endpoint: String,
    project: Option<String>,
}

impl GcsClients {
    /// Clients with the credentials that the environment names, asked for by `env`: the first that is
    /// set of `GOOGLE_SERVICE_ACCOUNT_KEY` (the text of a service account's key), `GOOGLE_SERVICE_ACCOUNT`
    /// (the path of one), `GOOGLE_APPLICATION_CREDENTIALS` (the path of application default
    /// credentials) and `GOOGLE_BEARER_TOKEN` (a token that is never renewed, for trials). Where none
    /// is set: the application default credentials in the user's own folder, else the metadata server
    /// of Google's machines (workload identity). Makes no request.
    ///
    /// `GOOGLE_CLOUD_PROJECT` is the project that new buckets belong to, and that pays for objects
    /// whose readers must. `GOOGLE_BASE_URL`, or `STORAGE_EMULATOR_HOST`, is another endpoint.
    ///
    /// `frozen`: this process is a Lambda environment, which is frozen between two invocations.
    ///
    /// # Errors
    /// Where credentials are set that cannot be used; the words do not quote them.
    pub fn open(env: &dyn Fn(&str) -> Option<String>, frozen: bool) -> Result<Self, OpenError> {
        let quick = client(Duration::from_millis(1_500), frozen.then_some(1))?
            .timeout(QUICK_TRY)
            .build()?;
        // A call that moves bytes would find out for minutes nothing of a connection that is dead.
        let mover = client(Duration::from_secs(3), frozen.then_some(0))?.build()?;
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let (credentials, signing) = credentials(&quick, &set)?;
        let inner = Inner {
            credentials,
            signing,
            endpoint: set("GOOGLE_BASE_URL")
                .or_else(|| set("STORAGE_EMULATOR_HOST"))
                .map_or_else(|| ENDPOINT.to_owned(), |text| endpoint(&text)),
            project: set("GOOGLE_CLOUD_PROJECT"),
            quick,
            mover,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// For calls that a client waits for.
    pub(crate) fn quick(&self) -> &Client {
        &self.inner.quick
    }

    /// For calls that move bytes: no limit on a whole call.
    pub(crate) fn mover(&self) -> &Client {
        &self.inner.mover
    }

    /// Where the service is, without a slash at its end.
    pub(crate) fn endpoint(&self) -> &str {
        &self.inner.endpoint
    }

    /// Who pays for what has to be paid, and owns new buckets.
    pub(crate) fn project(&self) -> Option<&str> {
        self.inner.project.as_deref()
    }

    /// A bearer token. `object_store` keeps one until shortly before its end.
    pub(crate) async fn token(&self) -> object_store::Result<String> {
        let credential = self.inner.credentials.get_credential().await?;
        Ok(credential.bearer.clone())
    }

    /// `object_store`'s own client, for signatures only, of what it takes for a bucket.
    pub(crate) fn signing(
        &self,
        bucket: String,
    ) -> object_store::Result<object_store::gcp::GoogleCloudStorage> {
        builder(&self.inner.quick)
            .with_base_url(&self.inner.endpoint)
            .with_bucket_name(bucket)
            .with_credentials(Arc::clone(&self.inner.credentials))
            .with_signing_credentials(Arc::clone(&self.inner.signing))
            .build()
    }
}

/// What fetches tokens and what signs, by the first variable that is set.
fn credentials(
    http: &Client,
    set: &dyn Fn(&str) -> Option<String>,
) -> Result<(GcpCredentialProvider, GcpSigningCredentialProvider), OpenError> {
    let chosen = CREDENTIALS.iter().find_map(|(name, key)| {
        let value = set(name)?;
        Some((*name, *key, value))
    });
    let (named, builder) = match chosen {
        Some((name, key, value)) => (name, builder(http).with_config(key, value)),
        None => ("the user's own folder", builder(http)),
    };
    // Credentials do not depend on the bucket, but the builder wants one.
    let store = builder.with_bucket_name("any").build();
    let store = store.map_err(|_| OpenError::Credentials(named))?;
    Ok((
        store.credentials().clone(),
        store.signing_credentials().clone(),
    ))
}

/// `idle` is how many idle connections a host may have; as many as it likes where that is not said.
fn client(connect: Duration, idle: Option<usize>) -> Result<reqwest::ClientBuilder, BuildError> {
    let limits = Limits {
        connect,
        ..Limits::default()
    };
    let builder = unruled_builder(limits)?;
    Ok(match idle {
        Some(most) => builder
            .pool_max_idle_per_host(most)
            .pool_idle_timeout(IDLE_FROZEN),
        None => builder,
    })
}

/// The crate's own retries may take three minutes; whoever waits here has seconds.
fn builder(http: &Client) -> GoogleCloudStorageBuilder {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(50),
        max_backoff: Duration::from_millis(500),
        base: 2.0,
    };
    GoogleCloudStorageBuilder::new()
        .with_http_connector(Shared(http.clone()))
        .with_retry(RetryConfig {
            backoff,
            max_retries: 2,
            retry_timeout: QUICK,
        })
}

fn endpoint(text: &str) -> String {
    let bare = text.trim_end_matches('/');
    if bare.contains("://") {
        bare.to_owned()
    } else {
        format!("http://{bare}")
    }
}

/// Has `object_store` use our connections, and so our TLS and limits.
#[derive(Debug)]
struct Shared(Client);

impl HttpConnector for Shared {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Clients with a token.
    pub(crate) fn with_token() -> GcsClients {
        open(&[("GOOGLE_BEARER_TOKEN", "token")]).unwrap()
    }

    /// The same, for whom somebody else signs.
    pub(crate) fn with_signer(signing: GcpSigningCredentialProvider) -> GcsClients {
        let GcsClients { inner } = with_token();
        let inner = Inner {
            quick: inner.quick.clone(),
            mover: inner.mover.clone(),
            credentials: Arc::clone(&inner.credentials),
            signing,
            endpoint: inner.endpoint.clone(),
            project: None,
        };
        GcsClients {
            inner: Arc::new(inner),
        }
    }

    fn open(variables: &[(&str, &str)]) -> Result<GcsClients, OpenError> {
        let get = |wanted: &str| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        };
        GcsClients::open(&get, true)
    }

    #[test]
    fn credentials_that_cannot_be_used_are_named_and_never_quoted() {
        for bent in ["\"secret\"", "{\"private_key\": \"secret\"}", "secret"] {
            let error = open(&[("GOOGLE_SERVICE_ACCOUNT_KEY", bent)]).err().unwrap();
            let text = format!("{error} {error:?}");
            assert!(text.contains("GOOGLE_SERVICE_ACCOUNT_KEY"), "{text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn another_endpoint_may_lack_its_scheme() {
        let token = ("GOOGLE_BEARER_TOKEN", "token");
        for (name, value, expected) in [
            ("STORAGE_EMULATOR_HOST", "localhost:1", "http://localhost:1"),
            ("STORAGE_EMULATOR_HOST", "http://a:1/", "http://a:1"),
            ("GOOGLE_BASE_URL", "https://a", "https://a"),
            ("GOOGLE_BASE_URL", "", ENDPOINT),
        ] {
            let clients = open(&[token, (name, value)]).unwrap();
            assert_eq!(clients.endpoint(), expected, "{name} {value}");
        }
    }

    #[tokio::test]
    async fn a_token_that_is_given_is_the_one_that_is_used() {
        let clients = with_token();
        assert_eq!(clients.token().await.unwrap(), "token");
    }
}
