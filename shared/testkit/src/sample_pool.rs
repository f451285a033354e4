//! The sample of `docs/ADDING-A-POOL.md`: a complete pool in memory, small enough to copy.
//!
//! The comments `Step 1` to `Step 5` are the steps of that document; step 6, the proof, is
//! `tests/sample_pool.rs`. Your own pool is a crate of its own, `shared/adapters/{name}`; this one
//! is here because nobody needs it in production, but many tests need a pool that never waits.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, Replica};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Address, Clock, Completion, Method, NewObject, Part, Pool, PoolError, Upload, UploadId, Written,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key, to_base64url};

// Step 1: what the pool must be told, and what it holds.

/// A pool in memory.
pub struct SamplePool {
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

/// An object. A store of yours keeps `NewObject::headers` as well, to serve them.
struct Kept {
    replica: Replica,
    bytes: Bytes,
}

/// An unfinished upload.
struct Begun {
    key: String,
    at: Timestamp,
    object: NewObject,
    parts: BTreeMap<u32, (Part, Bytes)>,
}

impl SamplePool {
    /// An empty pool whose addresses begin with `base_url` and whose objects live for `lifespan`.
    pub fn new(base_url: &str, clock: Arc<dyn Clock>, lifespan: Duration) -> Self {
        let (shelves, count) = (Mutex::default(), AtomicU64::default());
        Self {
            base_url: base_url.to_owned(),
            clock,
            lifespan,
            shelves,
            count,
        }
    }

    /// The bytes of a replica, if there is one.
    pub fn bytes(&self, url: &SourceUrl) -> Option<Bytes> {
        Some(self.shelves().objects.get(&key(url))?.bytes.clone())
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap()
    }

    fn fresh(&self, what: &str) -> String {
        format!("{what}-{}", self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// All that a HEAD must know again, were the status table lost.
    fn kept(&self, object: &NewObject, bytes: Bytes, digests: Option<&Digests>) -> Kept {
        let stored = self.clock.now();
        let replica = Replica {
            etag: format!("\"{}\"", self.fresh("etag")),
            size: bytes.len() as u64,
            stored,
            expires: Some(stored + self.lifespan),
            written_by: Some(object.written_by),
            upstream: Some(object.upstream.clone()),
            digests: digests.cloned(),
            checksum: None,
        };
        Kept { replica, bytes }
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
        let kept = self.kept(object, body.bytes, Some(&body.digests));
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
            at: self.clock.now(),
            object: object.clone(),
            parts: BTreeMap::new(),
        };
        self.shelves().uploads.insert(id.clone(), begun);
        Ok(id)
    }

    async fn find(
        &self,
        url: &SourceUrl,
        begun_before: Timestamp,
    ) -> Result<Vec<UploadId>, PoolError> {
        let shelves = self.shelves();
        let ours = shelves
            .uploads
            .iter()
            .filter(|(_, begun)| begun.key == key(url) && begun.at < begun_before);
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
            .insert(number, (part.clone(), bytes));
        Ok(part)
    }

    async fn parts(&self, url: &SourceUrl, upload: &UploadId) -> Result<Vec<Part>, PoolError> {
        Ok(self
            .shelves()
            .upload(url, upload)?
            .parts
            .values()
            .map(|(part, _)| part.clone())
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
        let whole = assembled(begun, parts).ok_or_else(|| {
            PoolError::Unavailable("these are not the parts that are there".into())
        })?;
        let kept = self.kept(&begun.object, whole, last.digests);
        // A failed condition leaves the upload as it is: the run looks again and may complete.
        shelves.must_be(&key(url), last.seen)?;
        shelves.objects.insert(key(url), kept);
        shelves.uploads.remove(upload);
        Ok(())
    }

    /// They are kept in the same write as the object.
    async fn keep_digests(
        &self,
        _url: &SourceUrl,
        _etag: &str,
        _digests: &Digests,
    ) -> Result<(), PoolError> {
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

/// The bytes of these parts, if they are there as they were acknowledged, and ascend.
fn assembled(begun: &Begun, parts: &[Part]) -> Option<Bytes> {
    if parts.is_empty() || !parts.is_sorted_by(|a, b| a.number < b.number) {
        return None;
    }
    let bytes_of = |part: &Part| {
        let (there, bytes) = begun.parts.get(&part.number)?;
        (there == part).then(|| bytes.clone())
    };
    let pieces: Option<Vec<Bytes>> = parts.iter().map(bytes_of).collect();
    Some(pieces?.concat().into())
}
