//! Pools that say nothing, say 409, or make the copier panic.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, State};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::policy::{CopyLimits, Policy};
use cloud_mirror_domain::ports::{
    Completion, NewObject, Part, PoolError, Ports, StatusTable as _, Upload, UploadId, Written,
};
use cloud_mirror_domain::url::SourceUrl;
use tokio::time::{sleep, timeout};
use ulid::Ulid;

use crate::house::{BYTES, House, LEASE, SECOND, event, event_about, message, replica};
use crate::parts::{PART, filled};

#[tokio::test(start_paused = true)]
async fn a_write_that_may_still_be_made_is_not_hidden_from_a_purge() {
    let house = house_whose_first_put(First::SaysNothing);
    house.a_request_claims().await;
    assert_eq!(house.deliver("sqs-put").await.len(), 1);
    let work = house.work().await;
    assert!(work.run.is_some(), "a purge sees who may still write");
    let comes_back = house.queue.retries()[0].1;
    assert!(
        comes_back >= work.lease.since(house.now()),
        "{comes_back:?}"
    );

    sleep(comes_back).await;
    assert!(house.hand_over(redelivered()).await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));
}

#[tokio::test(start_paused = true)]
async fn a_concurrent_write_is_met_by_another_try_and_accuses_nobody() {
    let house = house_whose_first_put(First::Conflicts);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_its_own_message_alone() {
    let house = house_whose_first_put(First::Panics);
    let mut batch = event("sqs-put");
    let mut other = message("sqs-put");
    other.replica.url = SourceUrl::parse("https://example.com/downloads/other").unwrap();
    let mut second = event_about(other.to_json()).records.remove(0);
    second.message_id = Some("the second".into());
    batch.records.push(second);
    let failed = house.hand_over(batch).await;
    assert_eq!(failed.len(), 1, "{failed:?}");
    let stored = house.stored().is_some() || house.pool.bytes(&other.replica.url).is_some();
    assert!(stored, "the other one was copied");
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_run_died_comes_back_when_its_lease_is_over() {
    let house = House::new();
    house.a_request_claims().await;
    let (run, when) = (Ulid::generate(), house.when());
    house.table.begin(&replica(), run, &when).await.unwrap();
    sleep(10 * SECOND).await;
    assert!(
        house.deliver("sqs-put").await.is_empty(),
        "a duplicate leaves it to the run"
    );
    assert_eq!(house.hand_over(redelivered()).await.len(), 1, "not lost");
    let comes_back = house.queue.retries()[0].1;
    assert!(comes_back > LEASE - 10 * SECOND && comes_back < LEASE + SECOND);
    sleep(comes_back).await;
    assert!(house.hand_over(redelivered()).await.is_empty());
    let entry = house.entry().await.unwrap();
    assert!(matches!(entry.state, State::Present(_)));
}

#[tokio::test(start_paused = true)]
async fn a_redelivery_looks_before_it_moves_all_bytes_again() {
    let house = House::new();
    house
        .somebody_stored("copied by a run that died", replica().url.as_str())
        .await;
    assert!(house.hand_over(redelivered()).await.is_empty());
    assert_eq!(house.source.opened(), 0);
    assert_eq!(house.stored().as_deref(), Some("copied by a run that died"));
}

/// `sqs-put`, received for the second time.
fn redelivered() -> aws_lambda_events::sqs::SqsEvent {
    let mut event = event("sqs-put");
    let attributes = &mut event.records[0].attributes;
    attributes.insert("ApproximateReceiveCount".into(), "2".into());
    event
}

#[derive(Clone, Copy)]
enum First {
    SaysNothing,
    Conflicts,
    Panics,
    LosesItsReply,
    IsThrottled,
    IsRefusedTwice,
    IsRefusedEachTime,
    OutlivesItsRun,
    HangsAtPart(u32),
    Takes(Duration),
}

#[tokio::test(start_paused = true)]
async fn a_completion_whose_answer_was_lost_loses_no_digests() {
    let (house, pool) = house_of_parts_whose_first_completion(First::LosesItsReply);
    assert!(house.deliver("sqs-put").await.is_empty());
    let State::Present(present) = house.entry().await.unwrap().state else {
        panic!("not present");
    };
    assert!(present.replica.digests.is_some(), "in the entry");
    assert!(pool.digests_kept.load(Ordering::Relaxed), "and in the pool");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_busy_at_the_end_costs_no_part() {
    let (house, _) = house_of_parts_whose_first_completion(First::IsThrottled);
    assert_eq!(house.deliver("sqs-put").await.len(), 1);
    sleep(LEASE).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes(), [0], "every part was there");
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_can_never_be_completed_is_not_tried_for_ever() {
    let (house, _) = house_of_parts_whose_first_completion(First::IsRefusedTwice);
    for _ in 0..2 {
        assert_eq!(house.deliver("sqs-put").await.len(), 1);
        sleep(LEASE).await;
    }
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes(), [0, 0], "begun anew");
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_completes_nothing_is_left_alone_for_longer_and_longer() {
    let (house, _) = house_of_parts_whose_first_completion(First::IsRefusedEachTime);
    for _ in 0..6 {
        assert_eq!(house.deliver("sqs-put").await.len(), 1);
        sleep(LEASE * 2).await;
    }
    assert!(
        house.entry().await.unwrap().tries > 3,
        "no new upload forgives them"
    );
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_outlived_its_invocation_loses_no_digests() {
    let (house, pool) = house_of_parts_whose_first_completion(First::OutlivesItsRun);
    assert!(timeout(SECOND, house.deliver("sqs-put")).await.is_err());
    sleep(LEASE * 2).await;
    assert!(house.hand_over(redelivered()).await.is_empty());
    let State::Present(present) = house.entry().await.unwrap().state else {
        panic!("not present");
    };
    assert!(present.replica.digests.is_some(), "in the entry");
    assert!(pool.digests_kept.load(Ordering::Relaxed), "and in the pool");
    assert_eq!(house.source.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_completion_may_take_minutes_while_its_lease_is_kept() {
    let (house, _) = house_of_parts_whose_first_completion(First::Takes(LEASE * 4));
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_before_a_gap_and_writes_no_part_behind_it_again() {
    let (house, pool) = house_of_parts_whose_first_completion(First::HangsAtPart(2));
    let parts = [b'a', b'b', b'c', b'd'].map(|letter| filled(letter, PART));
    house.source.serve(parts.into());
    assert!(timeout(SECOND, house.deliver("sqs-put")).await.is_err());
    let progress = house.entry().await.unwrap().upload.unwrap().progress;
    let without_a_gap = progress.stream.unwrap().parts;
    assert_eq!((progress.parts, without_a_gap), (3, 1));
    sleep(LEASE * 2).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes(), [0, PART as u64]);
    assert_eq!(pool.parts_asked_for(), [1, 2, 2, 3, 4], "the gap alone");
    assert_eq!(house.stored().unwrap().len(), 4 * PART);
}

fn house_of_parts_whose_first_completion(first: First) -> (House, Arc<OddUpload>) {
    let copy = CopyLimits {
        stream_part: 1,
        ..CopyLimits::default()
    };
    let policy = Policy {
        copy,
        ..Policy::default()
    };
    let (house, pool) = house_whose_first(first, policy);
    house.source.says_etag("\"strong\"");
    let parts = [b'a', b'b'].map(|letter| filled(letter, PART));
    house.source.serve(parts.into());
    (house, pool)
}

fn house_whose_first_put(first: First) -> House {
    house_whose_first(first, Policy::default()).0
}

fn house_whose_first(first: First, policy: Policy) -> (House, Arc<OddUpload>) {
    let mut odd = None;
    let house = House::with(policy, |mut ports: Ports| {
        let pool = ports.pools.get_mut(&replica().pool).unwrap();
        let upload = Arc::new(OddUpload {
            first,
            writes: AtomicUsize::new(0),
            digests_kept: AtomicBool::default(),
            numbers: Mutex::default(),
            inner: pool.upload.clone(),
        });
        pool.upload = upload.clone();
        odd = Some(upload);
        ports
    });
    (house, odd.unwrap())
}

/// An upload port that is odd the first time, and as it should be afterwards.
struct OddUpload {
    first: First,
    writes: AtomicUsize,
    digests_kept: AtomicBool,
    numbers: Mutex<Vec<u32>>,
    inner: Arc<dyn Upload>,
}

impl OddUpload {
    fn parts_asked_for(&self) -> Vec<u32> {
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
                _ => unreachable!("of a completion"),
            }
        }
        self.inner.put(url, object, body, seen).await
    }

    async fn begin(&self, url: &SourceUrl, object: &NewObject) -> Result<UploadId, PoolError> {
        self.inner.begin(url, object).await
    }

    async fn find(&self, url: &SourceUrl) -> Result<Vec<UploadId>, PoolError> {
        self.inner.find(url).await
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
