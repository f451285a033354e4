//! Whether a service keeps the conditions of writes, tried on an object of our own.
//!
//! They are the second fence: the only thing that keeps a run which was given up, and goes on, from
//! writing over another's replica, or after a purge. Nothing else shows that a service ignores them:
//! every copy succeeds. So a service that speaks S3's protocol must show once, where its bucket is
//! prepared, that each write which must fail does.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::PoolError;
use ulid::Ulid;

use crate::S3Pool;
use crate::failure::{Reason, Refusal, incomplete};
use crate::upload::conditions;

/// No replica's key begins like this: a host or `sha256/`, never a dot.
const FOLDER: &str = ".cloud-mirror/conditions";

/// No object's entity tag.
const NOBODYS: &str = "\"00000000000000000000000000000000\"";

/// The one part is the last one, which may be small.
const BYTES: &[u8] = b"cloud-mirror";

impl S3Pool {
    /// Fails where a write succeeds that must not, or the other way round. Leaves nothing behind; may
    /// be repeated, by several at once too.
    pub(super) async fn must_keep_conditions(&self) -> Result<(), PoolError> {
        let key = format!("{FOLDER}/{}", Ulid::generate());
        let trial = Trial {
            pool: self,
            key: &key,
        };
        let whole = trial.of_whole_objects().await;
        let kept = match whole {
            Ok(()) => trial.of_uploads().await,
            refused => refused,
        };
        let deleting = self.client.delete_object().bucket(self.bucket()).key(&key);
        let deleted = deleting.send().await;
        kept?;
        deleted
            .map(drop)
            .map_err(|error| self.refused("DeleteObject", &key, &error).into())
    }
}

struct Trial<'a> {
    pool: &'a S3Pool,
    key: &'a str,
}

impl Trial<'_> {
    async fn of_whole_objects(&self) -> Result<(), PoolError> {
        let nobodys = Seen::Etag(NOBODYS.to_owned());
        self.must_refuse("PutObject", &nobodys, self.put(&nobodys).await?)?;
        let first = self.put(&Seen::None).await?;
        let first = first.ok_or_else(|| self.unfit("refuses PutObject with If-None-Match: *"))?;
        self.must_refuse("PutObject", &Seen::None, self.put(&Seen::None).await?)?;
        self.must_refuse("PutObject", &nobodys, self.put(&nobodys).await?)?;
        let replaced = self.put(&Seen::Etag(first)).await?;
        replaced.ok_or_else(|| self.unfit("refuses PutObject with If-Match"))?;
        Ok(())
    }

    /// Over the object that the other half has left.
    async fn of_uploads(&self) -> Result<(), PoolError> {
        let (client, bucket) = (&self.pool.client, self.pool.bucket());
        let beginning = client.create_multipart_upload();
        let begun = beginning.bucket(bucket).key(self.key).send().await;
        let begun = begun.map_err(|error| self.refused("CreateMultipartUpload", &error))?;
        let id = begun.upload_id();
        let id = id.ok_or_else(|| incomplete("CreateMultipartUpload", "UploadId"))?;
        let kept = self.of_upload(id).await;
        let aborting = client.abort_multipart_upload().bucket(bucket).key(self.key);
        // An upload that was completed against its condition is no more.
        let _ = aborting.upload_id(id).send().await;
        kept
    }

    async fn of_upload(&self, id: &str) -> Result<(), PoolError> {
        const ACTION: &str = "CompleteMultipartUpload";
        let writing = self.pool.client.upload_part().bucket(self.pool.bucket());
        let writing = writing.key(self.key).upload_id(id).part_number(1);
        let part = writing.body(ByteStream::from_static(BYTES)).send().await;
        let part = part.map_err(|error| self.refused("UploadPart", &error))?;
        let part = CompletedPart::builder()
            .part_number(1)
            .set_e_tag(part.e_tag)
            .build();
        for seen in [Seen::None, Seen::Etag(NOBODYS.to_owned())] {
            let completed = self.complete(id, &part, &seen).await?;
            self.must_refuse(ACTION, &seen, completed)?;
        }
        Ok(())
    }

    /// The entity tag of what was written; none where the condition did not hold.
    async fn put(&self, seen: &Seen) -> Result<Option<String>, PoolError> {
        let (if_match, if_none_match) = conditions(seen);
        let putting = self.pool.client.put_object().bucket(self.pool.bucket());
        let written = putting
            .key(self.key)
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .body(ByteStream::from_static(BYTES))
            .send()
            .await;
        match written {
            Ok(written) => Ok(Some(written.e_tag.unwrap_or_default())),
            Err(error) => self.unless_refused("PutObject", &error).map(|()| None),
        }
    }

    async fn complete(
        &self,
        id: &str,
        part: &CompletedPart,
        seen: &Seen,
    ) -> Result<Option<String>, PoolError> {
        let (if_match, if_none_match) = conditions(seen);
        let parts = CompletedMultipartUpload::builder().parts(part.clone());
        let completing = self.pool.client.complete_multipart_upload();
        let completed = completing
            .bucket(self.pool.bucket())
            .key(self.key)
            .upload_id(id)
            .multipart_upload(parts.build())
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .send()
            .await;
        match completed {
            Ok(completed) => Ok(Some(completed.e_tag.unwrap_or_default())),
            Err(error) => {
                let refused = self.unless_refused("CompleteMultipartUpload", &error);
                refused.map(|()| None)
            }
        }
    }

    fn must_refuse(
        &self,
        action: &str,
        seen: &Seen,
        written: Option<String>,
    ) -> Result<(), PoolError> {
        let header = match seen {
            Seen::None => "If-None-Match",
            Seen::Etag(_) => "If-Match",
        };
        match written {
            None => Ok(()),
            Some(_) => Err(self.unfit(&format!("ignores {header} of {action}"))),
        }
    }

    /// An answer that says that a condition did not hold is none of an error.
    fn unless_refused<E>(
        &self,
        action: &str,
        error: &SdkError<E, HttpResponse>,
    ) -> Result<(), PoolError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let refusal = self.refused(action, error);
        match refusal.reason {
            Reason::Precondition | Reason::Absent | Reason::Deleted => Ok(()),
            Reason::NotImplemented => Err(self.unfit(&format!("has no conditions of {action}"))),
            _ => Err(refusal.into()),
        }
    }

    fn refused<E>(&self, action: &str, error: &SdkError<E, HttpResponse>) -> Refusal
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.pool.refused(action, self.key, error)
    }

    fn unfit(&self, why: &str) -> PoolError {
        PoolError::Unavailable(format!(
            "the service that has the bucket {} {why}, so that a copy which was given up could write over another's replica: it can keep no pool; use a release or a service that has conditional writes",
            self.pool.bucket()
        ))
    }
}
