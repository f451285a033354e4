//! How a bucket is configured now.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{
    LifecycleRule, PublicAccessBlockConfiguration, TransitionDefaultMinimumObjectSize,
};
use cloud_mirror_domain::ports::PoolError;

use super::of_bucket;
use crate::S3Pool;
use crate::failure::{Reason, Refusal};

/// How a bucket is configured; the default is that of a bucket of which nothing was ever said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    pub(super) block: Option<PublicAccessBlockConfiguration>,
    pub(super) policy: Option<String>,
    pub(super) encrypted: bool,
    pub(super) lifecycle: Lifecycle,
}

/// A bucket's lifecycle. It is written as a whole, so everything in it must be known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lifecycle {
    pub(super) rules: Vec<LifecycleRule>,
    pub(super) smallest_transition: Option<TransitionDefaultMinimumObjectSize>,
}

impl S3Pool {
    pub(super) async fn found(&self) -> Result<Found, PoolError> {
        Ok(Found {
            block: self.found_block().await.map_err(of_bucket)?,
            policy: self.found_policy().await.map_err(of_bucket)?,
            encrypted: self.found_encryption().await.map_err(of_bucket)?,
            lifecycle: self.found_lifecycle().await.map_err(of_bucket)?,
        })
    }

    pub(super) async fn found_block(
        &self,
    ) -> Result<Option<PublicAccessBlockConfiguration>, Refusal> {
        let asking = self.client.get_public_access_block().bucket(self.bucket());
        let answer = self.if_configured("GetPublicAccessBlock", asking.send().await)?;
        Ok(answer.and_then(|answer| answer.public_access_block_configuration))
    }

    pub(super) async fn found_policy(&self) -> Result<Option<String>, Refusal> {
        let asking = self.client.get_bucket_policy().bucket(self.bucket());
        let answer = self.if_configured("GetBucketPolicy", asking.send().await)?;
        Ok(answer.and_then(|answer| answer.policy))
    }

    pub(super) async fn found_encryption(&self) -> Result<bool, Refusal> {
        let asking = self.client.get_bucket_encryption().bucket(self.bucket());
        let answer = self.if_configured("GetBucketEncryption", asking.send().await)?;
        let rules = answer.and_then(|answer| answer.server_side_encryption_configuration);
        Ok(rules.is_some_and(|rules| {
            let by_default = |rule: &_| applies_by_default(rule);
            rules.rules().iter().any(by_default)
        }))
    }

    pub(super) async fn found_lifecycle(&self) -> Result<Lifecycle, Refusal> {
        let asking = self.client.get_bucket_lifecycle_configuration();
        let answer = asking.bucket(self.bucket()).send().await;
        let answer = self.if_configured("GetBucketLifecycleConfiguration", answer)?;
        let lifecycle = answer.map(|answer| Lifecycle {
            rules: answer.rules.unwrap_or_default(),
            smallest_transition: answer.transition_default_minimum_object_size,
        });
        Ok(lifecycle.unwrap_or_default())
    }

    /// `None` where S3 says that this was never configured. A missing bucket stays an error.
    fn if_configured<T, E>(
        &self,
        action: &str,
        answer: Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<Option<T>, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match answer.map_err(|error| Refusal::of(action, self.bucket(), &error)) {
            Ok(found) => Ok(Some(found)),
            Err(Refusal {
                reason: Reason::Absent,
                ..
            }) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

fn applies_by_default(rule: &aws_sdk_s3::types::ServerSideEncryptionRule) -> bool {
    rule.apply_server_side_encryption_by_default().is_some()
}
