//! What every table promises to who waits.

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Extension, Holder};
use cloud_mirror_domain::entry::{Entry, Progress, State, UnfinishedUpload};
use cloud_mirror_domain::ports::{Clock, StatusTable};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use tokio::task::JoinHandle;

use super::{at, id, replica, ulid};

/// Long enough that only news can end a wait.
const LONG: Duration = Duration::from_secs(30);

type Table = Arc<dyn StatusTable>;

pub(super) async fn is_for_news(table: &Table, clock: &dyn Clock) {
    a_waiter_hears_of_a_change(table, clock).await;
    a_waiter_without_news_comes_back_in_time(&**table, clock).await;
    a_heartbeat_wakes_nobody(&**table, clock).await;
    a_waiter_hears_of_the_end_of_a_copy_that_has_told_of_its_progress(table, clock).await;
    a_waiter_hears_at_once_that_a_claim_has_ended_its_lease(table, clock).await;
}

async fn a_waiter_hears_of_a_change(table: &Table, clock: &dyn Clock) {
    let (id, now) = (id("waited-for"), clock.now());
    let entry = claimed(&**table, &id, now).await;
    let waiting = waiter(table, &id, &entry, now + LONG);
    tokio::task::yield_now().await;
    table.begin(&id, ulid(2), &at(now)).await.unwrap();
    settled(&**table, &id, now).await;
    let changed = waiting.await.unwrap().expect("an entry");
    assert!(!matches!(changed.state, State::Pending(ref pending) if pending.work.run.is_none()));
}

async fn a_waiter_without_news_comes_back_in_time(table: &dyn StatusTable, clock: &dyn Clock) {
    let id = id("never-changes");
    let until = clock.now() + Duration::from_millis(30);
    assert_eq!(table.wait_for_change(&id, None, until).await.unwrap(), None);
    assert!(clock.now() >= until, "not before its time");
    assert_eq!(
        table.wait_for_change(&id, None, until).await.unwrap(),
        None,
        "at once"
    );
}

/// Who has waited to the end is told of it all the same, or they would take the lease for over.
async fn a_heartbeat_wakes_nobody(table: &dyn StatusTable, clock: &dyn Clock) {
    let (id, now) = (id("gets-on"), clock.now());
    let entry = running(table, &id, now).await;
    let extended = extended(table, &id, &entry, now + Duration::from_secs(1)).await;
    assert_ne!(extended, entry);
    let until = clock.now() + Duration::from_millis(100);
    let waited = table.wait_for_change(&id, Some(&entry), until).await;
    assert!(clock.now() >= until, "not before its time");
    assert_eq!(waited.unwrap(), Some(extended), "as it then is");
}

async fn a_waiter_hears_of_the_end_of_a_copy_that_has_told_of_its_progress(
    table: &Table,
    clock: &dyn Clock,
) {
    let (id, now) = (id("gets-on-and-ends"), clock.now());
    let mut entry = running(&**table, &id, now).await;
    let waiting = waiter(table, &id, &entry, now + LONG);
    for second in 1..=3 {
        tokio::task::yield_now().await;
        entry = extended(&**table, &id, &entry, now + Duration::from_secs(second)).await;
    }
    tokio::task::yield_now().await;
    settled(&**table, &id, now).await;
    let changed = waiting.await.unwrap().expect("an entry");
    assert!(matches!(changed.state, State::Present(_)), "{changed:?}");
    assert!(clock.now() < now + LONG);
}

async fn a_waiter_hears_at_once_that_a_claim_has_ended_its_lease(table: &Table, clock: &dyn Clock) {
    let (id, now) = (id("given-up"), clock.now());
    let entry = claimed(&**table, &id, now).await;
    let waiting = waiter(table, &id, &entry, now + LONG);
    tokio::task::yield_now().await;
    let by = Holder::Attempt(ulid(1));
    let released = done(table.release(&id, by, &at(now)).await.unwrap());
    assert_eq!(waiting.await.unwrap(), Some(released));
    assert!(clock.now() < now + LONG);
}

fn waiter(
    table: &Table,
    id: &ReplicaId,
    seen: &Entry,
    until: Timestamp,
) -> JoinHandle<Option<Entry>> {
    let (table, id, seen) = (Arc::clone(table), id.clone(), seen.clone());
    tokio::spawn(async move {
        let waited = table.wait_for_change(&id, Some(&seen), until).await;
        waited.unwrap()
    })
}

async fn claimed(table: &dyn StatusTable, id: &ReplicaId, now: Timestamp) -> Entry {
    done(table.claim(id, ulid(1), &at(now)).await.unwrap())
}

async fn running(table: &dyn StatusTable, id: &ReplicaId, now: Timestamp) -> Entry {
    claimed(table, id, now).await;
    done(table.begin(id, ulid(2), &at(now)).await.unwrap())
}

/// With one more part than before.
async fn extended(table: &dyn StatusTable, id: &ReplicaId, own: &Entry, now: Timestamp) -> Entry {
    let extension = Extension {
        own: own.clone(),
        underway: None,
        upload: Some(upload(own.most_parts + 1)),
    };
    let extended = table.extend(id, ulid(2), &extension, &at(now)).await;
    done(extended.unwrap())
}

async fn settled(table: &dyn StatusTable, id: &ReplicaId, now: Timestamp) {
    let by = Holder::Run(ulid(2));
    let settled = table.settle(id, by, &replica(now), &at(now)).await;
    assert!(settled.unwrap().is_done());
}

fn upload(parts: u32) -> UnfinishedUpload {
    UnfinishedUpload {
        id: "u".into(),
        begun_by: ulid(2),
        source_etag: Some("\"e\"".into()),
        size: None,
        part_size: 5,
        progress: Progress {
            parts,
            stream: None,
        },
        failed_completions: 0,
    }
}

fn done(answer: Answer) -> Entry {
    match answer {
        Answer::Done(entry) => entry,
        Answer::Refused(found) => panic!("nobody else is at it: {found:?}"),
    }
}
