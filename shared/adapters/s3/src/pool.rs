//! The `Pool` port: looking at replicas and deleting them.

use async_trait::async_trait;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::ChecksumType;
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::ports::{Address, Method, Pool, PoolError};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;

use crate::S3Pool;
use crate::failure::{Refusal, incomplete, place};
use cloud_mirror_metadata::DigestsIn;

#[async_trait]
impl Pool for S3Pool {
    /// IAM beyond the port's: `s3:GetObjectTagging`, for objects whose digests are in tags.
    /// Where the bucket itself is missing, S3 answers as if the object were.
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        let Some((mut replica, digests)) = self.look(url).await? else {
            return Ok(None);
        };
        if digests == DigestsIn::Tags && self.dialect().has_tags() {
            replica.digests = self.digests(&self.key(url), &replica.etag).await?;
        }
        Ok(Some(replica))
    }

    async fn head_without_digests(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        Ok(self.look(url).await?.map(|(replica, _)| replica))
    }

    /// Services other than S3 mostly delete whatever there is, whatever the condition: there the
    /// object is looked at first. Whoever writes between the two loses a replica that nobody was told
    /// of yet, or that a purge would delete again: a purge waits for the run that it knows of.
    async fn delete(&self, url: &SourceUrl, etag: &str) -> Result<(), PoolError> {
        let key = self.key(url);
        let conditional = self.dialect().is_aws();
        if !conditional && !self.is_still(&key, etag).await? {
            return Ok(());
        }
        let deleting = self.client.delete_object().bucket(self.bucket()).key(&key);
        let condition = conditional.then(|| etag.to_owned());
        match deleting.set_if_match(condition).send().await {
            Ok(_) => Ok(()),
            Err(error) => match self.refused("DeleteObject", &key, &error) {
                refusal if refusal.is_absence() => Ok(()),
                refusal => Err(refusal.into()),
            },
        }
    }

    async fn address(&self, url: &SourceUrl, method: Method) -> Result<Address, PoolError> {
        self.address_of(&self.key(url), method).await
    }

    /// IAM beyond the port's: the `s3:Get…` action of each configuration, and `s3:ListBucket`.
    async fn prepare(&self) -> Result<(), PoolError> {
        self.prepare_bucket().await
    }
}

impl S3Pool {
    /// What one request tells of a replica, and where its digests are.
    async fn look(&self, url: &SourceUrl) -> Result<Option<(Replica, DigestsIn)>, PoolError> {
        let key = self.key(url);
        let asking = self.client.head_object().bucket(self.bucket()).key(&key);
        let mode = self.dialect().checksum_mode();
        let asked = asking.set_checksum_mode(mode).send().await;
        let found = match asked.map_err(|error| self.refused("HeadObject", &key, &error)) {
            Ok(found) => found,
            Err(refusal) if refusal.is_absence() => return Ok(None),
            Err(refusal) => return Err(refusal.into()),
        };
        let known = cloud_mirror_metadata::read(found.metadata(), url);
        let digests = match &known.digests {
            DigestsIn::Metadata(digests) => Some(digests.clone()),
            DigestsIn::Tags | DigestsIn::Nothing => None,
        };
        let replica = Replica {
            digests,
            written_by: known.written_by,
            upstream: known.upstream,
            ..replica(&found)?
        };
        Ok(Some((replica, known.digests)))
    }

    /// Whether there is an object with this validator; `Precondition` where there is another one.
    async fn is_still(&self, key: &str, etag: &str) -> Result<bool, PoolError> {
        let asking = self.client.head_object().bucket(self.bucket()).key(key);
        match asking.send().await {
            Ok(found) if found.e_tag() == Some(etag) => Ok(true),
            Ok(_) => Err(PoolError::Precondition),
            Err(error) => match self.refused("HeadObject", key, &error) {
                refusal if refusal.is_absence() => Ok(false),
                refusal => Err(refusal.into()),
            },
        }
    }

    /// What became of an action on an object of this pool.
    pub(crate) fn refused<E>(
        &self,
        action: &str,
        key: &str,
        error: &SdkError<E, HttpResponse>,
    ) -> Refusal
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Refusal::of(action, &place(self.bucket(), key), error)
    }
}

/// What the store itself says of an object.
fn replica(found: &HeadObjectOutput) -> Result<Replica, PoolError> {
    let lacks = |what| incomplete("HeadObject", what);
    let size = found
        .content_length()
        .and_then(|size| u64::try_from(size).ok());
    let stored = found.last_modified().and_then(timestamp);
    Ok(Replica {
        etag: found.e_tag().ok_or_else(|| lacks("ETag"))?.to_owned(),
        size: size.ok_or_else(|| lacks("Content-Length"))?,
        stored: stored.ok_or_else(|| lacks("Last-Modified"))?,
        expires: found.expiration().and_then(expiry_date),
        checksum: checksum(found),
        ..Replica::default()
    })
}

/// Only a checksum of the whole object can be compared with another one's.
fn checksum(found: &HeadObjectOutput) -> Option<String> {
    let whole = found.checksum_type() == Some(&ChecksumType::FullObject);
    let base64 = found.checksum_crc64_nvme().filter(|_| whole)?;
    Some(format!("crc64nvme:{base64}"))
}

/// The moment in `expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="…"`. What else there is,
/// `NotImplemented` say, is no moment.
fn expiry_date(expiration: &str) -> Option<Timestamp> {
    let (_, rest) = expiration.split_once("expiry-date=\"")?;
    let (date, _) = rest.split_once('"')?;
    timestamp(&DateTime::from_str(date, DateTimeFormat::HttpDate).ok()?)
}

pub(crate) fn timestamp(moment: &DateTime) -> Option<Timestamp> {
    let millis = u64::try_from(moment.to_millis().ok()?).ok()?;
    Some(Timestamp::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lifecycles_date_is_read_wherever_it_stands() {
        let expected = Some(Timestamp::from_millis(1_356_048_000_000));
        for expiration in [
            r#"expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="Rule%201""#,
            r#"rule-id="a", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT""#,
        ] {
            assert_eq!(expiry_date(expiration), expected, "{expiration}");
        }
        for none in [
            "",
            "NotImplemented",
            r#"expiry-date="soon""#,
            "expiry-date=\"",
        ] {
            assert_eq!(expiry_date(none), None, "{none}");
        }
    }
}
