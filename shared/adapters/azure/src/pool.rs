//! The `Pool` port: looking at replicas, deleting and addressing them.

use async_trait::async_trait;
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::ports::{Address, Method, Pool, PoolError};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_metadata::DigestsIn;
use http::{HeaderMap, HeaderName, header};

use crate::call::Call;
use crate::client::unless_absent;
use crate::failure::{Reason, Refusal};
use crate::headers::{metadata, moment, text};
use crate::stores::VALID;
use crate::{Access, AzurePool};

#[async_trait]
impl Pool for AzurePool {
    /// Role: Storage Blob Data Reader.
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        match self.properties(&self.blob(url)).await? {
            Some(answer) => replica(&answer, url).map(Some),
            None => Ok(None),
        }
    }

    /// Role: Storage Blob Data Contributor.
    async fn delete(&self, url: &SourceUrl, etag: &str) -> Result<(), PoolError> {
        let call = deletion(&self.blob(url)).header(header::IF_MATCH, etag);
        match self.container.send(&call).await {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.reason == Reason::Absent => Ok(()),
            // What is not there has no validator either: Azure may say just that.
            Err(refusal) if refusal.reason == Reason::Precondition => self.is_gone(url).await,
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// With an identity instead of an account's key, a user delegation key is asked for every few
    /// hours; that is the one request that this makes. Roles: Storage Blob Delegator on the account,
    /// and what the client will need, Storage Blob Data Reader.
    async fn address(&self, url: &SourceUrl, _: Method) -> Result<Address, PoolError> {
        let blob = self.blob(url);
        if self.settings.access == Access::Public {
            return Ok(Address {
                url: self.container.url(Some(&blob)).into(),
                expires: None,
            });
        }
        let now = self.clock.now();
        let signed = self.container.address(&blob, now).await?;
        Ok(Address {
            url: signed.into(),
            expires: Some(now + VALID),
        })
    }

    /// Role: Storage Blob Data Contributor on the account. To change who may read an existing
    /// container: the account's key.
    async fn prepare(&self) -> Result<(), PoolError> {
        Ok(self.prepare_container().await?)
    }
}

impl AzurePool {
    /// Success where there is no replica, else that it is not as the condition said.
    async fn is_gone(&self, url: &SourceUrl) -> Result<(), PoolError> {
        match self.properties(&self.blob(url)).await? {
            None => Ok(()),
            Some(_) => Err(PoolError::Precondition),
        }
    }

    /// What a blob says of itself; `None` only where Azure says that there is none.
    pub(crate) async fn properties(&self, blob: &str) -> Result<Option<HeaderMap>, Refusal> {
        let call = Call::new(http::Method::HEAD, "GetBlobProperties").blob(blob);
        let answer = unless_absent(self.container.send(&call).await)?;
        Ok(answer.map(|answer| answer.headers().clone()))
    }
}

/// Deletes a blob, with any snapshot that somebody has made of it: a purge leaves nothing.
pub(crate) fn deletion(blob: &str) -> Call {
    let snapshots = HeaderName::from_static("x-ms-delete-snapshots");
    Call::new(http::Method::DELETE, "DeleteBlob")
        .blob(blob)
        .header(snapshots, "include")
}

/// What Azure itself says of a blob, and its metadata. It says when a blob ends only where somebody
/// has set that for this one, in an account with a hierarchical namespace; a lifecycle policy says
/// nothing.
fn replica(answer: &HeaderMap, url: &SourceUrl) -> Result<Replica, PoolError> {
    let lacks = |what| PoolError::Unavailable(format!("GetBlobProperties: no {what}"));
    let known = cloud_mirror_metadata::read(Some(&metadata(answer)), url);
    let size = text(answer, "content-length").and_then(|size| size.parse().ok());
    let stored = text(answer, "last-modified").and_then(moment);
    Ok(Replica {
        etag: text(answer, "etag")
            .ok_or_else(|| lacks("ETag"))?
            .to_owned(),
        size: size.ok_or_else(|| lacks("Content-Length"))?,
        stored: stored.ok_or_else(|| lacks("Last-Modified"))?,
        expires: text(answer, "x-ms-expiry-time").and_then(moment),
        written_by: known.written_by,
        upstream: known.upstream,
        digests: match known.digests {
            DigestsIn::Metadata(digests) => Some(digests),
            DigestsIn::Nothing | DigestsIn::Tags => None,
        },
        ..Replica::default()
    })
}
