//! The `StoreCopy` port: copies that Google makes itself.

use async_trait::async_trait;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::plan::StoreLimits;
use cloud_mirror_domain::ports::{
    CopySource, NewObject, Part, PartOf, PoolError, StoreCopy, StoreCopyError, UploadId,
};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_metadata::DigestsIn;
use http::Method;

use crate::GcsPool;
use crate::failure::{Reason, Refusal};
use crate::headers::expected;
use crate::place::Place;

/// What is copied in one request, at most. Google copies no ranges, and between two locations the bytes
/// travel while the request waits; it has no limit of its own. This much takes 26 s at the
/// `assumed_throughput` of 40 MiB/s, inside the 30 s that a final write has by default. What is larger
/// goes through us, in parts, and may take as long as it likes.
const SINGLE_BYTES: u64 = 1024 * 1024 * 1024;

/// Google's rewrites, which copy large objects in several requests, were rejected: their conditions know
/// generations only, and what a source tells everybody, so that a copy can be planned on it, is its
/// entity tag.
#[async_trait]
impl StoreCopy for GcsPool {
    fn limits(&self) -> StoreLimits {
        StoreLimits {
            single_bytes: SINGLE_BYTES,
            part_bytes: None,
        }
    }

    /// IAM: `storage.objects.get` on the store; on the pool `storage.objects.create`, and for replacing
    /// `storage.objects.delete`.
    async fn copy(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        from: CopySource<'_>,
        seen: &Seen,
    ) -> Result<(), StoreCopyError> {
        let key = self.key(url);
        let source = Place {
            bucket: &from.object.bucket,
            key: &from.object.key,
        };
        // Everything is said anew: by default metadata is copied.
        let described = self.described(object, &DigestsIn::Nothing);
        let copied = self
            .clients
            .object("CopyObject", Method::PUT, self.place(&key))
            .headers(described.to_headers())
            .header("x-goog-copy-source", &source.path())
            .header("x-goog-copy-source-if-match", from.etag)
            .header("x-goog-metadata-directive", "REPLACE")
            .header("x-goog-if-generation-match", &expected(seen)?.to_string())
            .paid_by_us(from.object.requester_pays)
            .patiently()
            .send()
            .await;
        copied
            .and_then(|answer| answer.whole("CopyObject"))
            .map_err(of_copy)
    }

    /// Never asked for, as `limits` says that there are none.
    async fn part(
        &self,
        _: &SourceUrl,
        _: &UploadId,
        _: PartOf<'_>,
    ) -> Result<Part, StoreCopyError> {
        let why = "Google Cloud Storage copies no ranges".to_owned();
        Err(PoolError::Unavailable(why).into())
    }
}

/// Absence is the source's: a missing replica fails the condition on its generation instead. So is a
/// denial, which may be meant for the pool as well: Google does not say, and it is the source that
/// others give us rights to.
fn of_copy(refusal: Refusal) -> StoreCopyError {
    match refusal.reason {
        Reason::Absent | Reason::Denied | Reason::Encrypted | Reason::Unpaid => {
            refusal.of_source().into()
        }
        _ => PoolError::from(refusal).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloud_mirror_domain::error::{Failure, Kind};

    fn refused(reason: Reason) -> StoreCopyError {
        let words = "words".to_owned();
        of_copy(Refusal { reason, words })
    }

    #[test]
    fn each_end_of_a_copy_answers_for_itself() {
        let source = |kind| StoreCopyError::from(Failure::new(kind, "words"));
        for (reason, expected) in [
            (Reason::Absent, source(Kind::SourceNotFound)),
            (Reason::Denied, source(Kind::NotPermitted)),
            (Reason::Unpaid, source(Kind::RequesterPays)),
            (Reason::Encrypted, source(Kind::SourceEncrypted)),
            (Reason::Precondition, PoolError::Precondition.into()),
            (Reason::Conflict, PoolError::Conflict.into()),
            (
                Reason::Throttled,
                PoolError::Throttled("words".into()).into(),
            ),
        ] {
            assert_eq!(refused(reason), expected, "{reason:?}");
        }
    }
}
