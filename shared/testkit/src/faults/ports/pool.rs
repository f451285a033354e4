//! Pools, and copies inside their provider.

use async_trait::async_trait;
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::plan::StoreLimits;
use cloud_mirror_domain::ports::{
    Address, CopySource, Method, NewObject, Part, PartOf, Pool, PoolError, StoreCopy,
    StoreCopyError, UploadId,
};
use cloud_mirror_domain::url::SourceUrl;

use super::Watched;

#[async_trait]
impl Pool for Watched<dyn Pool> {
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        self.faults.call("pool.head", self.inner.head(url)).await
    }

    async fn delete(&self, url: &SourceUrl, etag: &str) -> Result<(), PoolError> {
        let call = self.inner.delete(url, etag);
        self.faults.call("pool.delete", call).await
    }

    async fn address(&self, url: &SourceUrl, method: Method) -> Result<Address, PoolError> {
        let call = self.inner.address(url, method);
        self.faults.call("pool.address", call).await
    }

    async fn prepare(&self) -> Result<(), PoolError> {
        self.faults.call("pool.prepare", self.inner.prepare()).await
    }
}

#[async_trait]
impl StoreCopy for Watched<dyn StoreCopy> {
    fn limits(&self) -> StoreLimits {
        self.inner.limits()
    }

    async fn copy(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        from: CopySource<'_>,
        seen: &Seen,
    ) -> Result<(), StoreCopyError> {
        let call = self.inner.copy(url, object, from, seen);
        self.faults.call("pool.copy", call).await
    }

    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        part: PartOf<'_>,
    ) -> Result<Part, StoreCopyError> {
        let call = self.inner.part(url, upload, part);
        self.faults.call("pool.copy_part", call).await
    }
}
