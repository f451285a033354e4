//! Whole objects, and what is kept beside their bytes.

use aws_sdk_s3::primitives::{ByteStream, DateTime, DateTimeFormat};
use bytes::Bytes;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{NewObject, PoolError};
use cloud_mirror_metadata::DigestsIn;

use crate::S3Pool;
use crate::headers::{self, Described, describe};
use crate::upload::conditions;

/// A whole object to be written, with all that is kept beside its bytes.
pub(crate) struct Whole {
    pub(crate) bytes: Bytes,
    pub(crate) described: Described,
    pub(crate) tagging: Option<String>,
}

impl S3Pool {
    /// Writes a whole object under a condition.
    pub(crate) async fn write(
        &self,
        key: &str,
        whole: Whole,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        let (if_match, if_none_match) = conditions(seen);
        let request = self.mover().put_object().bucket(self.bucket()).key(key);
        let request = describe!(request, whole.described)
            .set_tagging(whole.tagging)
            .set_checksum_algorithm(self.dialect().checksum())
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .body(ByteStream::from(whole.bytes))
            .customize();
        let request = match self.dialect().is_aws() {
            true => request.disable_payload_signing(),
            false => request,
        };
        let written = request.send().await;
        written
            .map(drop)
            .map_err(|error| self.refused("PutObject", key, &error).into())
    }

    pub(crate) fn described(&self, object: &NewObject, digests: DigestsIn) -> Described {
        let stored = DateTime::from_secs(i64::try_from(self.clock.now().as_seconds()).unwrap_or(0));
        let stored = stored.fmt(DateTimeFormat::DateTime).unwrap_or_default();
        Described {
            headers: headers::carried(object),
            metadata: cloud_mirror_metadata::write(object, stored, &digests),
        }
    }
}
