//! A pool's bucket: what it must be like, and what of that is missing.

mod change;
mod fence;
mod found;
mod health;
mod lifecycle;
mod policy;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use cloud_mirror_domain::ports::PoolError;
use tracing::error;

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
        let changes = change::needed(&self.settings, self.dialect(), &found)?;
        let create = (!exists).then(|| self.creation());
        let changes = changes.iter().map(ToString::to_string);
        Ok(create.into_iter().chain(changes).collect())
    }

    /// Creates the bucket where there is none, and changes of its configuration what must be
    /// changed; every rule and statement that is not ours stays. A service other than S3 must then
    /// show that it keeps conditions.
    pub(crate) async fn prepare_bucket(&self) -> Result<(), PoolError> {
        if !self.bucket_exists().await? {
            self.create_bucket().await?;
        }
        // Looked at after the creation: a new bucket has some of it by default.
        let found = self.found().await?;
        for change in change::needed(&self.settings, self.dialect(), &found)? {
            self.apply(change).await?;
        }
        match self.dialect().is_aws() {
            true => Ok(()),
            false => self.must_keep_conditions().await,
        }
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

    /// Asked in the wrong region, S3 refuses and says which would have been right. What other
    /// services say of regions is a matter of their own: an endpoint has the buckets that it has.
    async fn whereabouts(&self) -> Result<Whereabouts, Refusal> {
        let asked = self.client.head_bucket().bucket(self.bucket()).send().await;
        let (actual, refusal) = match &asked {
            Ok(there) => (there.bucket_region(), None),
            Err(error) => {
                let refusal = Refusal::of("HeadBucket", self.bucket(), error);
                (said_region(error), Some(refusal))
            }
        };
        let actual = actual.filter(|_| self.dialect().is_aws());
        let elsewhere = actual.filter(|actual| *actual != self.settings.region);
        match (refusal, elsewhere) {
            (Some(refusal), _) if refusal.reason == Reason::Absent => Ok(Whereabouts::Nowhere),
            (Some(refusal), _) if refusal.reason == Reason::Denied => Err(refusal),
            (_, Some(region)) => Ok(Whereabouts::Elsewhere(region.to_owned())),
            (Some(refusal), None) => Err(refusal),
            (None, None) => Ok(Whereabouts::Here),
        }
    }

    /// Other services have names of their own for regions, and mostly one for each endpoint: there none
    /// is said, and where one must be, the one that signatures have.
    async fn create_bucket(&self) -> Result<(), PoolError> {
        let region = &*self.settings.region;
        let said = self.dialect().is_aws() && region != UNSAID_REGION;
        let created = self.create_bucket_in(said.then_some(region)).await;
        let signed_for = self.client.config().region().map(AsRef::as_ref);
        let created = match created {
            Err(error) if !self.dialect().is_aws() && wants_its_region(&error) => {
                self.create_bucket_in(signed_for).await
            }
            created => created,
        };
        let Err(error) = created else { return Ok(()) };
        let refusal = Refusal::of("CreateBucket", self.bucket(), &error);
        match error.as_service_error() {
            // Created by somebody of ours since we looked.
            Some(said) if said.is_bucket_already_owned_by_you() => Ok(()),
            Some(said) if said.is_bucket_already_exists() => Err(PoolError::Denied(format!(
                "the bucket name {} is another account's: choose another one",
                self.bucket()
            ))),
            _ => Err(of_bucket(refusal)),
        }
    }

    async fn create_bucket_in(
        &self,
        region: Option<&str>,
    ) -> Result<(), SdkError<CreateBucketError, HttpResponse>> {
        let place = region.map(|region| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region))
                .build()
        });
        let creating = self.client.create_bucket().bucket(self.bucket());
        let creating = creating.set_create_bucket_configuration(place);
        creating.send().await.map(drop)
    }

    async fn apply(&self, change: Change) -> Result<(), PoolError> {
        match change.apply(&self.client, self.bucket()).await {
            Err(refusal) if self.does_without(&refusal) => Ok(()),
            applied => applied.map_err(of_bucket),
        }
    }

    /// Whether a service other than S3 has nothing like what was asked for. What a pool cannot be
    /// without is not asked for in this way, but an operator must know what is missing: objects
    /// that nobody deletes, say.
    fn does_without(&self, refusal: &Refusal) -> bool {
        let without = refusal.reason == Reason::NotImplemented && !self.dialect().is_aws();
        if without {
            // The operator's commands show nothing below an error.
            error!(
                detail = refusal.words,
                "the service has no such setting of buckets: see to it by its own means"
            );
        }
        without
    }
}

/// Whether an answer means that a region must be named.
fn wants_its_region(error: &SdkError<CreateBucketError, HttpResponse>) -> bool {
    error.code() == Some("IllegalLocationConstraintException")
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
