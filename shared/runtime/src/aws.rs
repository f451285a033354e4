//! The ports on AWS: DynamoDB and SQS as the environment names them, and storage of every provider that
//! the configuration names.

use std::num::NonZeroUsize;
use std::sync::Arc;

use cloud_mirror_config::{Config, ConfigError, Deployment, Env};
#[cfg(feature = "sources")]
use cloud_mirror_domain::ports::Source;
use cloud_mirror_domain::ports::{Clock, CopyInbox, Method, PoolPorts, Ports, Read};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_dynamodb::DynamoDbTable;
use cloud_mirror_sqs::{SqsInbox, SqsQueue};
use thiserror::Error;

use crate::geography::geography;
use crate::hot::{IN_A_FUNCTION, IN_A_SERVER, remembered};
use crate::providers::{OpenPool, Providers, Setup};
use crate::sdk::Sdk;
#[cfg(feature = "sources")]
use crate::sources::sources_of;
use crate::{Inboxes, SystemClock, telemetry};

/// A mirror on AWS, with the configuration that it was made from.
pub struct Aws {
    /// The configuration.
    pub config: Config,
    /// The three functions' ports.
    pub ports: Ports,
    /// The receiving sides of the copy queues.
    pub inboxes: Inboxes,
    #[cfg_attr(
        not(feature = "sources"),
        expect(dead_code, reason = "only copiers read")
    )]
    pub(crate) providers: Providers,
}

/// Why a mirror on AWS cannot start.
#[derive(Debug, Error)]
pub enum AwsError {
    /// Something is wrong with `mirror.toml` or the environment.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A pool that only one machine can reach.
    #[error(
        "pool {0} is a folder of this machine, which no other process can reach; give it service = \"s3\" and a bucket, or run with --backend local"
    )]
    Folder(PoolId),
    /// A provider cannot be used as the environment describes it.
    #[error("{place}: {error}")]
    Provider {
        /// What of the configuration is there.
        place: String,
        /// What is wrong, and what to do.
        error: String,
    },
    /// The program knows nothing of a provider.
    #[error(
        "{place} is at a provider that this program was built without; build it with `--features {feature}`, and the functions with `PROVIDERS={feature} sam build`"
    )]
    LeftOut {
        /// What of the configuration is there.
        place: String,
        /// The feature by which it is built in.
        feature: &'static str,
    },
    /// The published ranges cannot be used.
    #[error("auto.ranges: {0}")]
    Ranges(String),
}

/// What a pool is to a process.
type PortsOf = fn(&OpenPool) -> PoolPorts;

/// In what processes differ that are one mirror.
struct Process {
    /// What of pools is linked goes by what can be here.
    ports: PortsOf,
    /// So many replicas are remembered.
    memory: NonZeroUsize,
}

impl Aws {
    /// Starts a Lambda function: logs, configuration and clients as its environment describes
    /// them, and the first calls made. Why it cannot start is logged, too.
    pub async fn start(env: &dyn Env) -> Result<Self, AwsError> {
        Self::function(env, OpenPool::ports).await
    }

    /// The same for a function that only looks at replicas and addresses them: its pools refuse
    /// everything else, and its program is smaller by it.
    pub async fn start_looking(env: &dyn Env) -> Result<Self, AwsError> {
        Self::function(env, OpenPool::looking).await
    }

    async fn function(env: &dyn Env, ports: PortsOf) -> Result<Self, AwsError> {
        telemetry::begin(&telemetry::Settings::read(telemetry::Format::Json, env));
        let told = |error: &AwsError| tracing::error!(%error, "the function cannot start");
        let config = Config::from_environment(env).map_err(AwsError::from);
        let config = config.inspect_err(told)?;
        let memory = IN_A_FUNCTION;
        let opened = Self::opened(
            config,
            env,
            Arc::new(SystemClock),
            Process { ports, memory },
        );
        let aws = opened.await.inspect_err(told)?;
        aws.warm().await;
        Ok(aws)
    }

    /// A mirror of that configuration, deployed as the environment says, for a process that answers many
    /// requests at a time. A private rule on an open API is refused.
    pub async fn open(
        config: Config,
        env: &dyn Env,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AwsError> {
        let process = Process {
            ports: OpenPool::ports,
            memory: IN_A_SERVER,
        };
        Self::opened(config, env, clock, process).await
    }

    /// What the environment leaves out is said before the SDK looks for what it needs, which may ask
    /// others.
    async fn opened(
        config: Config,
        env: &dyn Env,
        clock: Arc<dyn Clock>,
        process: Process,
    ) -> Result<Self, AwsError> {
        let deployment = Deployment::read(env)?;
        config.check_authorization(deployment.authorization)?;
        let geography = geography(&config).map_err(AwsError::Ranges)?;
        let sdk = Sdk::load(env).await;
        let providers = open_providers(&config, &sdk, env, &clock)?;
        let pools = providers.pools(&config)?;
        let (queue, inboxes) = queues(&deployment, &sdk);
        let table =
            DynamoDbTable::new(sdk.dynamodb(), &deployment.status_table, Arc::clone(&clock));
        let ports = Ports {
            table: remembered(Arc::new(table), &config.policy.lifetimes, process.memory),
            queue: Arc::new(queue),
            pools: pools
                .into_iter()
                .map(|(id, pool)| (id, (process.ports)(&pool)))
                .collect(),
            signers: providers.signers(&config),
            geography,
            clock,
        };
        Ok(Self {
            config,
            ports,
            inboxes,
            providers,
        })
    }

    /// Makes the first calls, so that no client waits for what only they need: credentials, name
    /// look-ups, TLS. What fails here fails again where it is needed, and is counted there.
    pub async fn warm(&self) {
        let Some(id) = self.any_replica() else { return };
        let ports = &self.ports;
        let looked = ports.table.get(&id, Read::Eventual, ports.clock.now());
        if let Err(error) = looked.await {
            tracing::warn!(%error, "the status table was not warmed");
        }
        // Only the credentials are needed for it, and a hit needs nothing else.
        if let Some(pool) = ports.pools.get(&id.pool)
            && let Err(error) = pool.pool.address(&id.url, Method::Get).await
        {
            tracing::warn!(%error, "the pool was not warmed");
        }
    }

    fn any_replica(&self) -> Option<ReplicaId> {
        let pool = self.config.rules.pools.first()?.id.clone();
        let url = self.config.rules.sources.first()?.prefix.clone();
        Some(ReplicaId { pool, url })
    }
}

fn queues(deployment: &Deployment, sdk: &Sdk) -> (SqsQueue, Inboxes) {
    let sqs = sdk.sqs();
    let inbox = |url: &String| -> Arc<dyn CopyInbox> { Arc::new(SqsInbox::new(sqs.clone(), url)) };
    let inboxes = Inboxes {
        copies: inbox(&deployment.copy_queue_url),
        bulk: deployment.bulk_queue_url.as_ref().map(inbox),
    };
    let queue = SqsQueue::new(sqs.clone(), &deployment.copy_queue_url);
    let queue = match &deployment.bulk_queue_url {
        Some(bulk) => queue.with_bulk(bulk),
        None => queue,
    };
    (queue, inboxes)
}

/// The pools of a configuration in its order, for commands that need nothing else. Makes no request.
///
/// # Errors
/// Where a pool is a folder, or its provider cannot be used.
pub async fn pools(config: &Config, env: &dyn Env) -> Result<Vec<(PoolId, OpenPool)>, AwsError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let sdk = Sdk::load(env).await;
    open_providers(config, &sdk, env, &clock)?.pools(config)
}

/// Who is asked for a configuration's sources, for commands that need nothing else: private ones with
/// our credentials, all others as a stranger asks. Makes no request.
///
/// # Errors
/// Where a pool is a folder, or a provider cannot be used.
#[cfg(feature = "sources")]
pub async fn sources(config: &Config, env: &dyn Env) -> Result<Arc<dyn Source>, AwsError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let sdk = Sdk::load(env).await;
    let providers = open_providers(config, &sdk, env, &clock)?;
    sources_of(config, &providers).map_err(|error| AwsError::Provider {
        place: "sources".to_owned(),
        error: error.to_string(),
    })
}

pub(crate) fn open_providers(
    config: &Config,
    sdk: &Sdk,
    env: &dyn Env,
    clock: &Arc<dyn Clock>,
) -> Result<Providers, AwsError> {
    Providers::open(config, &Setup { sdk, env, clock })
}
