//! Copies in parts: of objects that are large, or whose size nobody knows.

use bytes::Bytes;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::policy::{CopyLimits, Policy};
use cloud_mirror_domain::ports::{StatusTable as _, Upload as _};
use cloud_mirror_domain::time::Timestamp;
use tokio::join;
use tokio::time::sleep;
use ulid::Ulid;

use crate::failures::error;
use crate::house::{House, LEASE, SECOND, replica};

/// The smallest part that stores accept.
pub(crate) const PART: usize = 5 * 1024 * 1024;

#[tokio::test(start_paused = true)]
async fn a_large_object_arrives_whole_and_in_order() {
    let house = house_of_small_parts(CopyLimits::default().max_object);
    house
        .source
        .serve(vec![filled(b'a', PART + 1), filled(b'b', PART)]);
    assert!(house.deliver("sqs-put").await.is_empty());
    let stored = house.stored().unwrap();
    assert_eq!(stored.len(), 2 * PART + 1);
    assert_eq!(stored.find('b'), Some(PART + 1));
    assert!(stored.ends_with('b'));
}

#[tokio::test(start_paused = true)]
async fn a_part_travels_while_the_next_is_read() {
    let house = three_parts_held_before_the_last();
    let story = async {
        house.source.until_opened().await;
        sleep(SECOND).await;
        assert_eq!(house.parts_that_arrived().await, 2);
        house.source.release();
    };
    let (failed, ()) = join!(house.deliver("sqs-put"), story);
    assert!(failed.is_empty());
    assert_eq!(house.stored().unwrap().len(), 3 * PART);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_says_no_size_is_not_mirrored_beyond_max_object() {
    let house = house_of_small_parts(2 * PART as u64);
    house.source.without_length();
    house
        .source
        .serve(vec![filled(b'a', PART), filled(b'b', PART)]);
    assert!(
        house.deliver("sqs-put").await.is_empty(),
        "exactly as large"
    );
    assert_eq!(house.stored().unwrap().len(), 2 * PART);

    let house = house_of_small_parts(2 * PART as u64);
    house.source.without_length();
    house
        .source
        .serve(vec![filled(b'a', PART), filled(b'b', PART + 1)]);
    assert_eq!(house.deliver("sqs-put").await.len(), 1, "a fault of ours");
    assert_eq!(error(&house).await, Kind::TooLarge);
    assert_eq!(house.uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_failed_copy_leaves_no_upload_behind() {
    let house = three_parts_held_before_the_last();
    let story = async {
        house.source.until_opened().await;
        house
            .source
            .serve(vec![filled(b'a', PART), filled(b'b', PART)]);
        house.source.release();
    };
    let (failed, ()) = join!(house.deliver("sqs-put"), story);
    assert_eq!(failed.len(), 1);
    assert_eq!(error(&house).await, Kind::SourceChanged);
    assert_eq!(house.uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_fenced_run_leaves_the_upload_that_the_fencing_entry_carries() {
    let house = three_parts_held_before_the_last();
    let story = async {
        house.source.until_opened().await;
        let (purge, when) = (Ulid::generate(), house.when());
        let begun = house
            .table
            .begin_purge(&replica(), purge, None, &when)
            .await;
        assert!(begun.unwrap().is_done());
    };
    join!(house.deliver("sqs-put"), story);
    assert_eq!(house.uploads().await, 1, "the purge will end it");
}

#[tokio::test(start_paused = true)]
async fn a_fenced_run_ends_its_upload_where_nobody_else_knows_of_it() {
    let house = three_parts_held_before_the_last();
    let story = async {
        house.source.until_opened().await;
        house.table.clear();
        house.a_request_claims().await;
        assert_eq!(house.uploads().await, 1);
    };
    let (failed, ()) = join!(house.deliver("sqs-put"), story);
    assert!(failed.is_empty());
    assert_eq!(house.uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_the_uploads_that_another_left_over() {
    let house = three_parts_held_before_the_last();
    let crashed = tokio::time::timeout(LEASE, house.deliver("sqs-put")).await;
    assert!(crashed.is_err(), "the invocation was killed in the middle");
    assert_eq!(house.uploads().await, 1);

    sleep(LEASE).await;
    house.source.release();
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.uploads().await, 0);
    assert_eq!(house.stored().unwrap().len(), 3 * PART);
}

pub(crate) fn house_of_small_parts(max_object: u64) -> House {
    house_of(CopyLimits {
        max_object,
        ..CopyLimits::default()
    })
}

/// Where nothing is taken to be faster than that.
pub(crate) fn house_of_small_parts_at(assumed_throughput: u64) -> House {
    house_of(CopyLimits {
        assumed_throughput,
        ..CopyLimits::default()
    })
}

fn house_of(limits: CopyLimits) -> House {
    let copy = CopyLimits {
        stream_part: 1,
        ..limits
    };
    let policy = Policy {
        copy,
        ..Policy::default()
    };
    House::with(policy, |ports| ports)
}

fn three_parts_held_before_the_last() -> House {
    let house = house_of_small_parts(CopyLimits::default().max_object);
    house
        .source
        .serve([b'a', b'b', b'c'].map(|letter| filled(letter, PART)).into());
    house.source.hold_before(2);
    house
}

pub(crate) const FOREVER: Timestamp = Timestamp::from_millis(u64::MAX);

pub(crate) fn filled(letter: u8, length: usize) -> Bytes {
    vec![letter; length].into()
}

impl House {
    pub(crate) async fn end_uploads(&self) {
        let url = replica().url;
        for id in self.pool.find(&url, FOREVER).await.unwrap() {
            self.pool.abort(&url, &id).await.unwrap();
        }
    }

    pub(crate) async fn uploads(&self) -> usize {
        self.pool.find(&replica().url, FOREVER).await.unwrap().len()
    }

    async fn parts_that_arrived(&self) -> usize {
        let url = replica().url;
        let [upload] = &self.pool.find(&url, FOREVER).await.unwrap()[..] else {
            panic!("not one upload");
        };
        self.pool.parts(&url, upload).await.unwrap().len()
    }
}
