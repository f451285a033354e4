//! `[[pool]]`: where replicas are kept.

mod table;

use std::path::PathBuf;
use std::time::Duration;

use crate::env::Env;
use crate::error::ConfigError;
use crate::place::Home;
use crate::placeholders::Placeholders;
use crate::service::{S3Compatible, Services};
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
    /// How its objects are named. Folders name theirs by a hash, Azure's blobs are named so that they
    /// need no escape, and both have the default here.
    pub key_style: KeyStyle,
    /// Where the bytes are.
    pub storage: Storage,
}

/// Where the bytes of a pool are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// `service = "file"`: a folder, which no other pool shares. It need not exist yet.
    Folder(PathBuf),
    /// `service = "s3"`, or the name of a `[service.NAME]`: a bucket, which no other pool shares, in the pool's region. It need not
    /// exist yet.
    S3 {
        /// The bucket's name, which S3 accepts.
        bucket: String,
        /// Who may read the replicas.
        access: Access,
        /// The service that speaks S3's protocol; none for S3 itself.
        compatible: Option<S3Compatible>,
    },
    /// `service = "azure"`: a container of Azure Blob Storage, which no other pool shares. It need not
    /// exist yet; its account must.
    Azure {
        /// The storage account's name.
        account: String,
        /// The container's name.
        container: String,
        /// Who may read the replicas.
        access: Access,
    },
    /// `service = "gcs"`: a bucket of Google Cloud Storage, which no other pool shares. It need not
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

    /// Who may read the replicas by their addresses; `None` of a folder, which signs nothing.
    pub fn access(&self) -> Option<Access> {
        match self {
            Self::Folder(_) => None,
            Self::S3 { access, .. } | Self::Azure { access, .. } | Self::Gcs { access, .. } => {
                Some(*access)
            }
        }
    }

    /// What its provider calls it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Folder(_) => "folder",
            Self::S3 { .. } | Self::Gcs { .. } => "bucket",
            Self::Azure { .. } => "container",
        }
    }

    /// Whose bucket it is, and which; `None` of a folder.
    pub(crate) fn place(&self) -> Option<(Home<'_>, String)> {
        match self {
            Self::Folder(_) => None,
            Self::S3 {
                bucket, compatible, ..
            } => Some((
                compatible.as_ref().map_or(Home::S3, Home::At),
                bucket.clone(),
            )),
            Self::Azure {
                account, container, ..
            } => Some((Home::Azure, format!("{account}/{container}"))),
            Self::Gcs { bucket, .. } => Some((Home::Gcs, bucket.clone())),
        }
    }

    /// Whether both would keep their replicas in one place.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Folder(one), Self::Folder(other)) => one == other,
            _ => match (self.place(), other.place()) {
                (Some((home, bucket)), Some((other, name))) => home.is(other) && bucket == name,
                _ => false,
            },
        }
    }
}

/// What a pool's table stands among.
#[derive(Clone, Copy)]
pub(crate) struct Outside<'a> {
    pub(crate) place: &'a Placeholders,
    pub(crate) env: &'a dyn Env,
    pub(crate) services: &'a Services,
}

/// The pools of all tables, checked one by one and against each other.
pub(crate) fn settings(
    tables: &[PoolTable],
    outside: &Outside<'_>,
) -> Result<Vec<PoolSettings>, ConfigError> {
    let mut pools = Vec::new();
    for (n, table) in tables.iter().enumerate() {
        for pool in table.pools(n, outside)? {
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
    let (other, word) = (other.id.as_path(), pool.storage.word());
    let (name, named, example) = match &pool.storage {
        Storage::Folder(folder) => ("path", format!("{folder:?}"), FOLDER),
        Storage::S3 { bucket, .. } | Storage::Gcs { bucket, .. } => {
            ("bucket", format!("{bucket:?}"), BUCKET)
        }
        Storage::Azure { container, .. } => ("container", format!("{container:?}"), BUCKET),
    };
    let problem = format!(
        "{named} is the {word} of the pool {other} already; give each its own, as in {example:?}"
    );
    Err(ConfigError::at(key(n, name), problem))
}

/// A key of the nth table of pools, as errors name it.
pub(crate) fn key(n: usize, name: &str) -> String {
    format!("pool[{n}].{name}")
}
