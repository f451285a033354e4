//! A pool for a function that only looks at replicas and addresses them. What writes into pools and
//! makes them is then not linked (`docs/adr/0026`).

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, Replica};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Address, Completion, Method, NewObject, Part, Pool, PoolError, PoolPorts, Upload, UploadId,
    Written,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;

/// What can be looked at.
pub(super) trait Looked {
    /// Its ports for who only looks: everything else is refused.
    fn looking(&self) -> PoolPorts;
}

impl<P: Pool + Clone + 'static> Looked for P {
    fn looking(&self) -> PoolPorts {
        PoolPorts {
            pool: Arc::new(Looking(self.clone())),
            upload: Arc::new(NoUploads),
            store_copy: None,
        }
    }
}

/// Only code that nobody wrote gets here.
fn refused<T>() -> Result<T, PoolError> {
    let why = "this function only looks at replicas";
    Err(PoolError::Denied(why.to_owned()))
}

struct Looking<P>(P);

#[async_trait]
impl<P: Pool> Pool for Looking<P> {
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        self.0.head(url).await
    }

    async fn head_without_digests(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        self.0.head_without_digests(url).await
    }

    async fn delete(&self, _: &SourceUrl, _: &str) -> Result<(), PoolError> {
        refused()
    }

    async fn address(&self, url: &SourceUrl, method: Method) -> Result<Address, PoolError> {
        self.0.address(url, method).await
    }

    async fn prepare(&self) -> Result<(), PoolError> {
        refused()
    }
}

struct NoUploads;

#[async_trait]
impl Upload for NoUploads {
    async fn put(
        &self,
        _: &SourceUrl,
        _: &NewObject,
        _: Written,
        _: &Seen,
    ) -> Result<(), PoolError> {
        refused()
    }

    async fn begin(&self, _: &SourceUrl, _: &NewObject) -> Result<UploadId, PoolError> {
        refused()
    }

    async fn find(&self, _: &SourceUrl, _: Timestamp) -> Result<Vec<UploadId>, PoolError> {
        refused()
    }

    async fn part(&self, _: &SourceUrl, _: &UploadId, _: u32, _: Bytes) -> Result<Part, PoolError> {
        refused()
    }

    async fn parts(&self, _: &SourceUrl, _: &UploadId) -> Result<Vec<Part>, PoolError> {
        refused()
    }

    async fn complete(
        &self,
        _: &SourceUrl,
        _: &UploadId,
        _: &[Part],
        _: Completion<'_>,
    ) -> Result<(), PoolError> {
        refused()
    }

    async fn keep_digests(&self, _: &SourceUrl, _: &str, _: &Digests) -> Result<(), PoolError> {
        refused()
    }

    async fn abort(&self, _: &SourceUrl, _: &UploadId) -> Result<(), PoolError> {
        refused()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says yes to everything.
    #[derive(Clone)]
    struct Willing;

    #[async_trait]
    impl Pool for Willing {
        async fn head(&self, _: &SourceUrl) -> Result<Option<Replica>, PoolError> {
            Ok(Some(Replica::default()))
        }

        async fn delete(&self, _: &SourceUrl, _: &str) -> Result<(), PoolError> {
            Ok(())
        }

        async fn address(&self, url: &SourceUrl, _: Method) -> Result<Address, PoolError> {
            let (url, expires) = (url.as_str().to_owned(), None);
            Ok(Address { url, expires })
        }

        async fn prepare(&self) -> Result<(), PoolError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn who_only_looks_is_told_of_replicas_and_changes_nothing() {
        let (ports, url) = (Willing.looking(), SourceUrl::parse("https://a.test/b"));
        let (pool, url) = (&ports.pool, &url.unwrap());
        assert!(pool.head(url).await.unwrap().is_some());
        assert!(pool.head_without_digests(url).await.unwrap().is_some());
        let address = pool.address(url, Method::Get).await.unwrap();
        assert_eq!(address.url, url.as_str());

        let denied = |result: Result<(), PoolError>| matches!(result, Err(PoolError::Denied(_)));
        assert!(denied(pool.delete(url, "etag").await));
        assert!(denied(pool.prepare().await));
        assert!(denied(ports.upload.abort(url, &"id".into()).await));
        assert!(ports.store_copy.is_none());
    }
}
