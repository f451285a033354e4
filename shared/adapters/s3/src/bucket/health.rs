//! How a pool's bucket is, for an operator who asks what is wrong.

use cloud_mirror_domain::ports::{LookError, PoolError};

use super::change::{self, Change};
use super::{Refusal, Whereabouts};
use crate::{Access, S3Pool};

/// How a pool's bucket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketHealth {
    /// There is none of that name.
    Missing,
    /// It is in this region and not in the pool's.
    Elsewhere(String),
    /// It is in the pool's region.
    Here(BucketSettings),
}

/// What `prepare` would change of a bucket, in words, setting by setting; nothing where it is as it
/// must be, and of a service other than S3 where it is not set. Each was looked at by itself: one that may not be read hides no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSettings {
    /// Whose access is blocked. IAM: `s3:GetBucketPublicAccessBlock`.
    pub block: Result<Option<String>, LookError>,
    /// Who may read, by the bucket's policy. IAM, of public pools: `s3:GetBucketPolicy`.
    pub policy: Result<Option<String>, LookError>,
    /// Encryption by default. IAM: `s3:GetEncryptionConfiguration`.
    pub encryption: Result<Option<String>, LookError>,
    /// How replicas and unfinished uploads end. IAM: `s3:GetLifecycleConfiguration`.
    pub lifecycle: Result<Option<String>, LookError>,
}

impl S3Pool {
    /// How the pool's bucket is. Reads only, and may be repeated. IAM: `s3:ListBucket`, and what
    /// [`BucketSettings`] says.
    ///
    /// # Errors
    /// Where even the bucket itself could not be looked at; `Denied` where it is another account's,
    /// or the credentials may not.
    pub async fn health(&self) -> Result<BucketHealth, LookError> {
        Ok(match self.whereabouts().await? {
            Whereabouts::Nowhere => BucketHealth::Missing,
            Whereabouts::Elsewhere(region) => BucketHealth::Elsewhere(region),
            Whereabouts::Here => BucketHealth::Here(self.settings_health().await),
        })
    }

    async fn settings_health(&self) -> BucketSettings {
        let settings = &*self.settings;
        let mut health = BucketSettings {
            block: Ok(None),
            policy: Ok(None),
            encryption: Ok(None),
            lifecycle: lacks(self.found_lifecycle().await, |found| {
                change::ending(settings, &found)
            }),
        };
        if settings.access == Access::Public {
            health.policy = lacks(self.found_policy().await, |found| {
                change::reading(settings, found.as_deref())
            });
        }
        if self.dialect().is_aws() {
            health.block = lacks(self.found_block().await, |found| {
                Ok(change::blocking(settings, found.as_ref()))
            });
            health.encryption = lacks(self.found_encryption().await, |encrypted| {
                Ok(change::encrypting(encrypted))
            });
        }
        health
    }
}

/// What a setting lacks, in the words of the change that would give it.
fn lacks<T>(
    found: Result<T, Refusal>,
    change: impl FnOnce(T) -> Result<Option<Change>, PoolError>,
) -> Result<Option<String>, LookError> {
    let change = change(found?).map_err(|error| LookError::Failed(error.to_string()))?;
    Ok(change.map(|change| change.to_string()))
}
