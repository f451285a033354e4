//! One copy by the real copier: its source, its pool and its clients are production's, only table
//! and queue are memory.

use cloud_mirror_domain::place::Nowhere;
use std::collections::HashMap;
use std::sync::Arc;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use cloud_mirror_config::{Config, ProcessEnv};
use cloud_mirror_copier::{Copier, TimeLimit};
use cloud_mirror_domain::entry::{Replica, State};
use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::ports::{Clock as _, Ports, Read, StatusTable as _};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_memory::{MemoryQueues, MemoryTable, QueueSettings};
use cloud_mirror_runtime::{SystemClock, aws, sources};
use serde::{Deserialize, Serialize};

use crate::measured::Measured;
use crate::process::Moment;
use crate::{Outcome, world};

/// A copy that was made.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Copied {
    pub(crate) measured: Measured,
    /// What the copier says that it has seen.
    pub(crate) sha256: String,
}

/// Copies the object at `url` into the pool of the environment, and measures all that this takes.
pub(crate) async fn run(url: &str) -> Outcome<Copied> {
    let began = Moment::now()?;
    let (config, id) = world::mirror(url)?;
    let table = Arc::new(MemoryTable::new(1, Arc::new(SystemClock)));
    let ports = ports(&config, Arc::clone(&table)).await?;
    let copier = Copier::new(config.rules, config.policy, ports, sources()?);
    let answer = copier.handle(event(&id), &TimeLimit::none()).await;
    if !answer.batch_item_failures.is_empty() {
        return Err("the copier failed".into());
    }
    let replica = present(&table, &id).await?;
    let digests = replica.digests.ok_or("a replica without digests")?;
    Ok(Copied {
        measured: began.since(replica.size)?,
        sha256: digests.sha256,
    })
}

async fn ports(config: &Config, table: Arc<MemoryTable>) -> Outcome<Ports> {
    let pools = aws::pools(config, &ProcessEnv).await?;
    let pools = pools.into_iter().map(|(id, pool)| (id, pool.ports()));
    Ok(Ports {
        table,
        queue: Arc::new(MemoryQueues::new(QueueSettings::default())),
        pools: pools.collect(),
        signers: HashMap::new(),
        geography: Arc::new(Nowhere),
        clock: Arc::new(SystemClock),
    })
}

/// As it comes from the bulk queue, where the copier had sent it for its size.
fn event(id: &ReplicaId) -> SqsEvent {
    let message = Message {
        replica: id.clone(),
        action: Action::Put,
        attempt: None,
        seen: None,
        bulk: true,
        upload: None,
        trace: None,
    };
    let mut record = SqsMessage::default();
    record.body = Some(message.to_json());
    let mut event = SqsEvent::default();
    event.records = vec![record];
    event
}

async fn present(table: &MemoryTable, id: &ReplicaId) -> Outcome<Replica> {
    let entry = table.get(id, Read::Strong, SystemClock.now()).await?;
    match entry.map(|entry| entry.state) {
        Some(State::Present(present)) => Ok(Arc::unwrap_or_clone(present.replica)),
        other => Err(format!("no replica, but {other:?}").into()),
    }
}
