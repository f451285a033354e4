//! What is there of a deployment, looked at from outside: for an operator who asks what is wrong.
//!
//! Nothing here judges. Every look reads only, may be repeated, and fails by itself.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use cloud_mirror_config::{Config, Env};
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::{Clock, LookError};
use cloud_mirror_domain::rules::{PoolId, Store};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_http::{Limits, unruled};
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use cloud_mirror_dynamodb::{KEY, TTL, TableHealth, TableKey};
pub use cloud_mirror_s3::{BucketHealth, BucketSettings, S3Pool, SourceHealth};
pub use cloud_mirror_sqs::QueueHealth;

use crate::providers::{is_s3, s3_clients, s3_pools};
use crate::sdk::Sdk;
use crate::{ApiSigner, AwsError, SignError, SystemClock};

/// How long a plain request may take: a function that starts cold is slow, but not so slow.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an address answered to a plain GET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// What time the answering machine says it is, in whole seconds.
    pub date: Option<Timestamp>,
    /// The body.
    pub body: String,
}

/// How many functions may run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// Of the whole account, in this region.
    pub account: u64,
    /// Of them, those that no function has for itself.
    pub unreserved: u64,
    /// Those that the named function has for itself; `None` where it has no share, or none is
    /// named.
    pub reserved: Option<u64>,
}

/// Looks at what the environment names, with the operator's own credentials.
pub struct Observer {
    sdk: Sdk,
    signer: ApiSigner,
    table_endpoint: Option<String>,
    lambda_endpoint: Option<String>,
}

impl Observer {
    /// Credentials, region and endpoints as the environment names them. Makes no request yet.
    pub async fn load(env: &dyn Env) -> Self {
        let sdk = Sdk::load(env).await;
        let region = sdk.config.region().map(ToString::to_string);
        let endpoint = |service: &str| endpoint(env, service, region.as_deref());
        Self {
            signer: ApiSigner::of(sdk.config.clone()),
            table_endpoint: endpoint("DYNAMODB"),
            lambda_endpoint: endpoint("LAMBDA"),
            sdk,
        }
    }

    /// The region that table, queues and functions are looked for in.
    pub fn region(&self) -> Option<&str> {
        self.sdk.config.region().map(AsRef::as_ref)
    }

    /// Where the table answers; `None` where neither a region nor an endpoint is set.
    pub fn table_endpoint(&self) -> Option<&str> {
        self.table_endpoint.as_deref()
    }

    /// Why there are no credentials, if there are none. Asks whoever gives them out.
    pub async fn credentials(&self) -> Result<(), String> {
        match self.signer.credentials().await {
            Ok(_) => Ok(()),
            // Its own words say what to do, which is not for a look to say.
            Err(SignError::Credentials(why)) => Err(why),
            Err(other) => Err(other.to_string()),
        }
    }

    /// How the table of that name is.
    pub async fn table(&self, name: &str) -> TableHealth {
        cloud_mirror_dynamodb::table_health(&self.sdk.dynamodb(), name).await
    }

    /// How the queue of that URL is.
    pub async fn queue(&self, url: &str) -> Result<QueueHealth, LookError> {
        cloud_mirror_sqs::queue_health(&self.sdk.sqs(), url).await
    }

    /// The pools of a configuration that are in S3, or in a service that speaks its protocol, in its
    /// order, to be asked for their health.
    ///
    /// # Errors
    /// Where a pool is a folder.
    pub fn pools(&self, config: &Config) -> Result<Vec<(PoolId, S3Pool)>, AwsError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        s3_pools(config, &self.sdk, &clock)
    }

    /// Whether [`Self::source`] can look at a store: other clouds' are not looked at.
    pub fn knows(config: &Config, store: &Store) -> bool {
        is_s3(config, &store.provider, &store.region)
    }

    /// How a source's bucket answers these credentials, which are not the copier's; or, at a service
    /// that speaks S3's protocol, those that the configuration has for it.
    pub async fn source(&self, config: &Config, store: &Store) -> Result<SourceHealth, LookError> {
        let unknown = || LookError::Failed(format!("{} is not looked at", store.provider));
        let clients = s3_clients(config, &self.sdk, &store.provider, &store.region);
        cloud_mirror_s3::source_health(&clients.ok_or_else(unknown)?, store).await
    }

    /// How many functions the account may run at once in this region, and whether the function of
    /// that name, where one is named, has a share of its own. IAM: `lambda:GetAccountSettings`,
    /// `lambda:GetFunctionConcurrency`. Signed GETs: the SDK's client for Lambda, with all its
    /// operations, was not worth linking for them.
    pub async fn concurrency(&self, function: Option<&str>) -> Result<Concurrency, LookError> {
        let path = "2016-08-19/account-settings/";
        let settings: AccountSettings = self.lambda("GetAccountSettings", path).await?;
        let reserved = match function {
            None => None,
            Some(name) => {
                let path = format!("2019-09-30/functions/{name}/concurrency");
                let share: Share = self.lambda("GetFunctionConcurrency", &path).await?;
                share.reserved
            }
        };
        Ok(Concurrency {
            account: settings.limit.account,
            unreserved: settings.limit.unreserved,
            reserved,
        })
    }

    async fn lambda<T: DeserializeOwned>(&self, action: &str, path: &str) -> Result<T, LookError> {
        let failed = |words: String| LookError::Failed(format!("{action}: {words}"));
        let endpoint = self.lambda_endpoint.as_ref();
        let endpoint = endpoint.ok_or_else(|| failed("no region is set".to_owned()))?;
        let url = format!("{endpoint}/{path}");
        let headers = self.signer.headers_for("lambda", "GET", &url, None);
        let headers = headers.await.map_err(|error| failed(error.to_string()))?;
        let answer = get(&url, &headers).await?;
        match answer.status {
            200 => serde_json::from_str(&answer.body)
                .map_err(|error| failed(format!("the answer cannot be read: {error}"))),
            403 => Err(LookError::Denied(format!("{action}: 403"))),
            other => Err(failed(other.to_string())),
        }
    }

    /// What an address answers to whoever asks, unsigned.
    pub async fn ask(&self, url: &str) -> Result<Answer, LookError> {
        get(url, &[]).await
    }
}

#[derive(Deserialize)]
struct AccountSettings {
    #[serde(rename = "AccountLimit")]
    limit: AccountLimit,
}

#[derive(Deserialize)]
struct AccountLimit {
    #[serde(rename = "ConcurrentExecutions")]
    account: u64,
    #[serde(rename = "UnreservedConcurrentExecutions")]
    unreserved: u64,
}

/// Without a share of its own a function's answer is empty.
#[derive(Deserialize)]
struct Share {
    #[serde(rename = "ReservedConcurrentExecutions")]
    reserved: Option<u64>,
}

async fn get(url: &str, headers: &[(String, String)]) -> Result<Answer, LookError> {
    let unreachable = |error: &(dyn std::error::Error + 'static)| {
        LookError::Unreachable(format!("GET {url}: {}", chain(error)))
    };
    let client = unruled(Limits::default()).map_err(|error| unreachable(&error))?;
    let mut asking = client.get(url).timeout(PATIENCE);
    for (name, value) in headers {
        asking = asking.header(name, value);
    }
    let answer = asking.send().await.map_err(|error| unreachable(&error))?;
    let date = answer
        .headers()
        .get("date")
        .and_then(|date| moment(date.to_str().ok()?));
    Ok(Answer {
        status: answer.status().as_u16(),
        date,
        body: answer.text().await.map_err(|error| unreachable(&error))?,
    })
}

fn moment(date: &str) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(date).ok()?;
    Some(Timestamp::default() + date.duration_since(UNIX_EPOCH).ok()?)
}

/// Where a service of AWS answers: as the environment says, else as AWS calls it.
fn endpoint(env: &dyn Env, service: &str, region: Option<&str>) -> Option<String> {
    let own = format!("AWS_ENDPOINT_URL_{service}");
    let given = env.get(&own).or_else(|| env.get("AWS_ENDPOINT_URL"));
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return Some(given.trim_end_matches('/').to_owned());
    }
    let (service, region) = (service.to_ascii_lowercase(), region?);
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    Some(format!("https://{service}.{region}.{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_service_is_asked_where_the_environment_says_or_aws_does() {
        let set =
            |name: &str| BTreeMap::from([(name.to_owned(), "http://127.0.0.1:1/".to_owned())]);
        let asked = |env: &dyn Env, region| endpoint(env, "LAMBDA", region);
        let local = Some("http://127.0.0.1:1".to_owned());
        assert_eq!(asked(&set("AWS_ENDPOINT_URL_LAMBDA"), None), local);
        assert_eq!(asked(&set("AWS_ENDPOINT_URL"), Some("eu-west-1")), local);
        for (region, expected) in [
            ("eu-west-1", "https://lambda.eu-west-1.amazonaws.com"),
            ("cn-north-1", "https://lambda.cn-north-1.amazonaws.com.cn"),
        ] {
            let at_aws = asked(&set("AWS_ENDPOINT_URL_S3"), Some(region));
            assert_eq!(at_aws.as_deref(), Some(expected));
        }
        assert_eq!(asked(&set("AWS_ENDPOINT_URL_S3"), None), None);
    }
}
