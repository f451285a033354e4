//! How the two clients are built, and what they put up with.

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::rules::SourceRule;
use http::{HeaderMap, HeaderValue, header};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

use crate::names::Names;
use crate::resolver::Resolver;

const USER_AGENT: &str = concat!("cloud-mirror/", env!("CARGO_PKG_VERSION"));

/// What a fetch puts up with. There is no limit on a whole body, neither of its time nor of its size:
/// a large object may take long, and how large one may be is the rule's matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long resolving and connecting, TLS included, may take. Shorter than `progress`, or a
    /// source that cannot be reached looks like one that says nothing.
    pub connect: Duration,
    /// How long a source may let us wait for its answer, and then for each next piece of the
    /// body. Time in which nobody reads the body does not count.
    pub progress: Duration,
    /// How many bytes the names and values of one answer's headers may have together. A source
    /// needs a few hundred. Independently of this, an answer of more than 100 lines is refused, as
    /// is a head of more than some 400 kB before it was read to its end: these are the HTTP
    /// library's own limits.
    pub headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            progress: cloud_mirror_body::PROGRESS,
            headers: 64 * 1024,
        }
    }
}

/// Why no source could be made. It is ours, never the source's.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The TLS library refused its configuration.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP library refused its configuration.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

/// One client per permission. Two, because a client keeps its connections: one that was opened
/// for a rule with `allow_private` must never serve a rule without.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    strict: Client,
    permissive: Client,
    limits: Limits,
    names: Arc<dyn Names>,
}

impl Clients {
    pub(crate) fn new(limits: Limits, names: Arc<dyn Names>) -> Result<Self, BuildError> {
        let tls = tls()?;
        let client = |resolver| builder(tls.clone(), limits).dns_resolver(resolver).build();
        Ok(Self {
            strict: client(Resolver::public_only(Arc::clone(&names)))?,
            permissive: client(Resolver::of_everything(Arc::clone(&names)))?,
            limits,
            names,
        })
    }

    /// The client that a rule may use.
    pub(crate) fn for_rule(&self, rule: &SourceRule) -> &Client {
        if rule.allow_private {
            &self.permissive
        } else {
            &self.strict
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn names(&self) -> &dyn Names {
        &*self.names
    }
}

/// A client without a rule, for what somebody asks for on a machine of theirs: it connects wherever
/// they say. TLS, headers and the rest are as for sources: nothing is decompressed, no redirect is
/// followed, no proxy is taken from the environment.
pub fn unruled(limits: Limits) -> Result<Client, BuildError> {
    Ok(unruled_builder(limits)?.build()?)
}

/// The same before it is built: a store's adapter has limits of its own on requests and idle
/// connections. Of `limits` it has `connect` only.
pub fn unruled_builder(limits: Limits) -> Result<ClientBuilder, BuildError> {
    Ok(builder(tls()?, limits))
}

/// reqwest's own `read_timeout` is not used: it also runs while nobody reads, so that a copy which
/// waits for its pool would be told that the source had stopped.
fn builder(tls: ClientConfig, limits: Limits) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(limits.connect)
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .user_agent(USER_AGENT)
        .default_headers(identity())
}

/// Objects are stored as they are: a server must not compress them on the way.
fn identity() -> HeaderMap {
    HeaderMap::from_iter([(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    )])
}

/// Mozilla's roots, compiled in: a function's image need not hold any, and every place trusts the
/// same. The provider is given here because a process-wide one would be a hidden order of start.
///
/// # Errors
/// None that a released program has.
pub fn tls() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
