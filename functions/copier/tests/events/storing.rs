//! What a source forbids to store is not stored, unless its rule says so.

use bytes::Bytes;
use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::rules::Rules;

use crate::failures::error;
use crate::house::{BYTES, House, rules};

#[tokio::test(start_paused = true)]
async fn what_its_source_forbids_to_store_is_refused_at_once_and_never_a_dead_letter() {
    for said in ["no-store", "private", "max-age=60, No-Store", "Private"] {
        let house = House::new();
        house.a_request_claims().await;
        house.source.says_of_caching(Some(said), Some(said));
        assert!(house.deliver("sqs-put").await.is_empty(), "acknowledged");
        assert_eq!(error(&house).await, Kind::NotStorable, "{said}");
        assert_eq!(house.source.opened(), 0, "not a byte was asked for");
        assert_eq!(house.stored(), None);
        let detail = detail(&house).await;
        assert!(detail.contains(said), "{detail}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_the_answer_with_the_bytes_forbids_is_not_stored_either() {
    let house = House::new();
    house.a_request_claims().await;
    house
        .source
        .says_of_caching(Some("public"), Some("no-store"));
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(error(&house).await, Kind::NotStorable);
    assert_eq!((house.stored(), house.uploads().await), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_in_the_middle_of_a_large_object_ends_its_upload() {
    let house = House::new();
    let large = vec![Bytes::from(vec![b'x'; 20 << 20]); 4];
    house.source.serve(large);
    house.source.says_etag("\"v1\"");
    house.source.breaks_after([50 << 20]);
    house.source.hold_before(2);
    house.a_request_claims().await;
    let forbid = async {
        house.source.until_opened().await;
        house.source.says_of_caching(None, Some("private"));
        house.source.release();
    };
    let (failed, ()) = tokio::join!(house.deliver("sqs-put"), forbid);
    assert!(failed.is_empty());
    assert_eq!(error(&house).await, Kind::NotStorable);
    assert_eq!((house.stored(), house.uploads().await), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn a_rule_may_say_that_a_source_is_not_asked_for_its_leave() {
    let said = "private, max-age=60, No-Store";
    let house = House::of(ignoring(), Policy::default(), |ports| ports);
    house.a_request_claims().await;
    house.source.says_of_caching(Some(said), Some(said));
    assert!(house.deliver("sqs-put").await.is_empty());
    assert_eq!(house.stored().as_deref(), Some(BYTES));
}

fn ignoring() -> Rules {
    let mut rules = rules();
    rules.sources[0].ignore_cache_control = true;
    rules
}

async fn detail(house: &House) -> String {
    match house.entry().await.unwrap().state {
        State::Error(failed) => failed.failure.detail,
        other => panic!("no error: {other:?}"),
    }
}
