//! Uploads into pools.

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Completion, NewObject, Part, PoolError, Upload, UploadId, Written,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;

use super::Watched;

#[async_trait]
impl Upload for Watched<dyn Upload> {
    async fn put(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        body: Written,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        let call = self.inner.put(url, object, body, seen);
        self.faults.call("pool.put", call).await
    }

    async fn begin(&self, url: &SourceUrl, object: &NewObject) -> Result<UploadId, PoolError> {
        let call = self.inner.begin(url, object);
        self.faults.call("pool.begin", call).await
    }

    async fn find(
        &self,
        url: &SourceUrl,
        begun_before: Timestamp,
    ) -> Result<Vec<UploadId>, PoolError> {
        let call = self.inner.find(url, begun_before);
        self.faults.call("pool.find", call).await
    }

    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        number: u32,
        bytes: Bytes,
    ) -> Result<Part, PoolError> {
        let call = self.inner.part(url, upload, number, bytes);
        self.faults.call("pool.part", call).await
    }

    async fn parts(&self, url: &SourceUrl, upload: &UploadId) -> Result<Vec<Part>, PoolError> {
        let call = self.inner.parts(url, upload);
        self.faults.call("pool.parts", call).await
    }

    async fn complete(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        parts: &[Part],
        last: Completion<'_>,
    ) -> Result<(), PoolError> {
        let call = self.inner.complete(url, upload, parts, last);
        self.faults.call("pool.complete", call).await
    }

    async fn keep_digests(
        &self,
        url: &SourceUrl,
        etag: &str,
        digests: &Digests,
    ) -> Result<(), PoolError> {
        let call = self.inner.keep_digests(url, etag, digests);
        self.faults.call("pool.tag", call).await
    }

    async fn abort(&self, url: &SourceUrl, upload: &UploadId) -> Result<(), PoolError> {
        let call = self.inner.abort(url, upload);
        self.faults.call("pool.abort", call).await
    }
}
