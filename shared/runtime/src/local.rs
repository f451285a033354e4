//! The ports of one process: memory, folders, and sources over HTTP.

use std::collections::HashMap;
use std::sync::Arc;

use cloud_mirror_config::{Config, PoolSettings, Storage};
use cloud_mirror_domain::ports::{Clock, Pool as _, PoolError, Ports, Source};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_files::FilePool;
use cloud_mirror_http::{BuildError, HttpSource, Limits};
use cloud_mirror_memory::{MemoryQueue, MemoryTable, QueueSettings};
use thiserror::Error;

/// Entries that the table in memory holds; beyond that, the least recently used go first.
const TABLE_CAPACITY: usize = 1_000_000;

/// Everything that one process runs on.
pub struct Local {
    /// The three functions' ports.
    pub ports: Ports,
    /// The copier's sources.
    pub source: Arc<dyn Source>,
    /// The table behind `ports`.
    pub table: Arc<MemoryTable>,
    /// The queue behind `ports`, for the worker that receives from it.
    pub queue: Arc<MemoryQueue>,
    /// The pools behind `ports`, for the front door that serves their replicas.
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
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built: {0}")]
    Source(#[from] BuildError),
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
            let pool = file_pool(settings, base_url, Arc::clone(&clock));
            let failed = |error| LocalError::Pool {
                pool: settings.id.clone(),
                error,
            };
            pool.prepare().await.map_err(failed)?;
            files.insert(settings.id.clone(), pool);
        }
        let table = Arc::new(MemoryTable::new(TABLE_CAPACITY, Arc::clone(&clock)));
        let queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
        let ports = Ports {
            table: table.clone(),
            queue: queue.clone(),
            pools: files
                .iter()
                .map(|(id, pool)| (id.clone(), pool.ports()))
                .collect(),
            clock,
        };
        let source = Arc::new(HttpSource::new(Limits::default())?);
        Ok(Self {
            ports,
            source,
            table,
            queue,
            files,
        })
    }
}

fn file_pool(settings: &PoolSettings, base_url: &str, clock: Arc<dyn Clock>) -> FilePool {
    let Storage::Folder(folder) = &settings.storage;
    let base_url = format!("{base_url}/pool/{}", settings.id.as_path());
    FilePool::new(folder.clone(), base_url, clock, settings.lifespan)
}
