//! The `Upload` port: whole objects and uploads in parts.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Completion, NewObject, Part, PoolError, Upload, UploadId, Written,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_metadata::DigestsIn;
use crc_fast::CrcAlgorithm;
use http::Method;
use serde::{Deserialize, Serialize};

use crate::GcsPool;
use crate::failure::{Reason, Refusal};
use crate::headers::{Described, expected};
use crate::listing;
use crate::staging::Staged;

/// IAM: `storage.objects.create` for all of it, and for replacing `storage.objects.delete`; to publish
/// what came in parts also `storage.objects.get`.
#[async_trait]
impl Upload for GcsPool {
    async fn put(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        body: Written,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        let key = self.key(url);
        let described = self.described(object, &DigestsIn::Metadata(body.digests));
        self.clients
            .object("PutObject", Method::PUT, self.place(&key))
            .headers(described.to_headers())
            .header("x-goog-if-generation-match", &expected(seen)?.to_string())
            .header("x-goog-hash", &crc32c(&body.bytes))
            .body(body.bytes)
            .patiently()
            .send()
            .await?;
        Ok(())
    }

    async fn begin(&self, url: &SourceUrl, object: &NewObject) -> Result<UploadId, PoolError> {
        let staged = Staged::fresh(&self.key(url));
        let described = self.described(object, &DigestsIn::Nothing).unpublished();
        let asking = self.clients.object(
            "CreateMultipartUpload",
            Method::POST,
            self.place(&staged.key),
        );
        let about = asking.about.clone();
        let begun = asking
            .flag("uploads")
            .headers(described.to_headers())
            .send()
            .await?;
        let Begun { upload_id } = listing::document(&about, &begun)?;
        if upload_id.is_empty() {
            return Err(Refusal::incomplete(&about, "UploadId").into());
        }
        Ok(staged.begun(upload_id).id())
    }

    /// Also those that were completed and never published: their parts are one object at the staging
    /// name. IAM: `storage.multipartUploads.list`, `storage.objects.list`.
    async fn find(
        &self,
        url: &SourceUrl,
        begun_before: Timestamp,
    ) -> Result<Vec<UploadId>, PoolError> {
        let key = self.key(url);
        let mut found = self.unfinished(&key, begun_before).await?;
        found.extend(self.unpublished(&key, begun_before).await?);
        Ok(found.iter().map(Staged::id).collect())
    }

    /// One request, not repeated here: see `Asking::once`.
    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        number: u32,
        bytes: Bytes,
    ) -> Result<Part, PoolError> {
        let staged = self.staged(url, upload)?;
        let size = bytes.len() as u64;
        let asking = self
            .clients
            .object("UploadPart", Method::PUT, self.place(&staged.key));
        let about = asking.about.clone();
        let written = asking
            .query("partNumber", &number.to_string())
            .query("uploadId", &staged.upload)
            .header("x-goog-hash", &crc32c(&bytes))
            .body(bytes)
            .once()
            .send()
            .await
            .map_err(of_upload)?;
        let etag = written
            .headers
            .get("etag")
            .and_then(|tag| tag.to_str().ok());
        let etag = etag.ok_or_else(|| Refusal::incomplete(&about, "ETag"))?;
        Ok(Part {
            number,
            etag: etag.to_owned(),
            size,
        })
    }

    /// IAM: `storage.multipartUploads.listParts`.
    async fn parts(&self, url: &SourceUrl, upload: &UploadId) -> Result<Vec<Part>, PoolError> {
        let staged = self.staged(url, upload)?;
        self.listed_parts(&staged).await.map_err(of_upload)
    }

    /// Four requests: the parts become one object at the staging name, it is looked at, published under
    /// the condition, and deleted. A run whose condition failed may come again, with the same parts:
    /// the first of the four then finds them completed, which is no failure.
    async fn complete(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        parts: &[Part],
        last: Completion<'_>,
    ) -> Result<(), PoolError> {
        let staged = self.staged(url, upload)?;
        match self.complete_parts(&staged, parts).await {
            Ok(()) => {}
            Err(refusal) if is_over(&refusal) => {}
            Err(refusal) => return Err(refusal.into()),
        }
        // After the parts are one object: it must stay for whoever comes again.
        let expected = expected(last.seen)?;
        self.publish(&self.key(url), &staged, last.digests, expected)
            .await
    }

    /// They are kept in the same write as the object.
    async fn keep_digests(&self, _: &SourceUrl, _: &str, _: &Digests) -> Result<(), PoolError> {
        Ok(())
    }

    /// IAM: `storage.multipartUploads.abort`, `storage.objects.delete`.
    async fn abort(&self, url: &SourceUrl, upload: &UploadId) -> Result<(), PoolError> {
        let Ok(staged) = self.staged(url, upload) else {
            return Ok(());
        };
        if !staged.upload.is_empty() {
            let place = self.place(&staged.key);
            let ended = self
                .clients
                .object("AbortMultipartUpload", Method::DELETE, place)
                .query("uploadId", &staged.upload)
                .send()
                .await;
            match ended {
                Ok(_) => {}
                Err(refusal) if is_over(&refusal) => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Ok(self.unstage(&staged).await?)
    }
}

impl GcsPool {
    pub(crate) fn described(&self, object: &NewObject, digests: &DigestsIn) -> Described {
        Described::new(object, self.clock.now(), digests)
    }

    fn staged(&self, url: &SourceUrl, upload: &UploadId) -> Result<Staged, PoolError> {
        Staged::of(&self.key(url), upload).ok_or(PoolError::NoSuchUpload)
    }

    async fn complete_parts(&self, staged: &Staged, parts: &[Part]) -> Result<(), Refusal> {
        let place = self.place(&staged.key);
        let asking = self
            .clients
            .object("CompleteMultipartUpload", Method::POST, place);
        let list = PartList::of(parts);
        let list = quick_xml::se::to_string(&list)
            .map_err(|error| Refusal::incomplete(&asking.about, &format!("parts: {error}")))?;
        asking
            .query("uploadId", &staged.upload)
            .header("content-type", "application/xml")
            .body(list)
            .patiently()
            .send()
            .await
            .and_then(|answer| answer.whole("CompleteMultipartUpload"))
    }
}

/// Whether there is no such upload, or none any more.
fn is_over(refusal: &Refusal) -> bool {
    matches!(refusal.reason, Reason::NoSuchUpload | Reason::Absent)
}

/// For parts, which exist in their upload only.
fn of_upload(refusal: Refusal) -> PoolError {
    if is_over(&refusal) {
        return PoolError::NoSuchUpload;
    }
    refusal.into()
}

/// By which Google refuses bytes that changed on the way.
fn crc32c(bytes: &[u8]) -> String {
    let sum = crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, bytes);
    // The algorithm's sums have 32 bits.
    let [.., a, b, c, d] = sum.to_be_bytes();
    format!("crc32c={}", STANDARD.encode([a, b, c, d]))
}

#[derive(Deserialize)]
struct Begun {
    #[serde(rename = "UploadId")]
    upload_id: String,
}

#[derive(Serialize)]
#[serde(rename = "CompleteMultipartUpload")]
struct PartList<'a> {
    #[serde(rename = "Part")]
    parts: Vec<ListedPart<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListedPart<'a> {
    part_number: u32,
    #[serde(rename = "ETag")]
    etag: &'a str,
}

impl<'a> PartList<'a> {
    fn of(parts: &'a [Part]) -> Self {
        let parts = parts.iter().map(|part| ListedPart {
            part_number: part.number,
            etag: &part.etag,
        });
        Self {
            parts: parts.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_the_one_that_every_catalogue_lists() {
        assert_eq!(crc32c(b"123456789"), "crc32c=4waSgw==");
        assert_eq!(crc32c(b""), "crc32c=AAAAAA==");
    }

    #[test]
    fn the_list_of_parts_is_googles_document() {
        let part = Part {
            number: 1,
            etag: "\"e\"".into(),
            size: 5,
        };
        let list = quick_xml::se::to_string(&PartList::of(&[part])).unwrap();
        assert_eq!(
            list,
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag></Part></CompleteMultipartUpload>"
        );
    }
}
