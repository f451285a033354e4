//! The ports of one process: memory, folders, and sources over HTTP.

use std::collections::HashMap;
use std::sync::Arc;

use cloud_mirror_config::{Config, PoolSettings, Storage};
use cloud_mirror_domain::ports::{Clock, Pool as _, PoolError, Ports};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_files::FilePool;
use cloud_mirror_memory::{MemoryQueues, MemoryTable, QueueSettings};
use thiserror::Error;

use crate::geography::geography;
use crate::hot::{IN_A_SERVER, remembered};
use crate::{Backend, Inboxes, SourceError, sources};

/// Entries that the table in memory holds; beyond that, the least recently used go first.
const TABLE_CAPACITY: usize = 1_000_000;

/// Everything that one process runs on.
pub struct Local {
    /// What the three functions run on.
    pub backend: Backend,
    /// The table behind it.
    pub table: Arc<MemoryTable>,
    /// The queues behind it.
    pub queues: MemoryQueues,
    /// The pools behind it, for the front door that serves their replicas.
    pub files: HashMap<PoolId, FilePool>,
}

/// Why the local process cannot begin.
#[derive(Debug, Error)]
pub enum LocalError {
    /// A pool's folder cannot be used.
    #[error("pool {pool}: {error}; choose another folder with --data, or make it writable")]
    Pool {
        /// The pool.
        pool: PoolId,
        /// What is wrong with it.
        error: PoolError,
    },
    /// A pool that needs a table and a queue beside it that outlive this process.
    #[error(
        "pool {0} is a bucket, for which the local backend has no credentials; give it service = \"file\" and a path, or run with --backend aws"
    )]
    Remote(PoolId),
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built: {0}")]
    Source(#[from] SourceError),
    /// The published ranges cannot be used.
    #[error("auto.ranges: {0}")]
    Ranges(String),
}

impl Local {
    /// Prepares every pool and builds the ports. Replicas are addressed under
    /// `{base_url}/pool/{service}/{region}/`. May be repeated over the same folders.
    pub async fn open(
        config: &Config,
        base_url: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LocalError> {
        let mut files = HashMap::new();
        for settings in &config.pools {
            let pool = file_pool(settings, base_url, Arc::clone(&clock))?;
            let failed = |error| LocalError::Pool {
                pool: settings.id.clone(),
                error,
            };
            pool.prepare().await.map_err(failed)?;
            files.insert(settings.id.clone(), pool);
        }
        let table = Arc::new(MemoryTable::new(TABLE_CAPACITY, Arc::clone(&clock)));
        let queues = MemoryQueues::new(QueueSettings::default());
        let ports = Ports {
            table: remembered(table.clone(), &config.policy.lifetimes, IN_A_SERVER),
            queue: Arc::new(queues.clone()),
            pools: files
                .iter()
                .map(|(id, pool)| (id.clone(), pool.ports()))
                .collect(),
            signers: HashMap::new(),
            geography: geography(config).map_err(LocalError::Ranges)?,
            clock,
        };
        let source = sources()?;
        let backend = Backend {
            ports,
            source,
            inboxes: inboxes(&queues),
        };
        Ok(Self {
            backend,
            table,
            queues,
            files,
        })
    }
}

fn inboxes(queues: &MemoryQueues) -> Inboxes {
    Inboxes {
        copies: queues.copies.clone(),
        bulk: Some(queues.bulk.clone()),
    }
}

fn file_pool(
    settings: &PoolSettings,
    base_url: &str,
    clock: Arc<dyn Clock>,
) -> Result<FilePool, LocalError> {
    let Storage::Folder(folder) = &settings.storage else {
        return Err(LocalError::Remote(settings.id.clone()));
    };
    let base_url = format!("{base_url}/pool/{}", settings.id.as_path());
    let (folder, lifespan) = (folder.clone(), settings.lifespan);
    Ok(FilePool::new(folder, base_url, clock, lifespan))
}
