//! The ports on AWS: DynamoDB, SQS and S3 as the environment names them.

use cloud_mirror_domain::place::Nowhere;
use std::collections::HashMap;
use std::sync::Arc;

use cloud_mirror_config::{Config, ConfigError, Deployment, Env, PoolSettings, Storage};
use cloud_mirror_domain::ports::{Clock, CopyInbox, Method, Ports, Read};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_dynamodb::DynamoDbTable;
use cloud_mirror_s3::{S3Clients, S3Pool, S3PoolSettings};
use cloud_mirror_sqs::{SqsInbox, SqsQueue};
use thiserror::Error;

use crate::sdk::Sdk;
use crate::{Inboxes, SystemClock, telemetry};

/// A mirror on AWS, with the configuration that it was made from.
pub struct Aws {
    /// The configuration.
    pub config: Config,
    /// The three functions' ports.
    pub ports: Ports,
    /// The receiving sides of the copy queues.
    pub inboxes: Inboxes,
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
}

impl Aws {
    /// Starts a Lambda function: logs, configuration and clients as its environment describes
    /// them, and the first calls made. Why it cannot start is logged, too.
    pub async fn start(env: &dyn Env) -> Result<Self, AwsError> {
        telemetry::begin(&telemetry::Settings::read(telemetry::Format::Json, env));
        let told = |error: &AwsError| tracing::error!(%error, "the function cannot start");
        let config = Config::from_environment(env).map_err(AwsError::from);
        let config = config.inspect_err(told)?;
        let opened = Self::open(config, env, Arc::new(SystemClock)).await;
        let aws = opened.inspect_err(told)?;
        aws.warm().await;
        Ok(aws)
    }

    /// A mirror of that configuration, deployed as the environment says. A private rule on an open API is refused.
    pub async fn open(
        config: Config,
        env: &dyn Env,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AwsError> {
        let deployment = Deployment::read(env)?;
        config.check_authorization(deployment.authorization)?;
        let sdk = Sdk::load(env).await;
        let pools = open_pools(&config, &sdk.s3_clients(), &clock)?;
        let (queue, inboxes) = queues(&deployment, &sdk);
        let ports = Ports {
            table: Arc::new(DynamoDbTable::new(
                sdk.dynamodb(),
                &deployment.status_table,
                Arc::clone(&clock),
            )),
            queue: Arc::new(queue),
            pools: pools
                .iter()
                .map(|(id, pool)| (id.clone(), pool.ports()))
                .collect(),
            signers: HashMap::new(),
            geography: Arc::new(Nowhere),
            clock,
        };
        Ok(Self {
            config,
            ports,
            inboxes,
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

/// The pools of a configuration, for commands that need nothing else.
pub async fn pools(config: &Config, env: &dyn Env) -> Result<HashMap<PoolId, S3Pool>, AwsError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    open_pools(config, &Sdk::load(env).await.s3_clients(), &clock)
}

pub(crate) fn open_pools(
    config: &Config,
    clients: &S3Clients,
    clock: &Arc<dyn Clock>,
) -> Result<HashMap<PoolId, S3Pool>, AwsError> {
    let open = |settings: &PoolSettings| {
        let settings = s3_settings(settings)?;
        Ok((
            settings.0,
            S3Pool::new(settings.1, clients.clone(), Arc::clone(clock)),
        ))
    };
    config.pools.iter().map(open).collect()
}

fn s3_settings(settings: &PoolSettings) -> Result<(PoolId, S3PoolSettings), AwsError> {
    let Storage::S3 { bucket, access, .. } = &settings.storage else {
        return Err(AwsError::Folder(settings.id.clone()));
    };
    let s3 = S3PoolSettings {
        bucket: bucket.clone(),
        region: settings.id.region.clone(),
        access: *access,
        lifespan: settings.lifespan,
        key_style: settings.key_style,
    };
    Ok((settings.id.clone(), s3))
}
