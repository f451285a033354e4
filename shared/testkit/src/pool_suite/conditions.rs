//! Writes happen only if the object is as it was seen, and of many at once one wins.

use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::PoolError;

use super::{Trial, at_once, etag_of, written};

/// How many write at once.
const CROWD: usize = 20;

pub(super) async fn conform(trial: &Trial) {
    what_is_there_is_not_created_again(trial).await;
    what_was_seen_is_replaced(trial).await;
    what_has_changed_since_is_not_replaced(trial).await;
    what_is_gone_is_not_replaced(trial).await;
    of_many_creators_one_wins(trial).await;
    of_many_replacers_one_wins(trial).await;
}

async fn what_is_there_is_not_created_again(trial: &Trial) {
    let url = trial.url("created-twice");
    let first = trial.put_new(&url, "first").await;
    let second = trial.put(&url, &written("the second"), &Seen::None).await;
    assert_eq!(second, Err(PoolError::Precondition));
    assert_eq!(
        trial.replica(&url).await,
        first,
        "the old object is unharmed"
    );
}

async fn what_was_seen_is_replaced(trial: &Trial) {
    let url = trial.url("replaced");
    let first = trial.put_new(&url, "first").await;
    trial
        .put(&url, &written("the second"), &etag_of(&first))
        .await
        .unwrap();
    let second = trial.replica(&url).await;
    assert_eq!(second.size, 10);
    assert_ne!(second.etag, first.etag);
}

async fn what_has_changed_since_is_not_replaced(trial: &Trial) {
    let url = trial.url("changed-since");
    let first = trial.put_new(&url, "first").await;
    trial
        .put(&url, &written("the second"), &etag_of(&first))
        .await
        .unwrap();
    let second = trial.replica(&url).await;
    let third = trial
        .put(&url, &written("and a third"), &etag_of(&first))
        .await;
    assert_eq!(third, Err(PoolError::Precondition));
    assert_eq!(
        trial.replica(&url).await,
        second,
        "the old object is unharmed"
    );
}

async fn what_is_gone_is_not_replaced(trial: &Trial) {
    let url = trial.url("gone-since");
    let first = trial.put_new(&url, "first").await;
    trial.ports.pool.delete(&url, &first.etag).await.unwrap();
    let second = trial
        .put(&url, &written("the second"), &etag_of(&first))
        .await;
    assert_eq!(second, Err(PoolError::Precondition));
    assert_eq!(trial.head(&url).await, None);
}

async fn of_many_creators_one_wins(trial: &Trial) {
    one_of_a_crowd_wins(trial, "crowd-creates", &Seen::None).await;
}

async fn of_many_replacers_one_wins(trial: &Trial) {
    let old = trial
        .put_new(&trial.url("crowd-replaces"), &"o".repeat(CROWD + 1))
        .await;
    one_of_a_crowd_wins(trial, "crowd-replaces", &etag_of(&old)).await;
}

/// Each writes a size of its own, so that the object tells whose it is.
async fn one_of_a_crowd_wins(trial: &Trial, path: &str, seen: &Seen) {
    let url = trial.url(path);
    let texts: Vec<_> = (0..CROWD).map(|n| written(&"x".repeat(n))).collect();
    let answers = at_once(texts.iter().map(|text| trial.putting(&url, text, seen))).await;
    let winners: Vec<usize> = (0..CROWD).filter(|n| answers[*n].is_ok()).collect();
    let [winner] = winners[..] else {
        panic!("{} writes won: {answers:?}", winners.len())
    };
    for answer in answers.into_iter().filter_map(Result::err) {
        assert!(
            matches!(answer, PoolError::Precondition | PoolError::Conflict),
            "{answer:?}"
        );
    }
    assert_eq!(
        trial.replica(&url).await.size,
        winner as u64,
        "the winner's object is there"
    );
}
