//! Copies inside a service that speaks S3's protocol, by no more than such services have in common.
//!
//! `CopyObject` is not used there: its condition on what it replaces has another name at one, and is
//! ignored by others, so that a run that was overtaken would write over another's replica. Completing
//! an upload keeps that condition, or `prepare` has refused the service. A part's condition on its
//! source is ignored by some as well: there the source is looked at again after each part, and one
//! that has the same validator before and after was the same in between.

use bytes::Bytes;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Completion, CopySource, NewObject, Part, StoreCopyError, Upload as _, UploadId,
};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_metadata::DigestsIn;

use crate::S3Pool;
use crate::source_head::source_facts;
use crate::whole::Whole;

impl S3Pool {
    /// Copies a whole object as an upload of one part. Where that fails the upload is ended, as nobody
    /// else knows of it.
    pub(crate) async fn copy_as_upload(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        from: CopySource<'_>,
        seen: &Seen,
    ) -> Result<(), StoreCopyError> {
        if object.upstream.length == Some(0) {
            return self.write_nothing(url, object, seen).await;
        }
        let upload = self.begin(url, object).await?;
        let copied = self.copy_into(url, &upload, from, seen).await;
        if copied.is_err() {
            // What is left of it, the lifecycle ends.
            let _ = self.abort(url, &upload).await;
        }
        copied
    }

    async fn copy_into(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        from: CopySource<'_>,
        seen: &Seen,
    ) -> Result<(), StoreCopyError> {
        let key = self.key(url);
        let copied = self.copy_part(&key, upload, 1, from, None);
        let part = Part {
            number: 1,
            etag: copied.await?,
            size: 0,
        };
        let last = Completion {
            digests: None,
            seen,
        };
        Ok(self.complete(url, upload, &[part], last).await?)
    }

    /// No part is made of no bytes.
    async fn write_nothing(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        seen: &Seen,
    ) -> Result<(), StoreCopyError> {
        let whole = Whole {
            bytes: Bytes::new(),
            described: self.described(object, DigestsIn::Nothing),
            tagging: None,
        };
        Ok(self.write(&self.key(url), whole, seen).await?)
    }

    /// Fails if the source is not the one any more that the copy was planned for.
    pub(crate) async fn must_be_unchanged(
        &self,
        from: CopySource<'_>,
    ) -> Result<(), StoreCopyError> {
        let facts = source_facts(&self.clients, from.object).await?;
        if facts.etag.as_deref() == Some(from.etag) {
            return Ok(());
        }
        let detail = "the object in the store is not the one any more that was planned for";
        Err(Failure::new(Kind::SourceChanged, detail).into())
    }
}
