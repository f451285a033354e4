//! Requests to an API that lets in only whom IAM allows: signed with Signature Version 4.

use std::time::{Duration, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_sdk_s3::config::{Credentials, ProvideCredentials as _};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use cloud_mirror_config::Env;
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::Clock as _;
use thiserror::Error;

use crate::SystemClock;
use crate::sdk::Sdk;

/// What an API of API Gateway is called in signatures.
const SERVICE: &str = "execute-api";

/// Signs requests with the caller's own credentials, which are found where the SDK looks for them.
pub struct ApiSigner {
    config: SdkConfig,
}

/// Why a request cannot be signed.
#[derive(Debug, Error)]
pub enum SignError {
    /// No credentials.
    #[error(
        "no AWS credentials to sign with ({0}); log in (`aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    Credentials(String),
    /// Nothing says which region the API is in.
    #[error("nothing says which region the API is in; set AWS_REGION to it")]
    Region,
    /// The request is none that can be signed.
    #[error("the request cannot be signed: {0}")]
    Request(String),
}

impl ApiSigner {
    /// Credentials and region as the environment names them. Makes no request yet.
    pub async fn load(env: &dyn Env) -> Self {
        let config = Sdk::load(env).await.config;
        Self { config }
    }

    /// The same, as a set-up that there is already names them.
    pub(crate) fn of(config: SdkConfig) -> Self {
        Self { config }
    }

    /// The headers that make a request without a body a signed one. `region` is the API's; without
    /// it the environment's counts. May ask for credentials; may be repeated, and must be for each
    /// request: a signature is good for five minutes.
    pub async fn headers(
        &self,
        method: &str,
        url: &str,
        region: Option<&str>,
    ) -> Result<Vec<(String, String)>, SignError> {
        self.headers_for(SERVICE, method, url, region).await
    }

    /// The same for a service of AWS that has this name in signatures.
    pub(crate) async fn headers_for(
        &self,
        service: &str,
        method: &str,
        url: &str,
        region: Option<&str>,
    ) -> Result<Vec<(String, String)>, SignError> {
        let own = self.config.region().map(AsRef::as_ref);
        let region = region.or(own).ok_or(SignError::Region)?;
        let identity = self.credentials().await?.into();
        let now = UNIX_EPOCH + Duration::from_millis(SystemClock.now().as_millis());
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service)
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| SignError::Request(chain(&error)))?
            .into();
        let no_body = SignableBody::Bytes(&[]);
        let signed = SignableRequest::new(method, url, std::iter::empty(), no_body)
            .and_then(|request| sign(request, &params))
            .map_err(|error| SignError::Request(chain(&error)))?;
        let headers = signed.output().headers();
        Ok(headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    pub(crate) async fn credentials(&self) -> Result<Credentials, SignError> {
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or_else(|| SignError::Credentials("none are set".to_owned()))?;
        let provided = provider.provide_credentials().await;
        provided.map_err(|error| SignError::Credentials(chain(&error)))
    }
}
