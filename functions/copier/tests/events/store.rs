//! A store inside the test: the objects that a pool can copy from without our seeing a byte.

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    CopySource, NewObject, Part, PartOf, Ports, StoreCopy, StoreCopyError, Upload, UploadId,
    Written,
};
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_domain::url::SourceUrl;

use crate::house::replica;

/// One object, whatever it is asked for, and a book of how it was read.
pub(crate) struct TestStore {
    pool: Arc<dyn Upload>,
    book: Mutex<Book>,
}

struct Book {
    bytes: Bytes,
    etag: &'static str,
    changes_after_parts: Option<usize>,
    part_takes: Duration,
    read: Vec<StoredObject>,
    ranges: Vec<Range<u64>>,
}

impl TestStore {
    /// Puts the store beside the pool of these ports.
    pub(crate) fn beside(ports: &mut Ports, bytes: Bytes, etag: &'static str) -> Arc<Self> {
        let pool = ports.pools.get_mut(&replica().pool).unwrap();
        let book = Book {
            bytes,
            etag,
            changes_after_parts: None,
            part_takes: Duration::ZERO,
            read: Vec::new(),
            ranges: Vec::new(),
        };
        let store = Arc::new(Self {
            pool: pool.upload.clone(),
            book: Mutex::new(book),
        });
        pool.store_copy = Some(store.clone());
        store
    }

    /// Somebody overwrites the object once so many parts were copied.
    pub(crate) fn changes_after_parts(&self, parts: usize) {
        self.book.lock().unwrap().changes_after_parts = Some(parts);
    }

    /// Each part takes so long; one that is given up before was not copied.
    pub(crate) fn part_takes(&self, time: Duration) {
        self.book.lock().unwrap().part_takes = time;
    }

    /// Somebody overwrites the object.
    pub(crate) fn becomes(&self, bytes: Bytes, etag: &'static str) {
        let mut book = self.book.lock().unwrap();
        (book.bytes, book.etag) = (bytes, etag);
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.book.lock().unwrap().bytes.clone()
    }

    /// The objects that our credentials have read.
    pub(crate) fn read_objects(&self) -> Vec<StoredObject> {
        self.book.lock().unwrap().read.clone()
    }

    /// The ranges that were copied, in order of their beginnings.
    pub(crate) fn ranges(&self) -> Vec<Range<u64>> {
        let mut ranges = self.book.lock().unwrap().ranges.clone();
        ranges.sort_by_key(|range| range.start);
        ranges
    }

    fn read(&self, from: CopySource<'_>, range: Option<Range<u64>>) -> Option<Bytes> {
        let mut book = self.book.lock().unwrap();
        if book.changes_after_parts == Some(book.ranges.len()) {
            book.etag = "\"another\"";
        }
        book.read.push(from.object.clone());
        if from.etag != book.etag {
            return None;
        }
        let whole = 0..book.bytes.len() as u64;
        let range = range.unwrap_or(whole);
        book.ranges.push(range.clone());
        Some(book.bytes.slice(range.start as usize..range.end as usize))
    }
}

#[async_trait]
impl StoreCopy for TestStore {
    async fn copy(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        from: CopySource<'_>,
        seen: &Seen,
    ) -> Result<(), StoreCopyError> {
        // S3 says the same of its two ends.
        let bytes = self
            .read(from, None)
            .ok_or(cloud_mirror_domain::ports::PoolError::Precondition)?;
        let digests = Digests::default();
        let written = Written { bytes, digests };
        Ok(self.pool.put(url, object, written, seen).await?)
    }

    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        part: PartOf<'_>,
    ) -> Result<Part, StoreCopyError> {
        let takes = self.book.lock().unwrap().part_takes;
        tokio::time::sleep(takes).await;
        let changed = || Failure::new(Kind::SourceChanged, "412");
        let bytes = self
            .read(part.from, Some(part.range.clone()))
            .ok_or_else(changed)?;
        Ok(self.pool.part(url, upload, part.number, bytes).await?)
    }
}
