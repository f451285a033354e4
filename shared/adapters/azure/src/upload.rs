//! The `Upload` port: whole blobs, and uploads in blocks.
//!
//! An upload is a **marker**: an empty blob in the folder of the replica's uploads, named by the upload's
//! id, with all headers and metadata that the replica will have. It tells by the store's clock when the
//! upload began, is what an abort deletes, and keeps until `complete` what only `begin` is told. The parts are
//! uncommitted blocks of the replica's own blob, so that a commit makes the object in one step.
//!
//! Any other write of that blob drops them: Azure has no way to keep them. An upload in whose way
//! somebody else wrote fails its condition; to go on, its parts are to be sent again. And they cannot be
//! deleted one by one: those of an aborted upload go with the next write of the blob, or after a week.

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Completion, NewObject, Part, PoolError, Upload, UploadId, Written,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_metadata::DigestsIn;
use http::HeaderMap;
use tracing::warn;
use ulid::Ulid;

use crate::AzurePool;
use crate::blocks::{BlockId, are_parts_of};
use crate::client::unless_absent;
use crate::commit::{CRC64, all_are_there, crc64, put_blob, with_bytes, written};
use crate::headers::{condition, described, described_by};
use crate::names::uploads_of;
use crate::pool::deletion;

/// The bytes that are moved here have one digest, the CRC-64 that Azure compares. They are not signed:
/// against somebody on the way, TLS protects them.
#[async_trait]
impl Upload for AzurePool {
    /// Role: Storage Blob Data Contributor, as for all of these.
    async fn put(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        body: Written,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        let (blob, digests) = (self.blob(url), DigestsIn::Metadata(body.digests));
        let headers = described(object, self.clock.now(), &digests);
        let (name, value) = condition(seen);
        let call = put_blob(&blob, headers.clone())
            .header(name, value)
            .header(CRC64, crc64(&body.bytes))
            .body(body.bytes.clone())
            .patient();
        match written(self.container.send(&call).await) {
            Err(PoolError::Precondition) if self.is_unwritten(&blob, seen).await => {
                self.put_as_block(&blob, body.bytes, headers).await
            }
            answer => answer,
        }
    }

    async fn begin(&self, url: &SourceUrl, object: &NewObject) -> Result<UploadId, PoolError> {
        let upload = Ulid::generate();
        let described = described(object, self.clock.now(), &DigestsIn::Nothing);
        let call = put_blob(&self.marker(url, upload), described);
        self.container.send(&call).await?;
        Ok(upload.to_string())
    }

    async fn find(
        &self,
        url: &SourceUrl,
        begun_before: Timestamp,
    ) -> Result<Vec<UploadId>, PoolError> {
        let folder = uploads_of(&self.blob(url));
        let markers = self.listing(&folder).await?;
        let old = markers
            .into_iter()
            .filter(|blob| blob.written < begun_before);
        let ids = old.filter_map(|blob| Some(blob.name.strip_prefix(&folder)?.to_owned()));
        Ok(ids.filter(|id| Ulid::from_string(id).is_ok()).collect())
    }

    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        number: u32,
        bytes: Bytes,
    ) -> Result<Part, PoolError> {
        let (upload, _) = self.ongoing(url, upload).await?;
        self.put_block(&self.blob(url), BlockId::new(upload, number), bytes)
            .await
    }

    async fn parts(&self, url: &SourceUrl, upload: &UploadId) -> Result<Vec<Part>, PoolError> {
        let (upload, _) = self.ongoing(url, upload).await?;
        Ok(self.blocks(&self.blob(url), upload).await?)
    }

    /// The marker is looked at last: Azure knows no condition on it, and an abort that comes behind that
    /// look stops nothing.
    async fn complete(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        parts: &[Part],
        last: Completion<'_>,
    ) -> Result<(), PoolError> {
        let blob = self.blob(url);
        let there = self.blocks(&blob, id_of(upload)?).await?;
        let (upload, marker) = self.ongoing(url, upload).await?;
        if !are_parts_of(upload, parts) {
            let words = "CommitBlocks: these are not the parts of this upload, ascending by number";
            return Err(PoolError::Unavailable(words.to_owned()));
        }
        let parts = with_bytes(parts);
        let headers = described_by(&marker, last.digests);
        match all_are_there(&parts, &there) {
            Ok(true) => self.commit(&blob, &parts, headers, last.seen).await?,
            Ok(false) => return Err(self.overtaken(&blob, last.seen).await),
            Err(replaced) => return Err(replaced),
        }
        self.forget(url, upload).await;
        Ok(())
    }

    /// Nothing to do: digests are written with the object.
    async fn keep_digests(&self, _: &SourceUrl, _: &str, _: &Digests) -> Result<(), PoolError> {
        Ok(())
    }

    async fn abort(&self, url: &SourceUrl, upload: &UploadId) -> Result<(), PoolError> {
        let Ok(upload) = Ulid::from_string(upload) else {
            return Ok(());
        };
        let call = deletion(&self.marker(url, upload));
        unless_absent(self.container.send(&call).await)?;
        Ok(())
    }
}

impl AzurePool {
    /// The blob that stands for an unfinished upload.
    fn marker(&self, url: &SourceUrl, upload: Ulid) -> String {
        format!("{}{upload}", uploads_of(&self.blob(url)))
    }

    /// An upload that is not ended yet, and what its marker says.
    pub(crate) async fn ongoing(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
    ) -> Result<(Ulid, HeaderMap), PoolError> {
        let upload = id_of(upload)?;
        let marker = self.properties(&self.marker(url, upload)).await?;
        Ok((upload, marker.ok_or(PoolError::NoSuchUpload)?))
    }

    /// A marker that stays is found later as an upload that nobody finishes, and aborted.
    async fn forget(&self, url: &SourceUrl, upload: Ulid) {
        let call = deletion(&self.marker(url, upload));
        if let Err(refusal) = unless_absent(self.container.send(&call).await) {
            let detail = refusal.words;
            warn!(
                event = "marker-stays",
                detail, "a completed upload's marker could not be deleted"
            );
        }
    }
}

/// An id that is none of ours is no upload's.
fn id_of(upload: &UploadId) -> Result<Ulid, PoolError> {
    Ulid::from_string(upload).map_err(|_| PoolError::NoSuchUpload)
}
