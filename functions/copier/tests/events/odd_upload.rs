//! An upload port that is odd the first time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{
    Completion, NewObject, Part, Pool, PoolError, Ports, Upload, UploadId, Written,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use tokio::time::sleep;
use ulid::Ulid;

use crate::house::{House, replica};

/// What is odd about the first write, or about a part.
#[derive(Clone, Copy)]
pub(crate) enum First {
    SaysNothing,
    Conflicts,
    Panics,
    /// By another mirror, which copies the same source.
    IsWrittenOver,
    LosesItsReply,
    IsThrottled,
    IsRefusedTwice,
    IsRefusedEachTime,
    OutlivesItsRun,
    HangsAtPart(u32),
    Takes(Duration),
}

pub(crate) fn house_whose_first_put(first: First) -> House {
    house_whose_first(first, Policy::default()).0
}

pub(crate) fn house_whose_first(first: First, policy: Policy) -> (House, Arc<OddUpload>) {
    let mut odd = None;
    let house = House::with(policy, |mut ports: Ports| {
        let pool = ports.pools.get_mut(&replica().pool).unwrap();
        let upload = Arc::new(OddUpload {
            first,
            writes: AtomicUsize::new(0),
            digests_kept: AtomicBool::default(),
            numbers: Mutex::default(),
            inner: pool.upload.clone(),
            pool: pool.pool.clone(),
        });
        pool.upload = upload.clone();
        odd = Some(upload);
        ports
    });
    (house, odd.unwrap())
}

/// An upload port that is odd the first time, and as it should be afterwards.
pub(crate) struct OddUpload {
    first: First,
    writes: AtomicUsize,
    pub(crate) digests_kept: AtomicBool,
    numbers: Mutex<Vec<u32>>,
    inner: Arc<dyn Upload>,
    pool: Arc<dyn Pool>,
}

impl OddUpload {
    async fn write_over(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        body: Written,
    ) -> Result<(), PoolError> {
        let ours = self.pool.head(url).await?.unwrap();
        let anothers = NewObject {
            written_by: Ulid::generate(),
            ..object.clone()
        };
        let seen = Seen::Etag(ours.etag);
        self.inner.put(url, &anothers, body, &seen).await
    }

    pub(crate) fn parts_asked_for(&self) -> Vec<u32> {
        let mut numbers = self.numbers.lock().unwrap().clone();
        numbers.sort_unstable();
        numbers
    }
}

#[async_trait]
impl Upload for OddUpload {
    async fn put(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        body: Written,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        if self.writes.fetch_add(1, Ordering::Relaxed) == 0 {
            match self.first {
                First::SaysNothing => std::future::pending().await,
                First::Conflicts => return Err(PoolError::Conflict),
                First::Panics => panic!("told to"),
                First::IsWrittenOver => {
                    self.inner.put(url, object, body.clone(), seen).await?;
                    return self.write_over(url, object, body).await;
                }
                _ => unreachable!("of a completion"),
            }
        }
        self.inner.put(url, object, body, seen).await
    }

    async fn begin(&self, url: &SourceUrl, object: &NewObject) -> Result<UploadId, PoolError> {
        self.inner.begin(url, object).await
    }

    async fn find(
        &self,
        url: &SourceUrl,
        begun_before: Timestamp,
    ) -> Result<Vec<UploadId>, PoolError> {
        self.inner.find(url, begun_before).await
    }

    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        number: u32,
        bytes: Bytes,
    ) -> Result<Part, PoolError> {
        let again = {
            let mut numbers = self.numbers.lock().unwrap();
            numbers.push(number);
            numbers.iter().filter(|one| **one == number).count() > 1
        };
        match self.first {
            First::HangsAtPart(part) if part == number && !again => std::future::pending().await,
            _ => self.inner.part(url, upload, number, bytes).await,
        }
    }

    async fn parts(&self, url: &SourceUrl, upload: &UploadId) -> Result<Vec<Part>, PoolError> {
        self.inner.parts(url, upload).await
    }

    async fn complete(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        parts: &[Part],
        last: Completion<'_>,
    ) -> Result<(), PoolError> {
        let before = self.writes.fetch_add(1, Ordering::Relaxed);
        match self.first {
            First::LosesItsReply if before == 0 => {
                let untagged = Completion {
                    digests: None,
                    ..last
                };
                self.inner.complete(url, upload, parts, untagged).await?;
                Err(PoolError::NoSuchUpload)
            }
            First::IsRefusedEachTime => Err(PoolError::Unavailable("InvalidPart".into())),
            First::OutlivesItsRun => {
                let untagged = Completion {
                    digests: None,
                    ..last
                };
                self.inner.complete(url, upload, parts, untagged).await?;
                std::future::pending().await
            }
            First::IsThrottled if before == 0 => Err(PoolError::Throttled("SlowDown".into())),
            First::IsRefusedTwice if before < 2 => {
                Err(PoolError::Unavailable("InvalidPart".into()))
            }
            First::Takes(time) => {
                sleep(time).await;
                self.inner.complete(url, upload, parts, last).await
            }
            _ => self.inner.complete(url, upload, parts, last).await,
        }
    }

    async fn keep_digests(
        &self,
        url: &SourceUrl,
        etag: &str,
        digests: &Digests,
    ) -> Result<(), PoolError> {
        self.digests_kept.store(true, Ordering::Relaxed);
        self.inner.keep_digests(url, etag, digests).await
    }

    async fn abort(&self, url: &SourceUrl, upload: &UploadId) -> Result<(), PoolError> {
        self.inner.abort(url, upload).await
    }
}
