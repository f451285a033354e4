//! An opened pool, whosever storage it is in.

use cloud_mirror_domain::ports::{PoolError, PoolPorts};
use cloud_mirror_s3::S3Pool;

#[cfg(not(feature = "azure"))]
use super::absent::Absent as AzurePool;
#[cfg(not(feature = "gcs"))]
use super::absent::Absent as GcsPool;
#[cfg(feature = "azure")]
use cloud_mirror_azure::AzurePool;
#[cfg(feature = "gcs")]
use cloud_mirror_gcs::GcsPool;

use super::looking::Looked as _;

/// An opened pool.
#[derive(Clone)]
pub enum OpenPool {
    /// A bucket of S3, or of a service that speaks its protocol.
    S3(S3Pool),
    /// A container of Azure Blob Storage. There is none in a program that was built without it.
    Azure(AzurePool),
    /// A bucket of Google Cloud Storage. There is none in a program that was built without it.
    Gcs(GcsPool),
}

impl OpenPool {
    /// The pool as the ports of the domain.
    pub fn ports(&self) -> PoolPorts {
        match self {
            Self::S3(pool) => pool.ports(),
            Self::Azure(pool) => pool.ports(),
            Self::Gcs(pool) => pool.ports(),
        }
    }

    /// The same for who only looks at replicas and addresses them: everything else is refused as
    /// `Denied`. A program that asks for nothing else has nothing else in it.
    pub fn looking(&self) -> PoolPorts {
        match self {
            Self::S3(pool) => pool.looking(),
            Self::Azure(pool) => pool.looking(),
            Self::Gcs(pool) => pool.looking(),
        }
    }

    /// What `prepare` would change, in words, in its order; nothing where all is as it must be. Reads
    /// only, and may be repeated.
    ///
    /// # Errors
    /// `Denied` where our rights do not suffice, `Unavailable` for everything else.
    pub async fn plan(&self) -> Result<Vec<String>, PoolError> {
        match self {
            Self::S3(pool) => pool.plan().await,
            Self::Azure(pool) => pool.plan().await,
            Self::Gcs(pool) => pool.plan().await,
        }
    }

    /// Creates and configures the storage. May be repeated, and then changes nothing.
    pub async fn prepare(&self) -> Result<(), PoolError> {
        self.ports().pool.prepare().await
    }
}
