//! How a bucket is configured now.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{
    LifecycleRule, PublicAccessBlockConfiguration, TransitionDefaultMinimumObjectSize,
};
use cloud_mirror_domain::ports::PoolError;

use super::of_bucket;
use crate::failure::{Reason, Refusal};
use crate::{Access, S3Pool};

/// How a bucket is configured; the default is that of a bucket of which nothing was ever said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    pub(super) block: Option<PublicAccessBlockConfiguration>,
    pub(super) policy: Setting<Option<String>>,
    pub(super) encrypted: bool,
    pub(super) lifecycle: Setting<Lifecycle>,
}

/// A setting that a service may have nothing like.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Setting<T> {
    Found(T),
    Unknown,
}

impl<T: Default> Default for Setting<T> {
    fn default() -> Self {
        Self::Found(T::default())
    }
}

/// A bucket's lifecycle. It is written as a whole, so everything in it must be known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lifecycle {
    pub(super) rules: Vec<LifecycleRule>,
    pub(super) smallest_transition: Option<TransitionDefaultMinimumObjectSize>,
}

impl S3Pool {
    /// Of a service other than S3 only what is set there: see [`change::needed`](super::change).
    pub(super) async fn found(&self) -> Result<Found, PoolError> {
        let mut found = Found::default();
        if self.dialect().is_aws() {
            found.block = self.found_block().await.map_err(of_bucket)?;
            found.encrypted = self.found_encryption().await.map_err(of_bucket)?;
        }
        if self.settings.access == Access::Public {
            found.policy = self.if_known(self.found_policy().await)?;
        }
        found.lifecycle = self.if_known(self.found_lifecycle().await)?;
        Ok(found)
    }

    /// S3 has all settings; of a service that has nothing like one, an operator is told.
    fn if_known<T>(&self, found: Result<T, Refusal>) -> Result<Setting<T>, PoolError> {
        match found {
            Ok(found) => Ok(Setting::Found(found)),
            Err(refusal) if self.does_without(&refusal) => Ok(Setting::Unknown),
            Err(refusal) => Err(of_bucket(refusal)),
        }
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
