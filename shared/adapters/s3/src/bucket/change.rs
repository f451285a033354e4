//! What of a bucket's configuration must be changed, in words and in requests.

use std::fmt;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use cloud_mirror_domain::ports::PoolError;

use super::found::{Found, Lifecycle, Setting};
use super::{lifecycle, policy};
use crate::dialect::Dialect;
use crate::failure::{Reason, Refusal};
use crate::{Access, S3PoolSettings};

/// A step that makes a bucket as it must be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// Block public access to this extent.
    Block(PublicAccessBlockConfiguration),
    /// Write this policy.
    Policy(String),
    /// Encrypt by default.
    Encrypt,
    /// Write this lifecycle, in which these of our rules are new or changed.
    Lifecycle(Lifecycle, Vec<String>),
}

/// The changes that a bucket needs, in an order in which they succeed: a policy for everybody is
/// refused where such policies are blocked.
///
/// Services that speak S3's protocol have no public access but by a policy, if that, and encrypt as
/// their operator says: there, these two are left alone.
pub(super) fn needed(
    settings: &S3PoolSettings,
    dialect: Dialect,
    found: &Found,
) -> Result<Vec<Change>, PoolError> {
    let mut changes = Vec::new();
    if dialect.is_aws() {
        changes.extend(blocking(settings, found.block.as_ref()));
    }
    if let Setting::Found(policy) = &found.policy {
        changes.extend(reading(settings, policy.as_deref())?);
    }
    if dialect.is_aws() {
        changes.extend(encrypting(found.encrypted));
    }
    if let Setting::Found(lifecycle) = &found.lifecycle {
        changes.extend(ending(settings, lifecycle)?);
    }
    Ok(changes)
}

/// What must be changed of whom the bucket blocks.
pub(super) fn blocking(
    settings: &S3PoolSettings,
    found: Option<&PublicAccessBlockConfiguration>,
) -> Option<Change> {
    let block = block(settings.access);
    (found != Some(&block)).then_some(Change::Block(block))
}

/// What must be changed for everybody to read, where everybody may.
pub(super) fn reading(
    settings: &S3PoolSettings,
    found: Option<&str>,
) -> Result<Option<Change>, PoolError> {
    match settings.access {
        Access::Public => Ok(policy::needed(settings, found)?.map(Change::Policy)),
        Access::Presigned => Ok(None),
    }
}

/// What must be changed of the encryption. Any that an operator chose stays as it is; S3 encrypts
/// new buckets by itself.
pub(super) fn encrypting(encrypted: bool) -> Option<Change> {
    (!encrypted).then_some(Change::Encrypt)
}

/// What must be changed of how replicas and uploads end.
pub(super) fn ending(
    settings: &S3PoolSettings,
    found: &Lifecycle,
) -> Result<Option<Change>, PoolError> {
    let (lifecycle, changed) = lifecycle::merged(found, settings.lifespan)?;
    Ok((!changed.is_empty()).then_some(Change::Lifecycle(lifecycle, changed)))
}

/// ACLs are blocked for everybody; a public pool is public by its policy alone.
fn block(access: Access) -> PublicAccessBlockConfiguration {
    let private = access == Access::Presigned;
    PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(private)
        .restrict_public_buckets(private)
        .build()
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(block) if block.block_public_policy == Some(true) => {
                f.write_str("block all public access")
            }
            Self::Block(_) => f.write_str("block public ACLs, and allow public policies"),
            Self::Policy(_) => f.write_str("let everybody read objects, by the bucket's policy"),
            Self::Encrypt => f.write_str("encrypt objects by default (SSE-S3)"),
            Self::Lifecycle(_, changed) => {
                write!(f, "set the lifecycle rules {}", changed.join(" and "))
            }
        }
    }
}

impl Change {
    /// Makes the change. May be repeated.
    pub(super) async fn apply(self, client: &Client, bucket: &str) -> Result<(), Refusal> {
        match self {
            Self::Block(block) => {
                let request = client.put_public_access_block().bucket(bucket);
                let answer = request
                    .public_access_block_configuration(block)
                    .send()
                    .await;
                answer
                    .map(drop)
                    .map_err(|error| Refusal::of("PutPublicAccessBlock", bucket, &error))
            }
            Self::Policy(policy) => {
                let request = client.put_bucket_policy().bucket(bucket);
                let answer = request.policy(policy).send().await;
                answer
                    .map(drop)
                    .map_err(|error| Refusal::of("PutBucketPolicy", bucket, &error))
            }
            Self::Encrypt => encrypt(client, bucket).await,
            Self::Lifecycle(lifecycle, _) => put_lifecycle(client, bucket, lifecycle).await,
        }
    }
}

async fn encrypt(client: &Client, bucket: &str) -> Result<(), Refusal> {
    const ACTION: &str = "PutBucketEncryption";
    let by_default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::Aes256)
        .build();
    let rule = by_default.map(|by_default| {
        ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(by_default)
            .build()
    });
    let rules = rule.and_then(|rule| {
        ServerSideEncryptionConfiguration::builder()
            .rules(rule)
            .build()
    });
    let rules = rules.map_err(|error| unbuilt(ACTION, &error))?;
    let request = client.put_bucket_encryption().bucket(bucket);
    let answer = request
        .server_side_encryption_configuration(rules)
        .send()
        .await;
    answer
        .map(drop)
        .map_err(|error| Refusal::of(ACTION, bucket, &error))
}

async fn put_lifecycle(client: &Client, bucket: &str, new: Lifecycle) -> Result<(), Refusal> {
    const ACTION: &str = "PutBucketLifecycleConfiguration";
    let rules = BucketLifecycleConfiguration::builder().set_rules(Some(new.rules));
    let rules = rules.build().map_err(|error| unbuilt(ACTION, &error))?;
    let request = client.put_bucket_lifecycle_configuration().bucket(bucket);
    let answer = request
        .lifecycle_configuration(rules)
        .set_transition_default_minimum_object_size(new.smallest_transition)
        .send()
        .await;
    answer
        .map(drop)
        .map_err(|error| Refusal::of(ACTION, bucket, &error))
}

/// A request that lacks what the SDK demands of it.
fn unbuilt(action: &str, error: &BuildError) -> Refusal {
    Refusal {
        reason: Reason::Failed,
        words: format!("{action}: {error}"),
    }
}
