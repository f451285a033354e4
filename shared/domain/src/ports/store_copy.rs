//! Copies inside one provider: no byte passes through us.

use std::ops::Range;

use async_trait::async_trait;
use thiserror::Error;

use super::{NewObject, Part, PoolError, UploadId};
use crate::error::Failure;
use crate::message::Seen;
use crate::plan::StoreLimits;
use crate::rules::StoredObject;
use crate::url::SourceUrl;

/// The source of a server-side copy, as it was when the copy was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopySource<'a> {
    /// Where it lies.
    pub object: &'a StoredObject,
    /// Its validator: every step demands that it is still the same.
    pub etag: &'a str,
}

/// Why a server-side copy did not succeed: a store answers for both of its ends.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StoreCopyError {
    /// The pool's end. `Precondition` may also mean that the source is another one by now: S3
    /// answers 412 for both.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The source's end.
    #[error(transparent)]
    Source(#[from] Failure),
}

/// A pool whose provider copies from stores that rules name, with our credentials.
///
/// Only objects of a rule's `store` are ever asked for here, or anybody could publish what our
/// role may read.
#[async_trait]
pub trait StoreCopy: Send + Sync {
    /// How much it copies at once. Makes no request.
    fn limits(&self) -> StoreLimits {
        StoreLimits::S3
    }

    /// Copies a whole object within those limits, if the replica is as `seen` says and the source has
    /// its validator still. Metadata and tags are replaced, not inherited. Repeated, it may
    /// answer `Precondition` to its own write: look at the object. IAM: `s3:GetObject` on the
    /// store, `s3:PutObject` on the pool, and for `seen` an etag `s3:GetObject` there; none for tags,
    /// because none are copied.
    async fn copy(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        from: CopySource<'_>,
        seen: &Seen,
    ) -> Result<(), StoreCopyError>;

    /// Copies a range of the source as one part of an upload, if the source has its validator
    /// still. Repeated, the last one counts. IAM: `s3:GetObject` on the store, `s3:PutObject` on
    /// the pool.
    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        part: PartOf<'_>,
    ) -> Result<Part, StoreCopyError>;
}

/// One part of a server-side copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartOf<'a> {
    /// From 1.
    pub number: u32,
    /// The source.
    pub from: CopySource<'a>,
    /// Its bytes that make this part.
    pub range: Range<u64>,
}
