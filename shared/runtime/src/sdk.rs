//! AWS's SDK, set up once for every client: TLS, credentials, time limits.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, tls};
use cloud_mirror_config::Env;
use cloud_mirror_s3::{CompatibleService, S3Clients};

use crate::calls::Calls;

/// A connection that nobody used for so long is not used again.
const IDLE: Duration = Duration::from_secs(15);

/// A first try and five more, all within one request's grace. The first pauses are short, because
/// most of what fails once has found a dead connection; the later ones are for an item of which a
/// herd has asked for more than its share.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// What every client is made from.
pub(crate) struct Sdk {
    pub(crate) config: SdkConfig,
    /// Emulators and many other stores are reached by address, where a bucket cannot be part of
    /// the host's name.
    s3_by_path: bool,
    /// Between two invocations a function's environment is frozen.
    frozen: bool,
}

impl Sdk {
    /// Credentials, region and endpoints as the environment names them, with the limits of calls
    /// that a client waits for.
    pub(crate) async fn load(env: &dyn Env) -> Self {
        let frozen = env.get("AWS_LAMBDA_FUNCTION_NAME").is_some();
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client(frozen.then_some(1)))
            .timeout_config(quick(700, 1_200))
            .retry_config(retries());
        // The SDK would find the same variable in the process; here it may come from a stack's outputs.
        let region = env.get("AWS_REGION").filter(|region| !region.is_empty());
        let loader = match region {
            Some(region) => loader.region(Region::new(region)),
            None => loader,
        };
        let config = loader.load().await;
        let endpoints = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
        let s3_by_path = endpoints.iter().any(|name| env.get(name).is_some());
        Self {
            config,
            s3_by_path,
            frozen,
        }
    }

    /// Exactly this, with AWS's own endpoints.
    #[cfg(test)]
    pub(crate) fn of(config: SdkConfig) -> Self {
        Self {
            config,
            s3_by_path: false,
            frozen: false,
        }
    }

    /// The client of the table.
    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::config::Builder::from(&self.config).interceptor(Calls);
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// The client of the queues.
    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::config::Builder::from(&self.config).interceptor(Calls);
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// Clients of S3, one for each region.
    pub(crate) fn s3_clients(&self) -> S3Clients {
        let base = aws_sdk_s3::config::Builder::from(&self.config)
            .interceptor(Calls)
            .force_path_style(self.s3_by_path)
            .timeout_config(looks());
        let clients = match self.config.credentials_provider() {
            Some(provider) => S3Clients::with_credentials(base, provider),
            None => S3Clients::new(base),
        };
        self.moving_bytes(clients)
    }

    /// Clients of a service that speaks S3's protocol, with the same limits. Of the environment nothing
    /// is taken over: neither AWS's credentials nor its endpoints mean anything there. Nor are its
    /// requests told of as calls, by which AWS's rights are known.
    pub(crate) fn compatible_clients(&self, service: CompatibleService) -> S3Clients {
        let base = aws_sdk_s3::config::Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(http_client(self.frozen.then_some(1)))
            .retry_config(retries())
            .timeout_config(looks());
        self.moving_bytes(S3Clients::compatible(base, service))
    }

    fn moving_bytes(&self, clients: S3Clients) -> S3Clients {
        clients.moving_bytes_by(http_client(self.frozen.then_some(0)), patient())
    }

    /// Whether the environment is frozen between two invocations.
    #[cfg(feature = "gcs")]
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen
    }
}

/// While an environment is frozen its connections die unheard. A call that is to be quick finds
/// that out by its time limit, and every try may meet another dead one: so at most one connection is
/// kept, for the second try to be a new one. A call that moves bytes may rightly take minutes and
/// finds out nothing: it always begins on a new connection. A process that is never frozen keeps
/// as many as it likes.
fn http_client(most_idle: Option<usize>) -> SharedHttpClient {
    let mut builder = Builder::new().pool_idle_timeout(IDLE);
    if let Some(most) = most_idle {
        builder = builder.pool_max_idle_per_host(most);
    }
    let tls = tls::Provider::Rustls(CryptoMode::Ring);
    builder.tls_provider(tls).build_https()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(PAUSE)
        .with_max_backoff(LONGEST_PAUSE)
}

/// For what answers at once or not at all: table, queue, a look at an object. All tries together
/// end within the redirect function's grace, so that its client still goes to the origin.
fn quick(connect_milliseconds: u64, try_milliseconds: u64) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(connect_milliseconds))
        .operation_attempt_timeout(Duration::from_millis(try_milliseconds))
        .operation_timeout(Duration::from_millis(3_500))
        .build()
}

/// The same for looks at objects: a pool may be at the other end of the world, and a first connection
/// takes three ways there and back.
fn looks() -> TimeoutConfig {
    quick(1_500, 2_000)
}

/// For calls that move bytes: a part of a copy between distant regions may take minutes. What
/// ends them in time is the run's lease and the invocation's end.
fn patient() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(300))
        .operation_timeout(Duration::from_secs(600))
        .build()
}

#[cfg(test)]
mod tests;
