//! What every status table must do: exactly what the domain's transitions do, atomically.

mod dice;
mod stories;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::claim::{Holder, Outcome, Terms};
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{Clock, Read, StatusTable, When};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use ulid::Ulid;

const LIFESPAN: Duration = Duration::from_secs(24 * 3600);

/// Runs the whole suite over an empty table whose waiting goes by `clock`.
pub async fn conforms(table: Arc<dyn StatusTable>, clock: Arc<dyn Clock>) {
    one_of_many_simultaneous_claims_wins(&table, clock.now()).await;
    every_verb_recognises_its_own_write(&*table, clock.now()).await;
    stories::go_as_in_the_domain(&[&*table], &*table, clock.now()).await;
    an_expired_entry_is_never_read(&*table, clock.now()).await;
    waiting::is_for_news(&table, &*clock).await;
}

fn id(name: &str) -> ReplicaId {
    let url = SourceUrl::parse(&format!("https://example.com/{name}")).unwrap();
    ReplicaId {
        pool: PoolId::new("s3", "eu-central-1"),
        url,
    }
}

fn terms() -> Terms {
    Terms {
        lifetimes: Lifetimes::default(),
        lifespan: LIFESPAN,
    }
}

fn at(now: Timestamp) -> When {
    When {
        now,
        terms: terms(),
    }
}

fn ulid(n: u64) -> Ulid {
    Ulid::from(u128::from(n))
}

fn replica(now: Timestamp) -> Outcome {
    let replica = Replica {
        etag: "\"e\"".into(),
        size: 10,
        stored: now,
        ..Replica::default()
    };
    Outcome::Present {
        replica,
        expires: now + Duration::from_secs(3600),
    }
}

async fn one_of_many_simultaneous_claims_wins(table: &Arc<dyn StatusTable>, now: Timestamp) {
    let claims = (1..=100).map(|n| {
        let table = Arc::clone(table);
        tokio::spawn(async move { table.claim(&id("herd"), ulid(n), &at(now)).await.unwrap() })
    });
    let answers = futures::future::join_all(claims).await;
    let wins = answers
        .into_iter()
        .filter(|answer| answer.as_ref().unwrap().is_done())
        .count();
    assert_eq!(wins, 1, "of a hundred simultaneous claims one wins");
}

async fn every_verb_recognises_its_own_write(table: &dyn StatusTable, now: Timestamp) {
    let (id, when) = (id("repeated"), at(now));
    let (attempt, run, purge) = (ulid(1), ulid(2), ulid(3));
    for _ in 0..2 {
        assert!(table.claim(&id, attempt, &when).await.unwrap().is_done());
    }
    for _ in 0..2 {
        assert!(table.begin(&id, run, &when).await.unwrap().is_done());
    }
    for _ in 0..2 {
        let settled = table
            .settle(&id, Holder::Run(run), &replica(now), &when)
            .await
            .unwrap();
        assert!(settled.is_done());
    }
    for _ in 0..2 {
        assert!(
            table
                .begin_purge(&id, purge, None, &when)
                .await
                .unwrap()
                .is_done()
        );
    }
    for _ in 0..2 {
        assert!(table.forget(&id, purge, &when).await.unwrap().is_done());
    }
}

async fn an_expired_entry_is_never_read(table: &dyn StatusTable, now: Timestamp) {
    let id = id("expired");
    table.claim(&id, ulid(1), &at(now)).await.unwrap();
    table.begin(&id, ulid(2), &at(now)).await.unwrap();
    table
        .settle(&id, Holder::Run(ulid(2)), &replica(now), &at(now))
        .await
        .unwrap();
    let later = now + Duration::from_secs(3600);
    assert!(table.get(&id, Read::Strong, now).await.unwrap().is_some());
    assert_eq!(table.get(&id, Read::Strong, later).await.unwrap(), None);
    assert!(
        table
            .claim(&id, ulid(3), &at(later))
            .await
            .unwrap()
            .is_done()
    );
}

/// Runs random stories over several processes' views of one empty table: each step is told to
/// any of `tellers`, whose knowledge is out of date all the time, and checked through `reader`.
pub async fn stories_of_several_processes(
    tellers: &[&dyn StatusTable],
    reader: &dyn StatusTable,
    begin: Timestamp,
) {
    stories::go_as_in_the_domain(tellers, reader, begin).await;
}
