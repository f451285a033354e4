//! A client of a mirror's HTTP API, for every command that asks one.
//!
//! | look in | for |
//! |---|---|
//! | `address` | the addresses that are asked, base64url only |
//! | `answer` | what a mirror answers |
//! | `access` | how a request says whose it is: a signature, a token |
//! | `error` | why there is no answer, and what to do |

mod access;
mod address;
mod answer;
mod error;
mod pool;

pub use address::{Base, Verb};
pub use answer::{Answer, Known, KnownPool, Ping, Purged, Redirected};
pub use error::MirrorError;
pub(crate) use error::cause;
pub use pool::WantedPool;

use std::time::Duration;

use cloud_mirror_config::Env;
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_http::{Limits, unruled};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use reqwest::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;

use super::OperatorError;
use super::outputs::{Deployment, Facts};
use access::Access;

/// As many hops as a mirror ever sends a client on.
const MAX_HOPS: u8 = 3;

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// How long a mirror may take to begin its answer: an HTTP API ends a request after 30 s, and
/// `serve` when its own budget ends, which a configuration may stretch.
const ANSWER: Duration = Duration::from_secs(120);

/// Which mirror is meant.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(skip)]
pub struct Address {
    /// The mirror's address; without it the Endpoint of --outputs, else http://127.0.0.1:8080.
    #[arg(
        long,
        env = "CLOUD_MIRROR_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub mirror: Option<String>,
    /// The deployment.
    #[command(flatten)]
    pub deployment: Deployment,
}

impl Address {
    /// Where it is, and what is known of its deployment. Reads the file of outputs; asks nobody.
    pub fn read<'a>(&self, env: &'a dyn Env) -> Result<(Base, Facts<'a>), OperatorError> {
        let facts = self.deployment.read(env)?;
        let base = Base::of(self.mirror.as_deref(), &facts)?;
        Ok((base, facts))
    }
}

/// Which mirror is asked, and how.
#[derive(Clone, Debug, Default, clap::Args)]
// The group would be called Args, as that of the command which has these besides its own.
#[group(skip)]
pub struct Args {
    /// The mirror.
    #[command(flatten)]
    pub address: Address,
    /// Sign requests with AWS credentials, as a mirror behind IAM wants them; a purge at an
    /// execute-api address is signed anyway.
    #[arg(long)]
    pub sign: bool,
}

/// A mirror that can be asked. Every question may be repeated. Cloning is cheap and shares the
/// connections.
#[derive(Clone)]
pub struct Mirror {
    base: Base,
    http: Client,
    access: Access,
}

impl Mirror {
    /// The mirror that the arguments name, else the outputs, else the local one. Reads the file of
    /// outputs; makes no request.
    pub async fn open(arguments: &Args, env: &dyn Env) -> Result<Self, OperatorError> {
        let (base, facts) = arguments.address.read(env)?;
        let limits = Limits {
            progress: ANSWER,
            ..Limits::default()
        };
        Ok(Self {
            access: Access::new(arguments.sign, &base, &facts).await,
            http: unruled(limits)?,
            base,
        })
    }

    /// Its address, as people name it.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// The client that it is asked with, for replicas and origins too: no proxy, nothing is
    /// decompressed, no redirect is followed.
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// Asks for an object and answers where the mirror sends the client, hops included: nothing is
    /// followed. `wait` is how long the mirror may wait for a copy, in whole seconds; without it,
    /// as long as its policy says.
    pub async fn redirect(
        &self,
        pool: &PoolId,
        url: &SourceUrl,
        wait: Option<Duration>,
    ) -> Result<Redirected, MirrorError> {
        self.redirect_at(self.where_to_ask(pool, url), &waiting(wait))
            .await
    }

    /// The same, following the mirror's own hops, of which there are three at most.
    pub async fn resolve(
        &self,
        pool: &PoolId,
        url: &SourceUrl,
        wait: Option<Duration>,
    ) -> Result<Redirected, MirrorError> {
        self.followed(self.where_to_ask(pool, url), waiting(wait))
            .await
    }

    /// The same by what is true now: the mirror trusts nothing that it remembers, and looks at the
    /// replica itself.
    pub async fn resolve_anew(
        &self,
        pool: &PoolId,
        url: &SourceUrl,
        wait: Option<Duration>,
    ) -> Result<Redirected, MirrorError> {
        let mut asked = waiting(wait);
        asked.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        self.followed(self.where_to_ask(pool, url), asked).await
    }

    fn where_to_ask(&self, pool: &PoolId, url: &SourceUrl) -> String {
        self.base.address(Verb::Redirect, pool, url)
    }

    async fn followed(
        &self,
        address: String,
        mut asked: HeaderMap,
    ) -> Result<Redirected, MirrorError> {
        let mut redirected = self.redirect_at(address, &asked).await?;
        // What is left of the budget stands in the hop.
        asked.remove(&PREFER);
        for _ in 0..MAX_HOPS {
            if redirected.answer != Answer::Hop {
                return Ok(redirected);
            }
            redirected = self.redirect_at(redirected.location, &asked).await?;
        }
        match redirected.answer {
            Answer::Hop => Err(MirrorError::Hops),
            _ => Ok(redirected),
        }
    }

    async fn redirect_at(
        &self,
        address: String,
        asked: &HeaderMap,
    ) -> Result<Redirected, MirrorError> {
        let request = self.request(Method::GET, &address).await?;
        let response = self.send(request.headers(asked.clone())).await?;
        match response.status() {
            StatusCode::FOUND => Redirected::read(&self.base, response),
            _ => Err(self.refused(response).await),
        }
    }

    /// What the mirror knows of an object. Nothing is copied, and nothing waits.
    pub async fn status(&self, pool: &PoolId, url: &SourceUrl) -> Result<Known, MirrorError> {
        self.told(&self.base.address(Verb::Status, pool, url)).await
    }

    /// Removes an object's replica; of every pool of the service where the region is `all`.
    pub async fn purge(&self, pool: &PoolId, url: &SourceUrl) -> Result<Purged, MirrorError> {
        let address = self.base.address(Verb::Purge, pool, url);
        let request = self.request(Method::DELETE, &address).await?;
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(Purged::Gone),
            StatusCode::ACCEPTED => Ok(Purged::Later),
            _ => Err(self.refused(response).await),
        }
    }

    /// Whether it lives, and which version it is of.
    pub async fn ping(&self) -> Result<Ping, MirrorError> {
        self.told(&self.base.plain("ping")).await
    }

    /// The pools that it has.
    pub async fn pools(&self) -> Result<Vec<KnownPool>, MirrorError> {
        let told: answer::Pools = self.told(&self.base.plain("pools")).await?;
        Ok(told.pools)
    }

    async fn told<T: DeserializeOwned>(&self, address: &str) -> Result<T, MirrorError> {
        let request = self.request(Method::GET, address).await?;
        let response = self.send(request).await?;
        if response.status() != StatusCode::OK {
            return Err(self.refused(response).await);
        }
        let odd = |_| MirrorError::odd(&self.base, "an answer of another kind");
        let text = response.text().await.map_err(odd)?;
        serde_json::from_str(&text).map_err(|_| MirrorError::odd(&self.base, "no JSON of a mirror"))
    }

    async fn request(&self, method: Method, address: &str) -> Result<RequestBuilder, MirrorError> {
        let headers = self.access.headers(&method, address).await?;
        Ok(self.http.request(method, address).headers(headers))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, MirrorError> {
        let sent = request.timeout(ANSWER).send().await;
        sent.map_err(|error| MirrorError::unreachable(&self.base, error))
    }

    async fn refused(&self, response: Response) -> MirrorError {
        error::refused(&self.base, response).await
    }
}

/// What a client says of its patience.
fn waiting(wait: Option<Duration>) -> HeaderMap {
    let prefer = wait.map(|wait| format!("wait={}", wait.as_secs()));
    let prefer = prefer.and_then(|prefer| HeaderValue::try_from(prefer).ok());
    prefer.map(|prefer| (PREFER, prefer)).into_iter().collect()
}
