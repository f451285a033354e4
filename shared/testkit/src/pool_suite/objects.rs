//! Objects written whole, looked at, deleted.

use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Method, PoolError};

use super::{Trial, digests, object, run};

pub(super) async fn conform(trial: &Trial) {
    what_was_never_put_is_absent(trial).await;
    an_object_is_described_as_it_was_put(trial).await;
    an_empty_object_is_an_object(trial).await;
    preparing_again_changes_nothing(trial).await;
    a_deleted_object_is_absent_and_can_be_put_again(trial).await;
    deleting_what_is_absent_succeeds(trial).await;
    only_the_object_that_was_seen_is_deleted(trial).await;
    two_urls_have_two_addresses(trial).await;
}

async fn what_was_never_put_is_absent(trial: &Trial) {
    assert_eq!(trial.head(&trial.url("never-put")).await, None);
}

async fn an_object_is_described_as_it_was_put(trial: &Trial) {
    let url = trial.url("ten-bytes");
    let replica = trial.put_new(&url, "ten bytes.").await;
    assert_eq!(replica.size, 10);
    assert_eq!(
        replica.upstream,
        Some(object(&url, 10).upstream),
        "the source as it was"
    );
    assert_eq!(replica.written_by, Some(run()));
    assert_eq!(replica.digests, Some(digests("ten bytes.")));
    assert!(replica.is_of(&url));
    assert!(
        !replica.etag.is_empty(),
        "conditional writes need a validator"
    );
    assert!(
        replica.expires.is_none_or(|ends| ends > replica.stored),
        "{replica:?}"
    );
    assert_eq!(
        trial.replica(&url).await,
        replica,
        "looking changes nothing"
    );
}

async fn an_empty_object_is_an_object(trial: &Trial) {
    let url = trial.url("empty");
    let replica = trial.put_new(&url, "").await;
    assert_eq!(replica.size, 0);
    assert!(replica.is_of(&url));
}

async fn preparing_again_changes_nothing(trial: &Trial) {
    let url = trial.url("prepared");
    let before = trial.put_new(&url, "here").await;
    trial.ports.pool.prepare().await.unwrap();
    assert_eq!(trial.replica(&url).await, before);
}

async fn a_deleted_object_is_absent_and_can_be_put_again(trial: &Trial) {
    let url = trial.url("deleted");
    let replica = trial.put_new(&url, "first").await;
    trial.ports.pool.delete(&url, &replica.etag).await.unwrap();
    assert_eq!(trial.head(&url).await, None);
    trial
        .ports
        .pool
        .delete(&url, &replica.etag)
        .await
        .expect("deleting may be repeated");
    let again = trial.put_new(&url, "the second").await;
    assert_eq!(again.size, 10);
}

async fn deleting_what_is_absent_succeeds(trial: &Trial) {
    let deleted = trial
        .ports
        .pool
        .delete(&trial.url("never-put"), "\"any\"")
        .await;
    assert_eq!(deleted, Ok(()));
}

async fn only_the_object_that_was_seen_is_deleted(trial: &Trial) {
    let url = trial.url("replaced-before-deletion");
    let first = trial.put_new(&url, "first").await;
    let by_etag = Seen::Etag(first.etag.clone());
    trial
        .put(&url, &super::written("the second"), &by_etag)
        .await
        .unwrap();
    let second = trial.replica(&url).await;
    let deleted = trial.ports.pool.delete(&url, &first.etag).await;
    assert_eq!(deleted, Err(PoolError::Precondition));
    assert_eq!(
        trial.replica(&url).await,
        second,
        "a refused delete leaves the object alone"
    );
}

async fn two_urls_have_two_addresses(trial: &Trial) {
    let [one, other] = [trial.url("address"), trial.url("address/")];
    let address = async |url, method| trial.ports.pool.address(url, method).await.unwrap().url;
    for method in [Method::Get, Method::Head] {
        let (one, other) = (address(&one, method).await, address(&other, method).await);
        assert!(one.contains("://"), "no whole URL: {one}");
        assert_ne!(one, other);
    }
}
