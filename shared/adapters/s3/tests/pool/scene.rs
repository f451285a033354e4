//! A store beside a pool, for the copies between them.

use std::sync::Arc;

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    CopySource, Part, PartOf, PoolError, PoolPorts, StoreCopy, StoreCopyError,
};
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_s3::Access;

use crate::support::{Stage, object};

pub(crate) const MIB: u64 = 1024 * 1024;

/// The store's bucket, in another region than the pool's.
pub(crate) const STORE: &str = "acme";

/// A store beside a prepared pool.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) ports: PoolPorts,
    pub(crate) copier: Arc<dyn StoreCopy>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let stage = Stage::new().await;
        stage.s3.create_bucket(STORE, "us-west-2");
        let ports = stage.prepared(Access::Presigned).await;
        let copier = ports.store_copy.clone().unwrap();
        Self {
            stage,
            ports,
            copier,
        }
    }

    pub(crate) async fn copy(&self, url: &SourceUrl, from: CopySource<'_>, seen: &Seen) -> Answer {
        self.copier.copy(url, &object(url, 5), from, seen).await
    }

    /// An upload of `url`, and what the copy of an object's first range as its first part answers.
    pub(crate) async fn first_part(&self, url: &SourceUrl, from: CopySource<'_>) -> Answer {
        let upload = self.ports.upload.begin(url, &object(url, 1)).await.unwrap();
        let range = 0..5 * MIB;
        let part = PartOf {
            number: 1,
            from,
            range,
        };
        self.copier.part(url, &upload, part).await.map(drop)
    }

    /// Copies an object of the store in parts of a size, and answers them.
    pub(crate) async fn parts(
        &self,
        url: &SourceUrl,
        from: CopySource<'_>,
        size: u64,
    ) -> (String, Vec<Part>) {
        let whole = self.stage.s3.size(STORE, &from.object.key).unwrap();
        let new = object(url, whole as usize);
        let upload = self.ports.upload.begin(url, &new).await.unwrap();
        let mut parts = Vec::new();
        for (number, start) in (1..).zip((0..whole).step_by(size as usize)) {
            let range = start..(start + size).min(whole);
            let part = PartOf {
                number,
                from,
                range,
            };
            parts.push(self.copier.part(url, &upload, part).await.unwrap());
        }
        (upload, parts)
    }
}

pub(crate) type Answer = Result<(), StoreCopyError>;

pub(crate) fn stored(key: &str) -> StoredObject {
    StoredObject {
        provider: "s3".into(),
        bucket: STORE.into(),
        region: "us-west-2".into(),
        key: key.into(),
        requester_pays: false,
    }
}

pub(crate) fn kind(answer: Answer) -> Kind {
    match answer {
        Err(StoreCopyError::Source(Failure { kind, .. })) => kind,
        other => panic!("not the source's: {other:?}"),
    }
}

pub(crate) fn pool_error(answer: Answer) -> PoolError {
    match answer {
        Err(StoreCopyError::Pool(error)) => error,
        other => panic!("not the pool's: {other:?}"),
    }
}
