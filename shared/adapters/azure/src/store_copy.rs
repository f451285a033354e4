//! The `StoreCopy` port: copies that Azure makes itself.
//!
//! A whole blob is one Put Blob From URL: it is answered when the copy is there, keeps a condition on
//! either end and inherits nothing. Copy Blob was rejected, as it ends whenever it likes; and Copy Blob From
//! URL, as it takes 256 MiB at most and the source's headers. A part is one Put Block From URL.
//!
//! Source and pool may lie in any two accounts: Azure reads the source by what `readable` says, and
//! nobody need have the rights to both but we.

use async_trait::async_trait;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::plan::StoreLimits;
use cloud_mirror_domain::ports::{
    CopySource, NewObject, Part, PartOf, PoolError, StoreCopy, StoreCopyError, UploadId,
};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_metadata::DigestsIn;
use http::{HeaderName, Method, StatusCode, header};

use crate::AzurePool;
use crate::blocks::BlockId;
use crate::call::Call;
use crate::commit::{put_blob, written};
use crate::failure::Refusal;
use crate::headers::{Headers, condition, described};
use crate::source_failure::{of_copy, of_source};

/// The largest block, 4,000 MiB. Put Blob From URL takes 5,000 MiB, but what it cannot do must fit
/// into one block.
const MAX_BYTES: u64 = 4_000 * 1024 * 1024;

const COPY_SOURCE: HeaderName = HeaderName::from_static("x-ms-copy-source");
const COPY_SOURCE_TOKEN: HeaderName = HeaderName::from_static("x-ms-copy-source-authorization");
const SOURCE_IF_MATCH: HeaderName = HeaderName::from_static("x-ms-source-if-match");
const SOURCE_RANGE: HeaderName = HeaderName::from_static("x-ms-source-range");
const INHERITS: HeaderName = HeaderName::from_static("x-ms-copy-source-blob-properties");

/// Roles: Storage Blob Data Reader on the store, Storage Blob Data Contributor on the pool.
#[async_trait]
impl StoreCopy for AzurePool {
    fn limits(&self) -> StoreLimits {
        StoreLimits {
            single_bytes: MAX_BYTES,
            part_bytes: Some(MAX_BYTES),
        }
    }

    /// An empty blob is looked at and written, two requests: Azure is reported to refuse copies of
    /// nothing.
    async fn copy(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        from: CopySource<'_>,
        seen: &Seen,
    ) -> Result<(), StoreCopyError> {
        let headers = described(object, self.clock.now(), &DigestsIn::Nothing);
        if object.upstream.length == Some(0) {
            self.demand(from).await?;
            return Ok(self.write_nothing(&self.blob(url), headers, seen).await?);
        }
        let (blob, source) = (self.blob(url), self.source(from).await?);
        let (name, value) = condition(seen);
        let call = put_blob(&blob, headers.clone())
            .named("PutBlobFromURL")
            .header(INHERITS, "false")
            .headers(source.clone())
            .header(name, value)
            .patient();
        let Err(refusal) = self.container.send(&call).await else {
            return Ok(());
        };
        let unknown = is_unknown(&refusal);
        let error = of_copy(refusal);
        let overtaken = error == PoolError::Precondition.into();
        if unknown || overtaken && self.is_unwritten(&blob, seen).await {
            let block = BlockId::new(object.written_by, 1);
            let part = self.copy_block(&blob, block, source, None).await?;
            return Ok(self.commit(&blob, &[part], headers, seen).await?);
        }
        Err(error)
    }

    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        part: PartOf<'_>,
    ) -> Result<Part, StoreCopyError> {
        let range = byte_range(&part)?;
        let (upload, _) = self.ongoing(url, upload).await?;
        let source = self.source(part.from).await?;
        let (blob, block) = (self.blob(url), BlockId::new(upload, part.number));
        let copied = self.copy_block(&blob, block, source, Some(range)).await?;
        Ok(Part {
            size: part.range.end - part.range.start,
            ..copied
        })
    }
}

impl AzurePool {
    /// Which blob Azure is to read, by which right of ours, and that it must still be the same.
    async fn source(&self, from: CopySource<'_>) -> Result<Headers, StoreCopyError> {
        let store = self.stores.of(from.object).map_err(of_source)?;
        let readable = store.readable(&from.object.key, self.clock.now()).await;
        let readable = readable.map_err(of_source)?;
        let mut headers = vec![
            (COPY_SOURCE, readable.url.into()),
            (SOURCE_IF_MATCH, from.etag.to_owned()),
        ];
        headers.extend(readable.token.map(|token| (COPY_SOURCE_TOKEN, token)));
        Ok(headers)
    }

    /// Fails unless the source is the one that was planned for.
    async fn demand(&self, from: CopySource<'_>) -> Result<(), StoreCopyError> {
        let store = self.stores.of(from.object).map_err(of_source)?;
        let call = Call::new(Method::HEAD, "GetBlobProperties")
            .blob(&from.object.key)
            .header(header::IF_MATCH, from.etag);
        store.send(&call).await.map_err(of_source)?;
        Ok(())
    }

    /// Falls back as [`Upload::put`](cloud_mirror_domain::ports::Upload::put) does.
    async fn write_nothing(
        &self,
        blob: &str,
        headers: Headers,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        let (name, value) = condition(seen);
        let call = put_blob(blob, headers.clone()).header(name, value);
        match written(self.container.send(&call.patient()).await) {
            Err(PoolError::Precondition) if self.is_unwritten(blob, seen).await => {
                self.commit(blob, &[], headers, seen).await
            }
            answer => answer,
        }
    }

    /// Has a block made of a range, or of the whole source, whose size it does not know then. It has no
    /// condition on the replica.
    async fn copy_block(
        &self,
        blob: &str,
        block: BlockId,
        source: Headers,
        range: Option<String>,
    ) -> Result<Part, StoreCopyError> {
        let part = Part {
            number: block.number,
            etag: block.encoded(),
            size: 0,
        };
        let call = Call::new(Method::PUT, "PutBlockFromURL")
            .blob(blob)
            .query("comp", "block")
            .query("blockid", &part.etag)
            .headers(source)
            .headers(range.map(|range| (SOURCE_RANGE, range)))
            .patient();
        self.container.send(&call).await.map_err(of_copy)?;
        Ok(part)
    }
}

/// Servers that speak older versions of the protocol, or not all of it, have no Put Blob From URL;
/// one block that is committed at once is the same in two requests.
fn is_unknown(refusal: &Refusal) -> bool {
    refusal.status == Some(StatusCode::NOT_IMPLEMENTED)
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
