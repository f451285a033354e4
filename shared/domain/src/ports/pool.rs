//! A pool, and uploads into it.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use thiserror::Error;
use ulid::Ulid;

use super::StoreCopy;
use crate::entry::{Digests, Replica, Upstream};
use crate::error::{Failure, Kind};
use crate::message::Seen;
use crate::time::Timestamp;
use crate::url::SourceUrl;

/// Why a pool did not do what it was asked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PoolError {
    /// The object is not as the condition said (412, or 404 on `If-Match`).
    #[error("the object is not as the condition said")]
    Precondition,
    /// Another conditional write was under way (409): begin again.
    #[error("another conditional write was under way")]
    Conflict,
    /// The upload does not exist any more.
    #[error("the upload does not exist")]
    NoSuchUpload,
    /// Our rights do not suffice. Never read as absence.
    #[error("not permitted: {0}")]
    Denied(String),
    /// The store asks for fewer requests (`SlowDown`, 503): it may work later.
    #[error("throttled: {0}")]
    Throttled(String),
    /// It may work next time.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        let kind = match &error {
            PoolError::Denied(_) => Kind::NotPermitted,
            PoolError::Throttled(_) => Kind::Throttled,
            PoolError::Precondition
            | PoolError::Conflict
            | PoolError::NoSuchUpload
            | PoolError::Unavailable(_) => Kind::PoolFailed,
        };
        Self::new(kind, error.to_string())
    }
}

/// The request method that an address is meant for: a presigned URL covers one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET
    Get,
    /// HEAD
    Head,
}

/// Where a client finds a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The URL for the client.
    pub url: String,
    /// When the URL itself ends, if it is a signed one.
    pub expires: Option<Timestamp>,
}

/// The headers that a replica restates, byte for byte as its source gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ObjectHeaders {
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `Content-Encoding`
    pub content_encoding: Option<String>,
    /// `Content-Disposition`
    pub content_disposition: Option<String>,
    /// `Content-Language`
    pub content_language: Option<String>,
    /// `Cache-Control`
    pub cache_control: Option<String>,
}

/// What is to be known of an object beside its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// Headers for clients.
    pub headers: ObjectHeaders,
    /// The source at the time of the copy. Its length, where known, is that which the object must
    /// have.
    pub upstream: Upstream,
    /// The run that writes it.
    pub written_by: Ulid,
    /// The hosts that the source redirected through; never their URLs, which may be signed.
    pub via_hosts: Vec<String>,
}

/// A store's id for an unfinished upload.
pub type UploadId = String;

/// One part of an upload, as the store acknowledged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 1.
    pub number: u32,
    /// The store's validator for it.
    pub etag: String,
    /// Its size in bytes.
    pub size: u64,
}

/// Storage that holds replicas for one service and region.
#[async_trait]
pub trait Pool: Send + Sync {
    /// What the pool says of a replica; `None` only where it says that there is none. May be
    /// repeated. IAM: `s3:GetObject`, `s3:GetObjectTagging`, and `s3:ListBucket` to tell absent from
    /// forbidden.
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError>;

    /// The same, for who has no use for the digests that are kept with the replica: they may be
    /// missing from the answer. May be repeated. A store that keeps them in a place of their own is
    /// not asked for them, which saves a request; to any other this is [`Pool::head`]. IAM:
    /// `s3:GetObject`, and `s3:ListBucket` to tell absent from forbidden.
    async fn head_without_digests(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        self.head(url).await
    }

    /// Deletes the replica if its validator is still `etag`; `Precondition` if it is not, success
    /// if there is none. May be repeated. IAM: `s3:DeleteObject`, `s3:GetObject`.
    async fn delete(&self, url: &SourceUrl, etag: &str) -> Result<(), PoolError>;

    /// Where a client finds a replica. Makes no request. IAM: what the client will need.
    async fn address(&self, url: &SourceUrl, method: Method) -> Result<Address, PoolError>;

    /// Creates and configures the storage. May be repeated, and then changes nothing.
    /// IAM: `s3:ListBucket`, `s3:CreateBucket`, and to get and put `BucketPublicAccessBlock`,
    /// `EncryptionConfiguration`, `LifecycleConfiguration` and `BucketPolicy`.
    async fn prepare(&self) -> Result<(), PoolError>;
}

/// Uploads into a pool. Nothing of an upload is visible before `put` or `complete`, which write
/// atomically and only if the object is as `seen` says. IAM: `s3:PutObject`,
/// `s3:PutObjectTagging`, and for `seen` an etag `s3:GetObject`.
#[async_trait]
pub trait Upload: Send + Sync {
    /// Writes a whole object in one request. Repeated, it may answer `Precondition` to its own
    /// write: look at the object.
    async fn put(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        body: Written,
        seen: &Seen,
    ) -> Result<(), PoolError>;

    /// Begins an upload in parts.
    async fn begin(&self, url: &SourceUrl, object: &NewObject) -> Result<UploadId, PoolError>;

    /// The unfinished uploads of exactly this replica that were begun before that moment, by the
    /// store's clock. IAM: `s3:ListBucketMultipartUploads`.
    async fn find(
        &self,
        url: &SourceUrl,
        begun_before: Timestamp,
    ) -> Result<Vec<UploadId>, PoolError>;

    /// Writes one part; repeated, the last one counts.
    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        number: u32,
        bytes: Bytes,
    ) -> Result<Part, PoolError>;

    /// The parts that are there, by number. IAM: `s3:ListMultipartUploadParts`.
    async fn parts(&self, url: &SourceUrl, upload: &UploadId) -> Result<Vec<Part>, PoolError>;

    /// Makes an object of the parts. Repeated after success it changes nothing, and answers success
    /// again, `NoSuchUpload` or `Precondition`: look at the object.
    async fn complete(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        parts: &[Part],
        last: Completion<'_>,
    ) -> Result<(), PoolError>;

    /// Keeps the digests of an object that was completed and has this validator, where `complete`
    /// was not heard of to the end. May be repeated. Nothing needs doing where digests are kept in
    /// the same write as the object. IAM: `s3:PutObjectTagging`.
    async fn keep_digests(
        &self,
        url: &SourceUrl,
        etag: &str,
        digests: &Digests,
    ) -> Result<(), PoolError>;

    /// Ends an upload and frees its parts; success if there is none.
    /// IAM: `s3:AbortMultipartUpload`.
    async fn abort(&self, url: &SourceUrl, upload: &UploadId) -> Result<(), PoolError>;
}

/// A whole object's bytes and their digests.
#[derive(Clone, Debug)]
pub struct Written {
    /// The bytes.
    pub bytes: Bytes,
    /// Their digests, kept with the replica.
    pub digests: Digests,
}

/// What is known only at the end of an upload.
#[derive(Clone, Copy, Debug)]
pub struct Completion<'a> {
    /// The digests of the whole, kept with the replica; none where no byte passed through us.
    pub digests: Option<&'a Digests>,
    /// The object must still be as it was seen.
    pub seen: &'a Seen,
}

/// Everything one pool can do.
#[derive(Clone)]
pub struct PoolPorts {
    /// Looking, deleting, addressing.
    pub pool: Arc<dyn Pool>,
    /// Writing.
    pub upload: Arc<dyn Upload>,
    /// Copying inside the provider, where it can.
    pub store_copy: Option<Arc<dyn StoreCopy>>,
}
