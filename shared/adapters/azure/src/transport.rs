//! The HTTP clients, and what a call puts up with.

use std::time::Duration;

use object_store::client::{HttpClient, HttpConnector};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::ClientConfig;

use crate::client::BuildError;

const USER_AGENT: &str = concat!("cloud-mirror/", env!("CARGO_PKG_VERSION"));

/// A connection that nobody used for so long is not used again.
const IDLE: Duration = Duration::from_secs(15);

/// A first try and five more, all within the limits below.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// How long a call may take; the figures are those of the other clouds' clients
/// (docs/adr/0010-calls-to-aws-end-in-time.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// For what a client of ours waits for: all tries end within the redirect function's grace.
    Quick,
    /// For what moves bytes, which a lease and the invocation's end limit.
    Patient,
}

impl Patience {
    /// How long one try may take until its answer begins.
    pub(crate) fn each_try(self) -> Duration {
        match self {
            Self::Quick => Duration::from_secs(2),
            Self::Patient => Duration::from_secs(300),
        }
    }

    /// How long all tries together may take, credentials included.
    pub(crate) fn all_tries(self) -> Duration {
        match self {
            Self::Quick => Duration::from_millis(3_500),
            Self::Patient => Duration::from_secs(600),
        }
    }

    /// How long to pause after that many tries; none where it was the last.
    pub(crate) fn pause_after(tries: u32) -> Option<Duration> {
        let pause = PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(8));
        (tries < ATTEMPTS).then_some(pause.min(LONGEST_PAUSE))
    }
}

/// One client for each kind of call, and one for credentials.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    quick: Client,
    patient: Client,
    pub(crate) credentials: Credentials,
}

impl Clients {
    /// `frozen` says that this process is stopped between calls, so that connections die unheard: a
    /// quick call finds a dead one out by its first try's limit and must not meet a second; one that
    /// moves bytes would find out nothing for minutes, and always begins on a new connection.
    pub(crate) fn new(frozen: bool) -> Result<Self, BuildError> {
        let tls = cloud_mirror_http::tls()?;
        let client = |connect: u64, idle: Option<usize>| {
            let builder = builder(tls.clone(), Duration::from_millis(connect));
            idle.into_iter()
                .fold(builder, ClientBuilder::pool_max_idle_per_host)
        };
        Ok(Self {
            quick: client(1_500, frozen.then_some(1)).build()?,
            patient: client(3_000, frozen.then_some(0)).build()?,
            credentials: Credentials(
                client(1_000, frozen.then_some(1))
                    .timeout(Patience::Quick.each_try())
                    .build()?,
            ),
        })
    }

    pub(crate) fn with(&self, patience: Patience) -> &Client {
        match patience {
            Patience::Quick => &self.quick,
            Patience::Patient => &self.patient,
        }
    }
}

/// The client by which `object_store` asks for credentials. It is one of ours, because the crate's
/// own brings other roots and no limit that suits a waiting client.
#[derive(Clone, Debug)]
pub(crate) struct Credentials(Client);

impl HttpConnector for Credentials {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// Of requests for credentials; the crate's defaults are ten retries in three minutes.
pub(crate) fn credential_retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: PAUSE,
            max_backoff: LONGEST_PAUSE,
            base: 2.0,
        },
        max_retries: 2,
        retry_timeout: Patience::Quick.all_tries(),
    }
}

fn builder(tls: ClientConfig, connect: Duration) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(connect)
        .pool_idle_timeout(IDLE)
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .user_agent(USER_AGENT)
}
