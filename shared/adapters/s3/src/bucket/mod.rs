//! A pool's bucket: what it must be like, and what of that is missing.

mod change;
mod found;
mod health;
mod lifecycle;
mod policy;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use cloud_mirror_domain::ports::PoolError;

use crate::S3Pool;
use crate::failure::{Reason, Refusal};
use change::Change;
use found::Found;

pub use health::{BucketHealth, BucketSettings};

/// Where a bucket is.
enum Whereabouts {
    /// In the pool's region.
    Here,
    /// In another region.
    Elsewhere(String),
    /// There is none.
    Nowhere,
}

/// The only region whose buckets are created without saying where.
const UNSAID_REGION: &str = "us-east-1";

impl S3Pool {
    /// What `prepare` would change, in words, in its order; nothing where all is as it must be.
    /// Where there is no bucket yet, all of it is said, also what the store then does by itself.
    /// Reads only, and may be repeated. IAM: `s3:ListBucket`, `s3:GetBucketPublicAccessBlock`, `s3:GetBucketPolicy`,
    /// `s3:GetEncryptionConfiguration`, `s3:GetLifecycleConfiguration`.
    ///
    /// # Errors
    /// `Denied` where the bucket is another account's or our rights do not suffice, `Unavailable`
    /// for everything else, a bucket in another region among it.
    pub async fn plan(&self) -> Result<Vec<String>, PoolError> {
        let exists = self.bucket_exists().await?;
        let found = if exists {
            self.found().await?
        } else {
            Found::default()
        };
        let changes = change::needed(&self.settings, &found)?;
        let create = (!exists).then(|| self.creation());
        let changes = changes.iter().map(ToString::to_string);
        Ok(create.into_iter().chain(changes).collect())
    }

    /// Creates the bucket where there is none, and changes of its configuration what must be
    /// changed; every rule and statement that is not ours stays.
    pub(crate) async fn prepare_bucket(&self) -> Result<(), PoolError> {
        if !self.bucket_exists().await? {
            self.create_bucket().await?;
        }
        // Looked at after the creation: a new bucket has some of it by default.
        let found = self.found().await?;
        for change in change::needed(&self.settings, &found)? {
            self.apply(change).await?;
        }
        Ok(())
    }

    fn creation(&self) -> String {
        format!(
            "create the bucket {} in {}",
            self.bucket(),
            self.settings.region
        )
    }

    async fn bucket_exists(&self) -> Result<bool, PoolError> {
        match self.whereabouts().await {
            Ok(Whereabouts::Here) => Ok(true),
            Ok(Whereabouts::Nowhere) => Ok(false),
            Ok(Whereabouts::Elsewhere(region)) => Err(PoolError::Unavailable(format!(
                "the bucket {} is in {region}, not in {}: name another bucket",
                self.bucket(),
                self.settings.region
            ))),
            Err(refusal) if refusal.reason == Reason::Denied => Err(PoolError::Denied(format!(
                "the bucket {} is another account's, or we may not look at it: {}",
                self.bucket(),
                refusal.words
            ))),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Asked in the wrong region, S3 refuses and says which would have been right. Stores other
    /// than AWS do not always say the region, and that is fine.
    async fn whereabouts(&self) -> Result<Whereabouts, Refusal> {
        let asked = self.client.head_bucket().bucket(self.bucket()).send().await;
        let (actual, refusal) = match &asked {
            Ok(there) => (there.bucket_region(), None),
            Err(error) => {
                let refusal = Refusal::of("HeadBucket", self.bucket(), error);
                (said_region(error), Some(refusal))
            }
        };
        let elsewhere = actual.filter(|actual| *actual != self.settings.region);
        match (refusal, elsewhere) {
            (Some(refusal), _) if refusal.reason == Reason::Absent => Ok(Whereabouts::Nowhere),
            (Some(refusal), _) if refusal.reason == Reason::Denied => Err(refusal),
            (_, Some(region)) => Ok(Whereabouts::Elsewhere(region.to_owned())),
            (Some(refusal), None) => Err(refusal),
            (None, None) => Ok(Whereabouts::Here),
        }
    }

    async fn create_bucket(&self) -> Result<(), PoolError> {
        let region = &*self.settings.region;
        let place = CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(region))
            .build();
        let place = (region != UNSAID_REGION).then_some(place);
        let creating = self.client.create_bucket().bucket(self.bucket());
        let created = creating.set_create_bucket_configuration(place).send().await;
        let Err(error) = created else { return Ok(()) };
        let refusal = Refusal::of("CreateBucket", self.bucket(), &error);
        match error.as_service_error() {
            // Created by somebody of ours since we looked.
            Some(error) if error.is_bucket_already_owned_by_you() => Ok(()),
            Some(error) if error.is_bucket_already_exists() => Err(PoolError::Denied(format!(
                "the bucket name {} is another account's: choose another one",
                self.bucket()
            ))),
            _ => Err(of_bucket(refusal)),
        }
    }

    async fn apply(&self, change: Change) -> Result<(), PoolError> {
        let applied = change.apply(&self.client, self.bucket()).await;
        applied.map_err(of_bucket)
    }
}

/// The region that an answer names as the bucket's.
pub(crate) fn said_region<E>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    let headers = error.raw_response()?.headers();
    headers.get("x-amz-bucket-region")
}

/// A bucket's configuration has no conditions, so nothing here is a failed one.
fn of_bucket(refusal: Refusal) -> PoolError {
    match refusal.reason {
        Reason::Denied => PoolError::Denied(refusal.words),
        Reason::Throttled => PoolError::Throttled(refusal.words),
        _ => PoolError::Unavailable(refusal.words),
    }
}
