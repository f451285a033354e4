//! A file pool in a folder that lasts as long as its test.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, Upstream};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Completion, NewObject, ObjectHeaders, Part, Pool, PoolError, Upload, UploadId, Written,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_files::{FilePool, Stored};
use cloud_mirror_testkit::clock::ManualClock;
use tempfile::TempDir;
use ulid::Ulid;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Later than anything was begun.
pub(crate) const FOREVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// How long a replica lives in these tests.
pub(crate) const LIFESPAN: Duration = Duration::from_secs(30 * 24 * 3600);

/// A pool, its clock and its folder.
pub(crate) struct Shop {
    pub(crate) pool: FilePool,
    pub(crate) clock: Arc<ManualClock>,
    folder: TempDir,
}

impl Shop {
    /// A prepared pool in a folder of its own.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::default());
        let pool = pool_in(folder.path().join("pool"), &clock);
        pool.prepare().await.unwrap();
        Self {
            pool,
            clock,
            folder,
        }
    }

    /// The same folder in the next process.
    pub(crate) async fn restarted(self) -> Self {
        let pool = pool_in(self.folder.path().join("pool"), &self.clock);
        pool.prepare().await.unwrap();
        Self { pool, ..self }
    }

    pub(crate) async fn put(&self, url: &SourceUrl, text: &str, seen: &Seen) {
        self.try_put(url, text, seen).await.unwrap();
    }

    pub(crate) async fn try_put(
        &self,
        url: &SourceUrl,
        text: &str,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let body = Written {
            bytes,
            digests: Digests::default(),
        };
        self.pool
            .put(url, &object(url, text.len()), body, seen)
            .await
    }

    /// What is there now, as the condition of a write.
    pub(crate) async fn seen(&self, url: &SourceUrl) -> Seen {
        let there = self.pool.head(url).await.unwrap();
        there.map_or(Seen::None, |replica| Seen::Etag(replica.etag))
    }

    pub(crate) async fn etag(&self, url: &SourceUrl) -> String {
        self.pool.head(url).await.unwrap().unwrap().etag
    }

    pub(crate) async fn stored(&self, url: &SourceUrl) -> Stored {
        self.pool.open(url).await.unwrap().unwrap()
    }

    /// The bytes that a client would get.
    pub(crate) async fn served(&self, url: &SourceUrl) -> String {
        std::fs::read_to_string(self.stored(url).await.path).unwrap()
    }

    pub(crate) async fn part(&self, url: &SourceUrl, id: &UploadId, n: u32, text: &str) -> Part {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        self.pool.part(url, id, n, bytes).await.unwrap()
    }

    pub(crate) async fn complete(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
    ) -> Result<(), PoolError> {
        let parts = self.pool.parts(url, upload).await?;
        let last = Completion {
            digests: Some(&Digests::default()),
            seen: &Seen::None,
        };
        self.pool.complete(url, upload, &parts, last).await
    }

    /// All files of the pool, as paths within it.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path);
                }
            }
        }
        files
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().join("pool")
    }
}

/// An unprepared pool.
pub(crate) fn pool_in(folder: PathBuf, clock: &Arc<ManualClock>) -> FilePool {
    let base_url = "http://127.0.0.1:8080/pool/file/us-west-2/".to_owned();
    FilePool::new(folder, base_url, clock.clone(), LIFESPAN)
}

pub(crate) fn url(path: &str) -> SourceUrl {
    SourceUrl::parse(&format!("https://example.com/{path}")).unwrap()
}

pub(crate) fn object(url: &SourceUrl, size: usize) -> NewObject {
    let headers = ObjectHeaders {
        content_type: Some("text/plain".into()),
        ..ObjectHeaders::default()
    };
    let length = Some(size as u64);
    NewObject {
        headers,
        upstream: Upstream {
            url: url.to_string(),
            etag: None,
            length,
        },
        written_by: Ulid::from(7u128),
        via_hosts: vec!["cdn.example".into()],
    }
}
