//! The `StoreCopy` port: copies that S3 makes itself.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    AnnotationDirective, ChecksumAlgorithm, MetadataDirective, TaggingDirective,
};
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    CopySource, NewObject, Part, PartOf, PoolError, StoreCopy, StoreCopyError, UploadId,
};
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_domain::url::SourceUrl;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::S3Pool;
use crate::failure::{Reason, Refusal, incomplete};
use crate::headers::describe;
use crate::source_head::{payer, source_facts};
use crate::upload::{conditions, on_the_wire, once};
use cloud_mirror_metadata::DigestsIn;

/// What stays as it is in `x-amz-copy-source`: the unreserved characters and the slash. S3
/// decodes it once, and a bare `+` as a space.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Objects with versions need nothing else: a key means its newest version, and `If-Match` on the
/// entity tag holds every request of a copy to the bytes that were planned for. A version that comes
/// meanwhile fails the condition, and a delete marker is an absent object. Naming the version that
/// was planned for was rejected: its copy would be stale, and reading it needs a right of its own.
#[async_trait]
impl StoreCopy for S3Pool {
    /// Sent to the pool's region, which fetches from the store's. A copy that answers 200 and then
    /// an error is an error. Above 5 GiB S3 refuses.
    async fn copy(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        from: CopySource<'_>,
        seen: &Seen,
    ) -> Result<(), StoreCopyError> {
        if !self.dialect().is_aws() {
            return self.copy_as_upload(url, object, from, seen).await;
        }
        let key = self.key(url);
        let (if_match, if_none_match) = conditions(seen);
        let request = self.mover().copy_object().bucket(self.bucket()).key(&key);
        // Everything is said anew: by default S3 copies metadata, tags and annotations, and wants
        // rights and money for the latter two.
        let copied = describe!(request, self.described(object, DigestsIn::Nothing))
            .metadata_directive(MetadataDirective::Replace)
            .tagging_directive(TaggingDirective::Replace)
            .annotation_directive(AnnotationDirective::Exclude)
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .copy_source(copy_source(from.object))
            .copy_source_if_match(from.etag)
            .set_request_payer(payer(from.object))
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .send()
            .await;
        match copied {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = of_copy(self.refused("CopyObject", &key, &error), seen);
                Err(self.explained(error, from.object).await)
            }
        }
    }

    /// One request: not repeated by the SDK, whatever the client's configuration, as `once` says.
    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        part: PartOf<'_>,
    ) -> Result<Part, StoreCopyError> {
        let (key, range) = (self.key(url), byte_range(&part)?);
        let copied = self.copy_part(&key, upload, part.number, part.from, Some(range));
        let etag = copied.await?;
        let size = part.range.end.saturating_sub(part.range.start);
        Ok(Part {
            number: part.number,
            etag,
            size,
        })
    }
}

impl S3Pool {
    /// Copies a range of a source, or all of it, as one part of an upload, and answers its validator.
    pub(crate) async fn copy_part(
        &self,
        key: &str,
        upload: &UploadId,
        number: u32,
        from: CopySource<'_>,
        range: Option<String>,
    ) -> Result<String, StoreCopyError> {
        let request = self.mover().upload_part_copy();
        let copied = request
            .bucket(self.bucket())
            .key(key)
            .upload_id(upload)
            .part_number(on_the_wire(number))
            .copy_source(copy_source(from.object))
            .set_copy_source_range(range)
            .copy_source_if_match(from.etag)
            .set_request_payer(payer(from.object))
            .customize()
            .config_override(once())
            .send()
            .await;
        let copied = match copied {
            Ok(copied) => copied,
            Err(error) => {
                let error = of_part(self.refused("UploadPartCopy", key, &error));
                return Err(self.explained(error, from.object).await);
            }
        };
        if !self.dialect().is_aws() {
            self.must_be_unchanged(from).await?;
        }
        let etag = copied.copy_part_result.and_then(|result| result.e_tag);
        Ok(etag.ok_or_else(|| incomplete("UploadPartCopy", "ETag"))?)
    }

    /// A refused copy does not say that its source wants to be paid; a look at the source tells.
    async fn explained(&self, error: StoreCopyError, source: &StoredObject) -> StoreCopyError {
        let denied =
            matches!(&error, StoreCopyError::Source(failure) if failure.kind == Kind::NotPermitted);
        if !denied || source.requester_pays {
            return error;
        }
        match source_facts(&self.clients, source).await {
            Err(found) if found.kind == Kind::RequesterPays => found.into(),
            _ => error,
        }
    }
}

fn copy_source(object: &StoredObject) -> String {
    let encode = |text| utf8_percent_encode(text, ESCAPED);
    format!("{}/{}", encode(&object.bucket), encode(&object.key))
}

/// With its last byte, as HTTP counts; there is no empty range.
fn byte_range(part: &PartOf<'_>) -> Result<String, PoolError> {
    let range = &part.range;
    if range.is_empty() {
        let detail = format!("part {} has no bytes: {range:?}", part.number);
        return Err(PoolError::Unavailable(detail));
    }
    Ok(format!("bytes={}-{}", range.start, range.end - 1))
}

/// 404 is the source's, except that a missing replica answers it too where one was to be replaced.
/// That is then a condition that did not hold: the other way round, a replica deleted meanwhile
/// would have clients told that the source is gone.
fn of_copy(refusal: Refusal, seen: &Seen) -> StoreCopyError {
    let no_source = refusal.is_absence() && *seen == Seen::None;
    if no_source || refusal.is_of_the_source() {
        return refusal.of_source().into();
    }
    PoolError::from(refusal).into()
}

/// A part has no condition on the replica, so every one that failed was the source's.
fn of_part(refusal: Refusal) -> StoreCopyError {
    let changed = refusal.reason == Reason::Precondition;
    if changed || refusal.is_absence() || refusal.is_of_the_source() {
        return refusal.of_source().into();
    }
    PoolError::from(refusal).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloud_mirror_domain::error::Failure;

    fn refused(reason: Reason) -> Refusal {
        Refusal {
            reason,
            words: "words".into(),
        }
    }

    fn failed(kind: Kind) -> StoreCopyError {
        Failure::new(kind, "words").into()
    }

    #[test]
    fn a_key_is_escaped_once_and_completely() {
        let object = |key: &str| StoredObject {
            provider: "s3".into(),
            bucket: "acme.data".into(),
            region: "us-west-2".into(),
            key: key.into(),
            requester_pays: false,
        };
        for (key, written) in [
            ("a/b.c", "a/b.c"),
            ("a b", "a%20b"),
            ("a+b", "a%2Bb"),
            ("a?b&c=d#e", "a%3Fb%26c%3Dd%23e"),
            ("a%2Fb", "a%252Fb"),
            ("é", "%C3%A9"),
            ("a//b", "a//b"),
        ] {
            assert_eq!(
                copy_source(&object(key)),
                format!("acme.data/{written}"),
                "{key}"
            );
        }
    }

    #[test]
    fn a_missing_replica_is_not_taken_for_a_missing_source() {
        let there = Seen::Etag("\"e\"".into());
        let precondition = StoreCopyError::from(PoolError::Precondition);
        for (reason, seen, expected) in [
            (Reason::Absent, &Seen::None, failed(Kind::SourceNotFound)),
            (Reason::Absent, &there, precondition.clone()),
            (Reason::Precondition, &Seen::None, precondition),
            (Reason::Denied, &there, failed(Kind::NotPermitted)),
            (Reason::Archived, &there, failed(Kind::Archived)),
            (Reason::Encrypted, &there, failed(Kind::SourceEncrypted)),
            (Reason::KmsDenied, &there, failed(Kind::KmsDenied)),
            (
                Reason::Throttled,
                &there,
                PoolError::Throttled("words".into()).into(),
            ),
            (
                Reason::Failed,
                &there,
                PoolError::Unavailable("words".into()).into(),
            ),
        ] {
            assert_eq!(of_copy(refused(reason), seen), expected, "{reason:?}");
        }
    }

    #[test]
    fn a_parts_failed_condition_is_the_sources() {
        for (reason, expected) in [
            (Reason::Precondition, failed(Kind::SourceChanged)),
            (Reason::Absent, failed(Kind::SourceNotFound)),
            (Reason::Denied, failed(Kind::NotPermitted)),
            (Reason::Archived, failed(Kind::Archived)),
            (Reason::Encrypted, failed(Kind::SourceEncrypted)),
            (Reason::KmsDenied, failed(Kind::KmsDenied)),
            (Reason::NoSuchUpload, PoolError::NoSuchUpload.into()),
            (
                Reason::Throttled,
                PoolError::Throttled("words".into()).into(),
            ),
        ] {
            assert_eq!(of_part(refused(reason)), expected, "{reason:?}");
        }
    }
}
