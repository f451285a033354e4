//! The sample of `docs/ADDING-A-POOL.md`: a complete pool in memory, small enough to copy.
//!
//! The comments `Step 1` to `Step 6` are the steps of that document. Your own pool is a crate of
//! its own, `shared/adapters/{name}`; this one is in a test because nobody needs it in production.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, Replica};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Address, Clock, Completion, Method, NewObject, Part, Pool, PoolError, PoolPorts, Upload,
    UploadId, Written,
};
use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key, to_base64url};
use cloud_mirror_testkit::clock::ManualClock;
use cloud_mirror_testkit::pool_suite;

// Step 1: what the pool must be told, and what it holds.

/// A pool in memory.
struct SamplePool {
    base_url: String,
    clock: Arc<dyn Clock>,
    lifespan: Duration,
    /// One lock for everything: whoever holds it looks and writes in one step.
    shelves: Mutex<Shelves>,
    /// For validators and upload ids.
    count: AtomicU64,
}

#[derive(Default)]
struct Shelves {
    objects: HashMap<String, Kept>,
    uploads: BTreeMap<UploadId, Begun>,
}

/// An object. A store of yours keeps the bytes and `NewObject::headers` as well, to serve them.
struct Kept {
    replica: Replica,
}

/// An unfinished upload.
struct Begun {
    key: String,
    object: NewObject,
    parts: BTreeMap<u32, Part>,
}

impl SamplePool {
    fn new(base_url: &str, clock: Arc<dyn Clock>, lifespan: Duration) -> Self {
        let (shelves, count) = (Mutex::default(), AtomicU64::default());
        Self {
            base_url: base_url.to_owned(),
            clock,
            lifespan,
            shelves,
            count,
        }
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap()
    }

    fn fresh(&self, what: &str) -> String {
        format!("{what}-{}", self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// All that a HEAD must know again, were the status table lost.
    fn kept(&self, object: &NewObject, size: u64, digests: &Digests) -> Kept {
        let stored = self.clock.now();
        let replica = Replica {
            etag: format!("\"{}\"", self.fresh("etag")),
            size,
            stored,
            expires: Some(stored + self.lifespan),
            written_by: Some(object.written_by),
            upstream: Some(object.upstream.clone()),
            digests: Some(digests.clone()),
        };
        Kept { replica }
    }
}

/// The domain names the object: the same URL always the same, two URLs never alike.
fn key(url: &SourceUrl) -> String {
    object_key(url, KeyStyle::Host)
}

// Step 2: looking, deleting, addressing.

#[async_trait]
impl Pool for SamplePool {
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        Ok(self
            .shelves()
            .objects
            .get(&key(url))
            .map(|kept| kept.replica.clone()))
    }

    async fn delete(&self, url: &SourceUrl, etag: &str) -> Result<(), PoolError> {
        let mut shelves = self.shelves();
        if shelves.etag(&key(url)).is_some_and(|there| there != etag) {
            return Err(PoolError::Precondition);
        }
        shelves.objects.remove(&key(url));
        Ok(())
    }

    async fn address(&self, url: &SourceUrl, _method: Method) -> Result<Address, PoolError> {
        let url = format!("{}/{}", self.base_url, to_base64url(url.as_str()));
        Ok(Address { url, expires: None })
    }

    async fn prepare(&self) -> Result<(), PoolError> {
        Ok(())
    }
}

// Step 3: the condition, judged in the same step as the write. A store that takes
// `If-None-Match` and `If-Match` does this for you.

impl Shelves {
    fn etag(&self, key: &str) -> Option<&str> {
        Some(&self.objects.get(key)?.replica.etag)
    }

    fn must_be(&self, key: &str, seen: &Seen) -> Result<(), PoolError> {
        let is_as_seen = match seen {
            Seen::None => self.etag(key).is_none(),
            Seen::Etag(etag) => self.etag(key) == Some(etag),
        };
        is_as_seen.then_some(()).ok_or(PoolError::Precondition)
    }

    /// An upload of exactly this replica.
    fn upload(&mut self, url: &SourceUrl, upload: &UploadId) -> Result<&mut Begun, PoolError> {
        let begun = self
            .uploads
            .get_mut(upload)
            .filter(|begun| begun.key == key(url));
        begun.ok_or(PoolError::NoSuchUpload)
    }
}

#[async_trait]
impl Upload for SamplePool {
    // Step 4: writing a whole object.

    async fn put(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        body: Written,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        let kept = self.kept(object, body.bytes.len() as u64, &body.digests);
        let mut shelves = self.shelves();
        shelves.must_be(&key(url), seen)?;
        shelves.objects.insert(key(url), kept);
        Ok(())
    }

    // Step 5: writing in parts.

    async fn begin(&self, url: &SourceUrl, object: &NewObject) -> Result<UploadId, PoolError> {
        let id = self.fresh("upload");
        let begun = Begun {
            key: key(url),
            object: object.clone(),
            parts: BTreeMap::new(),
        };
        self.shelves().uploads.insert(id.clone(), begun);
        Ok(id)
    }

    async fn find(&self, url: &SourceUrl) -> Result<Vec<UploadId>, PoolError> {
        let shelves = self.shelves();
        let ours = shelves
            .uploads
            .iter()
            .filter(|(_, begun)| begun.key == key(url));
        Ok(ours.map(|(id, _)| id.clone()).collect())
    }

    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        number: u32,
        bytes: Bytes,
    ) -> Result<Part, PoolError> {
        let part = Part {
            number,
            etag: self.fresh("part"),
            size: bytes.len() as u64,
        };
        self.shelves()
            .upload(url, upload)?
            .parts
            .insert(number, part.clone());
        Ok(part)
    }

    async fn parts(&self, url: &SourceUrl, upload: &UploadId) -> Result<Vec<Part>, PoolError> {
        Ok(self
            .shelves()
            .upload(url, upload)?
            .parts
            .values()
            .cloned()
            .collect())
    }

    async fn complete(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        parts: &[Part],
        last: Completion<'_>,
    ) -> Result<(), PoolError> {
        let mut shelves = self.shelves();
        let begun = shelves.upload(url, upload)?;
        if !are_the_parts_of(begun, parts) {
            return Err(PoolError::Unavailable(
                "these are not the parts that are there".into(),
            ));
        }
        let size = parts.iter().map(|part| part.size).sum();
        let kept = self.kept(&begun.object, size, last.digests);
        // A failed condition leaves the upload as it is: the run looks again and may complete.
        shelves.must_be(&key(url), last.seen)?;
        shelves.objects.insert(key(url), kept);
        shelves.uploads.remove(upload);
        Ok(())
    }

    async fn abort(&self, url: &SourceUrl, upload: &UploadId) -> Result<(), PoolError> {
        let mut shelves = self.shelves();
        if shelves.upload(url, upload).is_ok() {
            shelves.uploads.remove(upload);
        }
        Ok(())
    }
}

fn are_the_parts_of(begun: &Begun, parts: &[Part]) -> bool {
    let ascend = parts.is_sorted_by(|a, b| a.number < b.number);
    let are_there = parts
        .iter()
        .all(|part| begun.parts.get(&part.number) == Some(part));
    ascend && are_there && !parts.is_empty()
}

// Step 6: the proof.

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_sample_pool_conforms() {
    let clock = Arc::new(ManualClock::default());
    let day = Duration::from_secs(24 * 3600);
    let pool = Arc::new(SamplePool::new(
        "http://127.0.0.1/pool/sample/here",
        clock,
        day,
    ));
    pool_suite::conforms(PoolPorts {
        pool: pool.clone(),
        upload: pool,
    })
    .await;
}
