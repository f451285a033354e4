//! What is looked at, before anything is judged.

use std::future::Future;
use std::path::PathBuf;

use cloud_mirror_config::{Config, ConfigError, Env};
use cloud_mirror_domain::ports::{Clock as _, LookError};
use cloud_mirror_domain::rules::{PoolId, Store};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_runtime::health::{
    Answer, BucketHealth, Concurrency, Observer, QueueHealth, SourceHealth, TableHealth,
};
use futures::future::join_all;

use super::Args;
use super::elsewhere::{self, Elsewhere};
use crate::operator::deployed::{Secrets, config};
use crate::operator::mirror::Base;
use crate::operator::outputs::Facts;
use crate::operator::samconfig::Parameters;
use crate::operator::{OperatorError, check};

/// The variables that name a deployment's parts.
pub(super) const STATUS_TABLE: &str = "STATUS_TABLE";
const COPY_QUEUE_URL: &str = "COPY_QUEUE_URL";
const BULK_QUEUE_URL: &str = "BULK_QUEUE_URL";
const REDIRECT_AUTHORIZATION: &str = "REDIRECT_AUTHORIZATION";

/// Outputs of the stack that no function is told.
const COPIER: &str = "CopierFunctionName";
const PREFIX: &str = "PoolBucketPrefix";

/// What a look gave.
pub(super) type Seen<T> = Result<T, LookError>;

/// A deployment as it was seen.
pub(super) struct Observed {
    /// How many requests are expected to wait at once.
    pub(super) waiters: u64,
    pub(super) file: PathBuf,
    pub(super) config: Result<Config, ConfigError>,
    /// What the names of the pools' buckets begin with, as the stack was deployed where its
    /// outputs say so.
    pub(super) prefix: Option<String>,
    pub(super) parameters: Result<Parameters, OperatorError>,
    /// Whether anything says what SourceBucketArns is, and be it that it is empty.
    pub(super) knows_source_arns: bool,
    /// Whom the API lets in, where the environment says so.
    pub(super) authorization: Option<String>,
    pub(super) region: Option<String>,
    pub(super) credentials: Result<(), String>,
    /// What the answering machine's clock says, and then ours.
    pub(super) clocks: Seen<(Timestamp, Timestamp)>,
    pub(super) concurrency: Seen<Concurrency>,
    /// Whether it is known which function copies.
    pub(super) knows_copier: bool,
    /// The table by its name, where one is named.
    pub(super) table: Option<(String, Seen<TableHealth>)>,
    pub(super) queues: [QueueSeen; 2],
    /// The pools on S3.
    pub(super) pools: Vec<(PoolId, Seen<BucketHealth>)>,
    /// All other pools, and what is private at other providers.
    pub(super) elsewhere: Elsewhere,
    /// The sources with a store on S3, or on what speaks its protocol.
    pub(super) sources: Vec<SourceSeen>,
    /// The mirror by its address, where one is named.
    pub(super) mirror: Option<MirrorSeen>,
}

/// A queue as it was seen.
pub(super) struct QueueSeen {
    /// What it is called: the copy queue, the bulk queue.
    pub(super) role: &'static str,
    /// What its URL is read from.
    pub(super) variable: &'static str,
    /// Its URL and how it is, where it is named.
    pub(super) there: Option<(String, Seen<QueueHealth>)>,
    /// The queue of its dead letters by its URL, where it has one.
    pub(super) dead_letters: Option<(String, Seen<QueueHealth>)>,
}

/// The bucket behind a source as it was seen.
pub(super) struct SourceSeen {
    pub(super) url: String,
    pub(super) store: Store,
    pub(super) health: Seen<SourceHealth>,
}

/// A mirror as strangers see it.
pub(super) struct MirrorSeen {
    pub(super) base: String,
    pub(super) ping: Seen<Answer>,
    pub(super) pools: Seen<Answer>,
}

/// Looks at everything that the arguments and the environment name, side by side.
///
/// # Errors
/// Where the outputs cannot be read or an address is none: then it is not known what is meant.
pub(super) async fn observe(arguments: &Args, env: &dyn Env) -> Result<Observed, OperatorError> {
    let facts = arguments.deployment.read(env)?;
    let base = arguments.mirror.as_deref().or(facts.endpoint());
    let base = base.map(Base::parse).transpose()?;
    let parameters = check::parameters(&arguments.check);
    let (deployed, copier) = (&arguments.check.deployed, facts.output(COPIER));
    let prefix = prefix(&parameters, arguments, &facts);
    let config = config(deployed, prefix.as_deref(), env, Secrets::OfServices);
    let observer = Observer::load(&facts).await;
    let looker = Looker::new(&observer).await;
    let stores = async {
        tokio::join!(
            looker.pools(&config),
            elsewhere::look(&config, &facts),
            looker.sources(&config)
        )
    };
    let parts = async {
        tokio::join!(
            looker.table(&facts),
            looker.queue("copy queue", COPY_QUEUE_URL, &facts),
            looker.queue("bulk queue", BULK_QUEUE_URL, &facts),
            looker.clocks(),
            looker.concurrency(copier),
        )
    };
    let mirror = looker.mirror(base.as_ref());
    let ((pools, elsewhere, sources), (table, copies, bulk, clocks, concurrency), mirror) =
        tokio::join!(stores, parts, mirror);
    Ok(Observed {
        waiters: arguments.waiters,
        knows_source_arns: knows_source_arns(&arguments.check),
        knows_copier: copier.is_some(),
        file: deployed.config.clone(),
        prefix,
        authorization: env.get(REDIRECT_AUTHORIZATION),
        region: observer.region().map(str::to_owned),
        credentials: looker.credentials,
        queues: [copies, bulk],
        config,
        parameters,
        clocks,
        concurrency,
        table,
        pools,
        elsewhere,
        sources,
        mirror,
    })
}

/// The stack knows best what it was deployed with.
fn prefix(
    parameters: &Result<Parameters, OperatorError>,
    arguments: &Args,
    facts: &Facts<'_>,
) -> Option<String> {
    let told = facts.output(PREFIX).map(str::to_owned);
    let given = || arguments.check.deployed.pool_bucket_prefix.clone();
    let parameters = parameters.as_ref().ok();
    let parameter = || parameters.and_then(|parameters| parameters.pool_bucket_prefix.clone());
    told.or_else(parameter).or_else(given)
}

fn knows_source_arns(check: &check::Args) -> bool {
    check.samconfig.is_some() || !check.source_bucket_arns.is_empty()
}

/// Looks with credentials, where there are any: without them every look would find that out by
/// itself, and slowly.
struct Looker<'a> {
    observer: &'a Observer,
    credentials: Result<(), String>,
}

impl<'a> Looker<'a> {
    async fn new(observer: &'a Observer) -> Self {
        let credentials = observer.credentials().await;
        Self {
            observer,
            credentials,
        }
    }

    async fn look<T>(&self, look: impl Future<Output = Seen<T>>) -> Seen<T> {
        let lacking = |what: &str| Err(LookError::Failed(format!("there {what}")));
        if self.credentials.is_err() {
            return lacking("are no credentials to look with");
        }
        if self.observer.region().is_none() {
            return lacking("is no region to look in");
        }
        look.await
    }

    async fn table(&self, facts: &Facts<'_>) -> Option<(String, Seen<TableHealth>)> {
        let name = named(facts, STATUS_TABLE)?;
        let look = async { Ok(self.observer.table(&name).await) };
        let health = self.look(look).await;
        Some((name, health))
    }

    async fn queue(
        &self,
        role: &'static str,
        variable: &'static str,
        facts: &Facts<'_>,
    ) -> QueueSeen {
        let mut seen = QueueSeen {
            role,
            variable,
            there: None,
            dead_letters: None,
        };
        let Some(url) = named(facts, variable) else {
            return seen;
        };
        let health = self.look(self.observer.queue(&url)).await;
        let letters = health.as_ref().ok();
        if let Some(letters) = letters.and_then(|queue| queue.dead_letters_url(&url)) {
            let health = self.look(self.observer.queue(&letters)).await;
            seen.dead_letters = Some((letters, health));
        }
        seen.there = Some((url, health));
        seen
    }

    /// Nothing where the configuration cannot be read, or names a folder; that is said elsewhere.
    async fn pools(
        &self,
        config: &Result<Config, ConfigError>,
    ) -> Vec<(PoolId, Seen<BucketHealth>)> {
        let Ok(config) = config else {
            return Vec::new();
        };
        let Ok(pools) = self.observer.pools(config) else {
            return Vec::new();
        };
        // What others have of it, `elsewhere` looks at.
        let on_s3 = pools.into_iter().filter(|(id, _)| id.service == "s3");
        let looks = on_s3.map(async |(id, pool)| {
            let health = self.look(pool.health()).await;
            (id, health)
        });
        join_all(looks).await
    }

    async fn sources(&self, config: &Result<Config, ConfigError>) -> Vec<SourceSeen> {
        let Ok(config) = config else {
            return Vec::new();
        };
        let rules = config.rules.sources.iter();
        let stores = rules.filter_map(|rule| Some((rule, rule.store.clone()?)));
        // Other clouds' stores are looked at by `elsewhere`.
        let stores = stores.filter(|(_, store)| Observer::knows(config, store));
        let looks = stores.map(async |(rule, store)| SourceSeen {
            url: rule.prefix.as_str().to_owned(),
            health: self.look(self.observer.source(config, &store)).await,
            store,
        });
        join_all(looks).await
    }

    /// Any answer has a date; the table's endpoint gives one to a request without credentials.
    async fn clocks(&self) -> Seen<(Timestamp, Timestamp)> {
        let nowhere = || LookError::Failed("there is no region to look in".to_owned());
        let endpoint = self.observer.table_endpoint().ok_or_else(nowhere)?;
        let answer = self.observer.ask(&format!("{endpoint}/")).await?;
        let dateless = || LookError::Failed(format!("GET {endpoint}: the answer has no date"));
        Ok((answer.date.ok_or_else(dateless)?, SystemClock.now()))
    }

    async fn concurrency(&self, copier: Option<&str>) -> Seen<Concurrency> {
        self.look(self.observer.concurrency(copier)).await
    }

    async fn mirror(&self, base: Option<&Base>) -> Option<MirrorSeen> {
        let base = base?;
        let (ping, pools) = (base.plain("ping"), base.plain("pools"));
        let asked = tokio::join!(self.observer.ask(&ping), self.observer.ask(&pools));
        Some(MirrorSeen {
            base: base.to_string(),
            ping: asked.0,
            pools: asked.1,
        })
    }
}

fn named(facts: &Facts<'_>, variable: &str) -> Option<String> {
    facts.get(variable).filter(|value| !value.is_empty())
}
