//! The `Upload` port: whole objects and uploads in parts.

use async_trait::async_trait;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::operation::list_multipart_uploads::ListMultipartUploadsOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    CompletedMultipartUpload, CompletedPart, MultipartUpload, Part as ListedPart,
};
use bytes::Bytes;
use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Completion, NewObject, Part, PoolError, Upload, UploadId, Written,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;

use crate::S3Pool;
use crate::failure::{Reason, Refusal, incomplete};
use crate::headers::describe;
use crate::pool::timestamp;
use crate::tags;
use crate::whole::Whole;
use cloud_mirror_metadata::DigestsIn;

/// The bytes that are moved here have one digest: the CRC64NVME, computed of the bytes in memory and
/// sent in a header that the signature covers, by which S3 refuses bytes that changed on the way.
/// They are not signed themselves, which would cost a SHA-256 of each body. Against somebody on the
/// way who changes bytes so that their CRC stays, TLS protects them. S3 itself is reached by TLS only;
/// an endpoint with plain HTTP is an emulator's, or on a network that is trusted anyway.
///
/// Services that speak its protocol do not all know that checksum, and some refuse a request that has
/// one: there the bytes are signed.
#[async_trait]
impl Upload for S3Pool {
    /// IAM beyond the port's: `s3:PutObjectTagging`.
    async fn put(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        body: Written,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        let tagging = self.dialect().has_tags();
        let tagging = tagging.then(|| tags::header(&body.digests));
        let kept = match tagging {
            Some(_) => DigestsIn::Tags,
            None => DigestsIn::Metadata(body.digests),
        };
        let whole = Whole {
            bytes: body.bytes,
            described: self.described(object, kept),
            tagging,
        };
        self.write(&self.key(url), whole, seen).await
    }

    /// The checksum is asked for here, of the whole object: what S3 would choose by itself for an
    /// upload in parts cannot be compared with anything.
    async fn begin(&self, url: &SourceUrl, object: &NewObject) -> Result<UploadId, PoolError> {
        let key = self.key(url);
        let request = self.client.create_multipart_upload();
        // Whether there will be digests shows at the end. A copy inside S3 has none, and costs
        // one vain look at its tags per HEAD; the other way round, they would not be found. Metadata
        // cannot be said later: without tags the digests are in the entry alone.
        let dialect = self.dialect();
        let kept = match dialect.has_tags() {
            true => DigestsIn::Tags,
            false => DigestsIn::Nothing,
        };
        let begun = describe!(request, self.described(object, kept))
            .bucket(self.bucket())
            .key(&key)
            .set_checksum_algorithm(dialect.checksum())
            .set_checksum_type(dialect.checksum_type())
            .send()
            .await
            .map_err(|error| self.refused("CreateMultipartUpload", &key, &error))?;
        let id = begun.upload_id.filter(|id| !id.is_empty());
        id.ok_or_else(|| incomplete("CreateMultipartUpload", "UploadId"))
    }

    async fn find(
        &self,
        url: &SourceUrl,
        begun_before: Timestamp,
    ) -> Result<Vec<UploadId>, PoolError> {
        let key = self.key(url);
        let mut found = Vec::new();
        let mut last = None;
        loop {
            let page = self.uploads(&key, last.as_ref()).await?;
            // S3 knows prefixes only, and `a` is one of `a/b`.
            let ours = page
                .uploads()
                .iter()
                .filter(|upload| upload.key() == Some(&key) && is_begun(upload, begun_before));
            found.extend(ours.filter_map(|upload| upload.upload_id.clone()));
            if page.is_truncated() != Some(true) || page.next_key_marker().is_none() {
                return Ok(found);
            }
            last = Some(page);
        }
    }

    /// One request: not repeated by the SDK, whatever the client's configuration, as `once` says.
    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        number: u32,
        bytes: Bytes,
    ) -> Result<Part, PoolError> {
        let key = self.key(url);
        let size = bytes.len() as u64;
        let request = self.mover().upload_part().bucket(self.bucket()).key(&key);
        let request = request
            .upload_id(upload)
            .part_number(on_the_wire(number))
            .set_checksum_algorithm(self.dialect().checksum())
            .body(ByteStream::from(bytes))
            .customize();
        let request = match self.dialect().is_aws() {
            true => request.disable_payload_signing(),
            false => request,
        };
        let written = request
            .config_override(once())
            .send()
            .await
            .map_err(|error| self.refused("UploadPart", &key, &error))?;
        let etag = written
            .e_tag
            .ok_or_else(|| incomplete("UploadPart", "ETag"))?;
        Ok(Part { number, etag, size })
    }

    async fn parts(&self, url: &SourceUrl, upload: &UploadId) -> Result<Vec<Part>, PoolError> {
        let key = self.key(url);
        let request = self.client.list_parts().bucket(self.bucket()).key(&key);
        let mut listed = request.upload_id(upload).into_paginator().items().send();
        let mut parts = Vec::new();
        while let Some(part) = listed.next().await {
            let part = part.map_err(|error| self.refused("ListParts", &key, &error))?;
            parts.push(acknowledged(part)?);
        }
        Ok(parts)
    }

    /// Where the object is written and its digests are not, that is an error too, and the object
    /// stays: whoever looks then finds one without digests.
    ///
    /// IAM beyond the port's: `s3:PutObjectTagging`, where there are digests.
    async fn complete(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        parts: &[Part],
        last: Completion<'_>,
    ) -> Result<(), PoolError> {
        let key = self.key(url);
        let (if_match, if_none_match) = conditions(last.seen);
        let request = self.mover().complete_multipart_upload();
        let written = request
            .bucket(self.bucket())
            .key(&key)
            .upload_id(upload)
            .multipart_upload(completed(parts))
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .send()
            .await
            .map_err(|error| self.refused("CompleteMultipartUpload", &key, &error))?;
        let Some(digests) = last.digests.filter(|_| self.dialect().has_tags()) else {
            return Ok(());
        };
        let etag = written.e_tag();
        let etag = etag.ok_or_else(|| incomplete("CompleteMultipartUpload", "ETag"))?;
        self.tag(&key, etag, digests).await
    }

    async fn keep_digests(
        &self,
        url: &SourceUrl,
        etag: &str,
        digests: &Digests,
    ) -> Result<(), PoolError> {
        match self.dialect().has_tags() {
            true => self.tag(&self.key(url), etag, digests).await,
            false => Ok(()),
        }
    }

    async fn abort(&self, url: &SourceUrl, upload: &UploadId) -> Result<(), PoolError> {
        let key = self.key(url);
        let request = self.client.abort_multipart_upload().bucket(self.bucket());
        match request.key(&key).upload_id(upload).send().await {
            Ok(_) => Ok(()),
            Err(error) => match self.refused("AbortMultipartUpload", &key, &error) {
                Refusal {
                    reason: Reason::NoSuchUpload,
                    ..
                } => Ok(()),
                refusal => Err(refusal.into()),
            },
        }
    }
}

impl S3Pool {
    async fn uploads(
        &self,
        key: &str,
        last: Option<&ListMultipartUploadsOutput>,
    ) -> Result<ListMultipartUploadsOutput, PoolError> {
        let request = self.client.list_multipart_uploads().bucket(self.bucket());
        request
            .prefix(key)
            .set_key_marker(last.and_then(|page| page.next_key_marker.clone()))
            .set_upload_id_marker(last.and_then(|page| page.next_upload_id_marker.clone()))
            .send()
            .await
            .map_err(|error| self.refused("ListMultipartUploads", key, &error).into())
    }
}

/// For parts, of which many are under way at once: no retries by the SDK. Whoever sends them has a pace
/// of its own, which must see every `SlowDown`, and repeats a part itself.
pub(crate) fn once() -> Builder {
    Builder::new().retry_config(RetryConfig::disabled())
}

/// `If-Match` and `If-None-Match`, of which one is set.
pub(crate) fn conditions(seen: &Seen) -> (Option<String>, Option<String>) {
    match seen {
        Seen::Etag(etag) => (Some(etag.clone()), None),
        Seen::None => (None, Some("*".to_owned())),
    }
}

/// What is beyond the wire's numbers is far beyond S3's 10,000, and refused there.
pub(crate) fn on_the_wire(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A store that does not say when is believed that it was long ago: nobody else would end it.
fn is_begun(upload: &MultipartUpload, before: Timestamp) -> bool {
    let at = upload.initiated().and_then(timestamp);
    at.is_none_or(|at| at < before)
}

fn completed(parts: &[Part]) -> CompletedMultipartUpload {
    let parts = parts.iter().map(|part| {
        CompletedPart::builder()
            .part_number(on_the_wire(part.number))
            .e_tag(&part.etag)
            .build()
    });
    CompletedMultipartUpload::builder()
        .set_parts(Some(parts.collect()))
        .build()
}

fn acknowledged(listed: ListedPart) -> Result<Part, PoolError> {
    let number = listed
        .part_number
        .and_then(|number| u32::try_from(number).ok());
    let size = listed.size.and_then(|size| u64::try_from(size).ok());
    match (number, listed.e_tag, size) {
        (Some(number), Some(etag), Some(size)) => Ok(Part { number, etag, size }),
        _ => Err(incomplete("ListParts", "number, ETag or size of a part")),
    }
}
