//! Streams that break, end early, or are not what their source says.

use bytes::Bytes;
use cloud_mirror_copier::TimeLimit;
use cloud_mirror_domain::digest::Algorithm;
use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::policy::CopyLimits;
use crc_fast::CrcAlgorithm;
use sha2::{Digest as _, Sha512};
use tokio::time::{sleep, timeout};

use crate::failures::error;
use crate::house::{House, LEASE, SECOND, event, event_about, replica};
use crate::parts::{PART, filled, house_of_small_parts};

pub(crate) const PARTS: usize = 5;
pub(crate) const ETAG: &str = "\"strong\"";

#[tokio::test(start_paused = true)]
async fn a_stream_whose_copier_dies_goes_on_from_its_last_part_without_a_gap() {
    for part in 0..PARTS {
        let house = five_parts();
        house.source.hold_before(part);
        assert!(timeout(LEASE, house.deliver("sqs-put")).await.is_err());
        sleep(LEASE * 2).await;
        house.source.release();
        assert!(house.deliver("sqs-put").await.is_empty());
        assert_eq!(house.source.first_bytes(), [0, (part * PART) as u64]);
        house.has_all_five_parts().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_invocation_ends_goes_on_from_its_last_part_without_a_gap() {
    for part in 1..PARTS {
        let house = five_parts();
        house.source.hold_before(part);
        let limit = TimeLimit::before(house.now() + LEASE, house.now());
        let failed = house.hand_over_within(event("sqs-put"), &limit).await;
        assert!(failed.is_empty(), "handed on");
        house.source.release();
        let goes_on = event_about(house.next_message().await.to_json());
        assert!(house.hand_over(goes_on).await.is_empty());
        assert_eq!(house.source.first_bytes(), [0, (part * PART) as u64]);
        house.has_all_five_parts().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_breaks_is_opened_again_where_it_broke() {
    let house = five_parts();
    house.source.breaks_after([PART + 1, PART, 7]);
    assert!(house.deliver("sqs-put").await.is_empty());
    let (one, two) = (PART as u64 + 1, 2 * PART as u64 + 1);
    assert_eq!(house.source.first_bytes(), [0, one, two, two + 7]);
    house.has_all_five_parts().await;
}

#[tokio::test(start_paused = true)]
async fn a_small_object_is_read_on_where_its_source_broke() {
    let house = House::new();
    house.source.says_etag(ETAG);
    house.source.breaks_after([3]);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes(), [0, 3]);
    assert_eq!(house.stored().as_deref(), Some(crate::house::BYTES));
}

#[tokio::test(start_paused = true)]
async fn a_source_without_ranges_is_read_past_what_is_known() {
    let house = five_parts();
    house.source.knows_no_ranges();
    house.source.breaks_after([PART + 1]);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes(), [0, 0]);
    house.has_all_five_parts().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_without_a_strong_entity_tag_is_begun_anew() {
    for etag in [None, Some("W/\"weak\"")] {
        let house = five_parts();
        house.source.says_no_etag();
        etag.into_iter()
            .for_each(|etag| house.source.says_etag(etag));
        house.source.breaks_after([2 * PART]);
        assert_eq!(house.deliver("sqs-put").await.len(), 1, "it may work later");
        assert_eq!(error(&house).await, Kind::SourceUnreachable);
        sleep(LEASE).await;
        assert!(house.deliver("sqs-put").await.is_empty());
        assert_eq!(house.source.first_bytes(), [0, 0]);
        house.has_all_five_parts().await;
        assert_eq!(house.uploads().await, 0, "the first one was ended");
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_for_good_leaves_its_parts_to_the_next_try() {
    let house = five_parts();
    house
        .source
        .breaks_after([2 * PART].into_iter().chain([0; 10]));
    assert_eq!(house.deliver("sqs-put").await.len(), 1);
    assert_eq!(error(&house).await, Kind::SourceUnreachable);
    assert_eq!(house.uploads().await, 1);
    house.source.breaks_after([]);
    sleep(LEASE).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes().last(), Some(&(2 * PART as u64)));
    house.has_all_five_parts().await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_complete_but_for_its_last_write_asks_for_no_more_bytes() {
    let house = five_parts();
    house.source.hold_before(PARTS - 1);
    let story = async {
        sleep(SECOND).await;
        // Its last look is refused; the body that is open goes on.
        house.source.fail_as(Kind::SourceFailed);
        house.source.release();
    };
    let (failed, ()) = tokio::join!(house.deliver("sqs-put"), story);
    assert_eq!((failed.len(), house.uploads().await), (1, 1));
    house.source.mend();
    sleep(LEASE).await;
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.source.first_bytes(), [0]);
    house.has_all_five_parts().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_before_its_first_byte_is_not_asked_again_at_once() {
    let house = five_parts();
    house.source.breaks_after([0]);
    assert_eq!(house.deliver("sqs-put").await.len(), 1);
    assert_eq!(house.source.opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_changes_while_it_is_broken_is_not_present() {
    let house = five_parts();
    house.source.breaks_after([PART + 1]);
    house.source.hold_before(2);
    let story = async {
        house.source.until_opened().await;
        house.source.says_etag("\"another\"");
        house.source.release();
    };
    let (failed, ()) = tokio::join!(house.deliver("sqs-put"), story);
    assert_eq!(failed.len(), 1);
    assert_eq!(error(&house).await, Kind::SourceChanged);
    assert_eq!((house.stored(), house.uploads().await), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_overwritten_behind_its_last_byte_is_not_present() {
    let house = five_parts();
    house.source.hold_before(PARTS - 1);
    let story = async {
        sleep(SECOND).await;
        house.source.says_etag("\"another\"");
        house.source.release();
    };
    let (failed, ()) = tokio::join!(house.deliver("sqs-put"), story);
    assert_eq!(failed.len(), 1);
    assert_eq!(error(&house).await, Kind::SourceChanged);
    assert_eq!((house.stored(), house.uploads().await), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn a_digest_that_is_offered_is_checked_and_a_wrong_one_is_the_sources_fault() {
    let right = hex::encode(Sha512::digest(five_parts_bytes()));
    let house = five_parts();
    house.source.offers(Algorithm::Sha512, &right);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.status().await, "present");

    for algorithm in Algorithm::ALL {
        let house = five_parts();
        let wrong = "0".repeat(2 * algorithm.size_bytes());
        house.source.offers(algorithm, &wrong);
        assert!(house.deliver("sqs-put").await.is_empty(), "{algorithm:?}");
        assert_eq!(error(&house).await, Kind::DigestMismatch);
        assert_eq!((house.stored(), house.uploads().await), (None, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_digest_that_comes_with_the_bytes_alone_is_checked_too() {
    let house = five_parts();
    house.source.offers_with_its_bytes_alone();
    house.source.offers(Algorithm::Crc32, "00000000");
    house.deliver("sqs-put").await;
    assert_eq!(error(&house).await, Kind::DigestMismatch);
}

#[tokio::test(start_paused = true)]
async fn a_checksum_that_is_offered_is_checked_across_invocations() {
    let right = crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, &five_parts_bytes());
    for (hex, present) in [(format!("{right:08x}"), true), ("00000000".into(), false)] {
        let house = five_parts();
        house.source.offers(Algorithm::Crc32c, &hex);
        house.source.hold_before(3);
        assert!(timeout(LEASE, house.deliver("sqs-put")).await.is_err());
        sleep(LEASE * 2).await;
        house.source.release();
        house.deliver("sqs-put").await;
        assert_eq!(house.status().await == "present", present);
    }
}

pub(crate) fn five_parts_bytes() -> Bytes {
    let parts: Vec<_> = (0..PARTS).map(|n| filled(b'a' + n as u8, PART)).collect();
    Bytes::from(parts.concat())
}

/// A source of five parts, each of which is a piece of its own.
pub(crate) fn five_parts() -> House {
    let house = house_of_small_parts(CopyLimits::default().max_object);
    house.source.says_etag(ETAG);
    house
        .source
        .serve((0..PARTS).map(|n| filled(b'a' + n as u8, PART)).collect());
    house
}

impl House {
    pub(crate) async fn has_all_five_parts(&self) {
        let bytes = five_parts_bytes();
        assert!(self.pool.bytes(&replica().url).unwrap() == bytes);
        let Some(Entry {
            state: State::Present(present),
            ..
        }) = self.entry().await
        else {
            panic!("not present");
        };
        let digests = present.replica.digests.as_ref().unwrap();
        assert_eq!(digests.sha512, hex::encode(Sha512::digest(&bytes)));
    }
}
