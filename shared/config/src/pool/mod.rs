//! `[[pool]]`: where replicas are kept.

mod table;

use std::path::PathBuf;
use std::time::Duration;

use crate::env::Env;
use crate::error::ConfigError;
use crate::placeholders::Placeholders;
use crate::service::S3Compatible;
use cloud_mirror_domain::rules::{Access, Pool, PoolId};
use cloud_mirror_domain::url::KeyStyle;

pub(crate) use table::PoolTable;

use table::{BUCKET, FOLDER};

/// One pool: one service in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// Its id; no two pools have the same.
    pub id: PoolId,
    /// How long a replica lives, by the storage's own lifecycle.
    pub lifespan: Duration,
    /// Its callers are sent elsewhere, and what it holds is kept.
    pub drain: bool,
    /// How its objects are named. Folders name theirs by a hash, and have the default here.
    pub key_style: KeyStyle,
    /// Where the bytes are.
    pub storage: Storage,
}

/// Where the bytes of a pool are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// `service = "file"`: a folder, which no other pool shares. It need not exist yet.
    Folder(PathBuf),
    /// `provider = "s3"`: a bucket, which no other pool shares, in the pool's region. It need not
    /// exist yet.
    S3 {
        /// The bucket's name, which S3 accepts.
        bucket: String,
        /// Who may read the replicas.
        access: Access,
        /// The service that speaks S3's protocol; none for S3 itself.
        compatible: Option<S3Compatible>,
    },
    /// `provider = "azure"`: a container of Azure Blob Storage, which no other pool shares. It need not
    /// exist yet; its account must.
    Azure {
        /// The storage account's name.
        account: String,
        /// The container's name.
        container: String,
        /// Who may read the replicas.
        access: Access,
    },
    /// `provider = "gcs"`: a bucket of Google Cloud Storage, which no other pool shares. It need not
    /// exist yet.
    Gcs {
        /// The bucket's name.
        bucket: String,
        /// Who may read the replicas.
        access: Access,
    },
}

impl PoolSettings {
    /// The pool, as far as the domain's rules care.
    pub fn rule(&self) -> Pool {
        Pool {
            id: self.id.clone(),
            lifespan: self.lifespan,
            drain: self.drain,
            endpoint: self.storage.endpoint().map(str::to_owned),
        }
    }
}

impl Storage {
    /// Where its service is reached, where that is not the provider's own address.
    pub fn endpoint(&self) -> Option<&str> {
        match self {
            Self::S3 { compatible, .. } => Some(&compatible.as_ref()?.endpoint),
            _ => None,
        }
    }

    /// Whether both would keep their replicas in one place.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Folder(one), Self::Folder(other)) => one == other,
            (Self::S3 { bucket: one, .. }, Self::S3 { bucket: other, .. }) => one == other,
            _ => false,
        }
    }
}

/// The pools of all tables, checked one by one and against each other.
pub(crate) fn settings(
    tables: &[PoolTable],
    place: &Placeholders,
    env: &dyn Env,
) -> Result<Vec<PoolSettings>, ConfigError> {
    let mut pools = Vec::new();
    for (n, table) in tables.iter().enumerate() {
        for pool in table.pools(n, place, env)? {
            check_against(&pools, &pool, n)?;
            pools.push(pool);
        }
    }
    if pools.is_empty() {
        let problem = "there is none, so no replica could be kept; add a [[pool]] with service, regions, and path or bucket";
        return Err(ConfigError::at("pool", problem));
    }
    Ok(pools)
}

fn check_against(pools: &[PoolSettings], pool: &PoolSettings, n: usize) -> Result<(), ConfigError> {
    if pools.iter().any(|other| other.id == pool.id) {
        let problem = format!(
            "there would be two pools {}; name it once",
            pool.id.as_path()
        );
        return Err(ConfigError::at(key(n, "regions"), problem));
    }
    let shared = |other: &&PoolSettings| other.storage.overlaps(&pool.storage);
    let Some(other) = pools.iter().find(shared) else {
        return Ok(());
    };
    let other = other.id.as_path();
    let (name, problem) = match &pool.storage {
        Storage::Folder(folder) => (
            "path",
            format!(
                "{folder:?} is the folder of the pool {other} already; give each its own, as in {FOLDER:?}"
            ),
        ),
        Storage::S3 { bucket, .. } | Storage::Gcs { bucket, .. } => (
            "bucket",
            format!(
                "{bucket:?} is the bucket of the pool {other} already; give each its own, as in {BUCKET:?}"
            ),
        ),
        Storage::Azure { container, .. } => (
            "container",
            format!(
                "{container:?} is the container of the pool {other} already; give each its own"
            ),
        ),
    };
    Err(ConfigError::at(key(n, name), problem))
}

/// A key of the nth table of pools, as errors name it.
pub(crate) fn key(n: usize, name: &str) -> String {
    format!("pool[{n}].{name}")
}
