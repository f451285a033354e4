//! Copies inside a store: no byte passes through us, and no object is read that no rule names.

use std::sync::Arc;

use bytes::Bytes;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::policy::{CopyLimits, Policy};
use cloud_mirror_domain::rules::{Rules, Store, StoredObject};

use crate::failures::error;
use crate::house::{House, rules};
use crate::store::TestStore;

const MIB: usize = 1024 * 1024;
const ETAG: &str = "\"as it is in the store\"";

#[tokio::test(start_paused = true)]
async fn an_object_of_a_named_store_is_copied_inside_it() {
    let (house, store) = beside_a_store(Bytes::from_static(b"the stored bytes"), named());
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some("the stored bytes"));
    let whole = 0..16;
    assert_eq!(store.ranges(), std::slice::from_ref(&whole), "in one step");
    assert_eq!(house.source.opened(), 0, "no byte passed through us");
    assert_eq!(house.status().await, "present");
}

#[tokio::test(start_paused = true)]
async fn a_large_object_is_copied_in_parts_that_tile_it() {
    let large = 13 * MIB + 7;
    let (house, store) = beside_a_store(Bytes::from(vec![b'x'; large]), named());
    assert!(house.deliver("sqs-put").await.is_empty());
    let (mut end, ranges) = (0, store.ranges());
    for range in &ranges {
        assert_eq!(range.start, end, "{ranges:?}");
        end = range.end;
    }
    assert_eq!((end, ranges.len()), (large as u64, 3));
    assert_eq!(house.stored().unwrap().len(), large);
    assert_eq!(house.source.opened(), 0);
    assert_eq!(house.uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_changed_since_it_was_looked_at_is_not_present() {
    let (house, store) = beside_a_store(Bytes::from_static(b"new"), named());
    house.source.says_etag("\"as it was\"");
    assert_eq!(house.deliver("sqs-put").await.len(), 1, "it may work later");
    assert_eq!(error(&house).await, Kind::SourceChanged);
    assert!(store.ranges().is_empty());
    assert_eq!(house.stored(), None);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_changes_between_two_parts_is_not_present() {
    let (house, store) = beside_a_store(Bytes::from(vec![b'x'; 13 * MIB]), named());
    store.changes_after_parts(1);
    assert_eq!(house.deliver("sqs-put").await.len(), 1);
    assert_eq!(error(&house).await, Kind::SourceChanged);
    assert_eq!(house.stored(), None);
    assert_eq!(house.uploads().await, 0, "its upload is ended");
}

#[tokio::test(start_paused = true)]
async fn a_weak_validator_holds_no_server_side_copy_so_the_bytes_are_streamed() {
    let (house, store) = beside_a_store(Bytes::from_static(b"stored"), named());
    house.source.says_etag("W/\"weak\"");
    house.source.serve(vec![Bytes::from_static(b"streamed")]);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some("streamed"));
    assert!(store.ranges().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_refuses_a_stranger_is_never_read_with_our_credentials() {
    let (house, store) = beside_a_store(Bytes::from_static(b"secret"), named());
    house.source.fail_as(Kind::SourceRefused);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(error(&house).await, Kind::SourceRefused);
    assert!(store.read_objects().is_empty());
    assert_eq!(house.stored(), None);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_no_rule_names_is_never_read_with_our_credentials() {
    let (house, store) = beside_a_store(Bytes::from_static(b"readable by our role"), rules());
    assert!(house.deliver("sqs-put").await.is_empty());
    assert!(store.read_objects().is_empty());
    assert_eq!(house.source.opened(), 1, "fetched like any origin");
}

#[tokio::test(start_paused = true)]
async fn a_private_rules_object_is_copied_inside_its_store_like_any_other() {
    let mut private = named();
    private.sources[0].private = true;
    let (house, store) = beside_a_store(Bytes::from_static(b"private bytes"), private);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some("private bytes"));
    assert_eq!(house.source.opened(), 0, "no byte passed through us");
    let object = StoredObject {
        provider: "s3".into(),
        bucket: "acme".into(),
        region: "us-west-2".into(),
        key: "public/tool-1.2.3.tar.gz".into(),
        requester_pays: false,
    };
    assert_eq!(store.read_objects(), [object]);
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_cannot_copy_from_the_store_by_itself_gets_the_bytes_streamed() {
    let mut elsewhere = named();
    elsewhere.sources[0].private = true;
    elsewhere.pools[0].endpoint = Some("https://objects.example".into());
    let (house, store) = beside_a_store(Bytes::from_static(b"private bytes"), elsewhere);
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some("private bytes"));
    assert_eq!(house.source.opened(), 1);
    assert!(store.read_objects().is_empty());
}

/// The usual rule, with a store that it names.
pub(crate) fn named() -> Rules {
    let mut rules = rules();
    rules.sources[0].store = Some(Store {
        provider: "s3".into(),
        endpoint: None,
        bucket: "acme".into(),
        region: "us-west-2".into(),
        prefix: "public".into(),
        requester_pays: false,
    });
    rules
}

/// A copier whose pool can copy from a store that has these bytes; its source says the same of
/// them. Copies of more than 5 MiB go in parts of 5 MiB.
fn beside_a_store(bytes: Bytes, rules: Rules) -> (House, Arc<TestStore>) {
    beside_a_store_with(bytes, rules, |policy| policy)
}

pub(crate) fn beside_a_store_with(
    bytes: Bytes,
    rules: Rules,
    with: impl FnOnce(Policy) -> Policy,
) -> (House, Arc<TestStore>) {
    let five_mib = 5 * MIB as u64;
    let copy = CopyLimits {
        server_side_single: five_mib,
        part: five_mib,
        parts_in_flight: 2,
        ..CopyLimits::default()
    };
    let policy = Policy {
        copy,
        ..Policy::default()
    };
    let mut store = None;
    let house = House::of(rules, with(policy), |mut ports| {
        store = Some(TestStore::beside(&mut ports, bytes.clone(), ETAG));
        ports
    });
    house.source.says_etag(ETAG);
    house.source.serve(vec![bytes]);
    (house, store.unwrap())
}
