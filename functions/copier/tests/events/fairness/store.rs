//! A source, its store and a pool that take as long as real ones, and hold no bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, Replica};
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Address, Clock, Completion, CopySource, Fetch, Method, NewObject, Opened, Part, PartOf, Pool,
    PoolError, Resume, Source, SourceFacts, StoreCopy, StoreCopyError, Upload, UploadId, Written,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use tokio::time::sleep;

/// What answers about an object take.
const LOOK: Duration = Duration::from_millis(20);
/// What 128 MiB take from one end of the world to the other.
const PART: Duration = Duration::from_secs(3);

/// Objects of which nothing is there but their sizes, which their URLs tell.
pub(super) struct WeightlessStore {
    clock: Arc<dyn Clock>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    objects: HashMap<SourceUrl, Replica>,
    uploads: HashMap<UploadId, (NewObject, BTreeMap<u32, Part>)>,
    begun: usize,
    continuations: usize,
}

impl WeightlessStore {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let book = Mutex::default();
        Self { clock, book }
    }

    /// How often an upload was gone on with.
    pub(super) fn continuations(&self) -> usize {
        self.book().continuations
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// Each object is asked for once and copied by one run at a time, so that there is no
    /// condition to judge.
    fn write(&self, url: &SourceUrl, object: &NewObject) {
        let replica = Replica {
            etag: "\"replica\"".to_owned(),
            size: size_of(url),
            stored: self.clock.now(),
            written_by: Some(object.written_by),
            upstream: Some(object.upstream.clone()),
            ..Replica::default()
        };
        self.book().objects.insert(url.clone(), replica);
    }
}

fn size_of(url: &SourceUrl) -> u64 {
    url.as_str().rsplit('/').nth(1).unwrap().parse().unwrap()
}

/// 60 to 200 ms, for each object always the same.
fn copy_takes(url: &SourceUrl) -> Duration {
    let n: u64 = url.as_str().rsplit('/').next().unwrap().parse().unwrap();
    let mixed = (n + 1).wrapping_mul(6_364_136_223_846_793_005) >> 33;
    Duration::from_millis(60 + mixed % 141)
}

#[async_trait]
impl Source for WeightlessStore {
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        sleep(LOOK).await;
        Ok(SourceFacts {
            size: Some(size_of(fetch.url)),
            etag: Some("\"source\"".to_owned()),
            ..SourceFacts::default()
        })
    }

    async fn open(&self, _: Fetch<'_>, _: Option<Resume<'_>>) -> Result<Opened, Failure> {
        unreachable!("every copy is made by the store")
    }
}

#[async_trait]
impl StoreCopy for WeightlessStore {
    async fn copy(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        _: CopySource<'_>,
        _: &Seen,
    ) -> Result<(), StoreCopyError> {
        sleep(copy_takes(url)).await;
        self.write(url, object);
        Ok(())
    }

    async fn part(
        &self,
        _: &SourceUrl,
        upload: &UploadId,
        part: PartOf<'_>,
    ) -> Result<Part, StoreCopyError> {
        sleep(PART).await;
        let copied = Part {
            number: part.number,
            etag: String::new(),
            size: part.range.end - part.range.start,
        };
        let mut book = self.book();
        let (_, parts) = book.uploads.get_mut(upload).expect("the upload");
        parts.insert(part.number, copied.clone());
        Ok(copied)
    }
}

#[async_trait]
impl Upload for WeightlessStore {
    async fn put(
        &self,
        _: &SourceUrl,
        _: &NewObject,
        _: Written,
        _: &Seen,
    ) -> Result<(), PoolError> {
        unreachable!("every copy is made by the store")
    }

    async fn begin(&self, _: &SourceUrl, object: &NewObject) -> Result<UploadId, PoolError> {
        sleep(LOOK).await;
        let mut book = self.book();
        book.begun += 1;
        let id = book.begun.to_string();
        let upload = (object.clone(), BTreeMap::new());
        book.uploads.insert(id.clone(), upload);
        Ok(id)
    }

    async fn find(&self, _: &SourceUrl, _: Timestamp) -> Result<Vec<UploadId>, PoolError> {
        sleep(LOOK).await;
        Ok(Vec::new())
    }

    async fn part(&self, _: &SourceUrl, _: &UploadId, _: u32, _: Bytes) -> Result<Part, PoolError> {
        unreachable!("every copy is made by the store")
    }

    async fn parts(&self, _: &SourceUrl, upload: &UploadId) -> Result<Vec<Part>, PoolError> {
        sleep(LOOK).await;
        let mut book = self.book();
        book.continuations += 1;
        Ok(book.uploads[upload].1.values().cloned().collect())
    }

    async fn complete(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        parts: &[Part],
        _: Completion<'_>,
    ) -> Result<(), PoolError> {
        sleep(LOOK).await;
        let (object, there) = self.book().uploads.remove(upload).expect("the upload");
        assert!(parts.iter().eq(there.values()), "all parts that are there");
        let size: u64 = parts.iter().map(|part| part.size).sum();
        assert_eq!(size, size_of(url), "and no other");
        self.write(url, &object);
        Ok(())
    }

    async fn keep_digests(&self, _: &SourceUrl, _: &str, _: &Digests) -> Result<(), PoolError> {
        unreachable!("no byte passes through us")
    }

    async fn abort(&self, _: &SourceUrl, _: &UploadId) -> Result<(), PoolError> {
        unreachable!("no copy fails")
    }
}

#[async_trait]
impl Pool for WeightlessStore {
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        sleep(LOOK).await;
        Ok(self.book().objects.get(url).cloned())
    }

    async fn delete(&self, _: &SourceUrl, _: &str) -> Result<(), PoolError> {
        unreachable!("nothing is purged")
    }

    async fn address(&self, _: &SourceUrl, _: Method) -> Result<Address, PoolError> {
        unreachable!("nobody is redirected")
    }

    async fn prepare(&self) -> Result<(), PoolError> {
        Ok(())
    }
}
