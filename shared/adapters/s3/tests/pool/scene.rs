//! A store beside a pool, for the copies between them.

use std::sync::Arc;

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    CopySource, Fetch, Opened, Part, PartOf, PoolError, PoolPorts, Resume, Source as _,
    SourceFacts, StoreCopy, StoreCopyError,
};
use cloud_mirror_domain::rules::{SourceRule, Store, StoredObject};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_s3::{Access, S3Source};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::support::{Stage, object};

pub(crate) const MIB: u64 = 1024 * 1024;

/// The store's bucket, in another region than the pool's.
pub(crate) const STORE: &str = "acme";

/// A store beside a prepared pool.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) ports: PoolPorts,
    pub(crate) copier: Arc<dyn StoreCopy>,
    pub(crate) source: S3Source,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let stage = Stage::new().await;
        stage.s3.create_bucket(STORE, "us-west-2");
        let ports = stage.prepared(Access::Presigned).await;
        let copier = ports.store_copy.clone().unwrap();
        let source = S3Source::new(stage.clients());
        Self {
            stage,
            ports,
            copier,
            source,
        }
    }

    pub(crate) async fn copy(&self, url: &SourceUrl, from: CopySource<'_>, seen: &Seen) -> Answer {
        self.copier.copy(url, &object(url, 5), from, seen).await
    }

    /// What the store says of an object, by a private rule that names it.
    pub(crate) async fn facts(&self, object: &StoredObject) -> Result<SourceFacts, Failure> {
        facts(&self.source, object).await
    }

    /// Its bytes, from the first one or from where a stream goes on.
    pub(crate) async fn open(
        &self,
        object: &StoredObject,
        resume: Option<Resume<'_>>,
    ) -> Result<Opened, Failure> {
        let (rule, url) = named(object);
        let fetch = Fetch {
            url: &url,
            rule: &rule,
        };
        self.source.open(fetch, resume).await
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

/// What a source says of an object, by a private rule that names it.
pub(crate) async fn facts(
    source: &S3Source,
    object: &StoredObject,
) -> Result<SourceFacts, Failure> {
    let (rule, url) = named(object);
    let fetch = Fetch {
        url: &url,
        rule: &rule,
    };
    source.head(fetch).await
}

/// A private rule over an object's bucket, and the URL by which it names the object.
pub(crate) fn named(object: &StoredObject) -> (SourceRule, SourceUrl) {
    let base = "https://private.example/";
    let mut rule = SourceRule::new(SourceUrl::parse(base).unwrap());
    rule.private = true;
    rule.store = Some(Store {
        provider: object.provider.clone(),
        endpoint: None,
        bucket: object.bucket.clone(),
        region: object.region.clone(),
        prefix: String::new(),
        requester_pays: object.requester_pays,
    });
    let key = utf8_percent_encode(&object.key, NON_ALPHANUMERIC);
    let url = SourceUrl::parse(&format!("{base}{key}")).unwrap();
    assert_eq!(rule.stored(&url).as_ref(), Some(object));
    (rule, url)
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
