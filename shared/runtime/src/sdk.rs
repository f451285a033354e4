//! AWS's SDK, set up once for every client: TLS, credentials, time limits.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, tls};
use cloud_mirror_config::Env;
use cloud_mirror_s3::S3Clients;

/// A connection that nobody used for so long is not used again. While a function's environment
/// is frozen its connections die unheard; those that died younger are found out by a time limit.
const IDLE: Duration = Duration::from_secs(15);

/// A first try and two more, all within one request's grace.
const ATTEMPTS: u32 = 3;

/// What every client is made from.
pub(crate) struct Sdk {
    pub(crate) config: SdkConfig,
    /// Emulators and many other stores are reached by address, where a bucket cannot be part of
    /// the host's name.
    s3_by_path: bool,
}

impl Sdk {
    /// Credentials, region and endpoints as the environment names them, with the limits of calls
    /// that a client waits for.
    pub(crate) async fn load(env: &dyn Env) -> Self {
        let http = Builder::new()
            .pool_idle_timeout(IDLE)
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http)
            .timeout_config(quick())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .load()
            .await;
        let endpoints = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
        let s3_by_path = endpoints.iter().any(|name| env.get(name).is_some());
        Self { config, s3_by_path }
    }

    /// Clients of S3, one for each region.
    pub(crate) fn s3_clients(&self) -> S3Clients {
        let base =
            aws_sdk_s3::config::Builder::from(&self.config).force_path_style(self.s3_by_path);
        let clients = match self.config.credentials_provider() {
            Some(provider) => S3Clients::with_credentials(base, provider),
            None => S3Clients::new(base),
        };
        clients.moving_bytes_within(patient())
    }
}

/// For what answers at once or not at all: table, queue, a look at an object. All tries together
/// end within the redirect function's grace, so that its client still goes to the origin.
fn quick() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(700))
        .operation_attempt_timeout(Duration::from_millis(1_200))
        .operation_timeout(Duration::from_millis(3_500))
        .build()
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
