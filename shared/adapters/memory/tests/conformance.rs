//! The in-process table and queue pass the suites that every other one must pass.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::claim::{Holder, Outcome, Terms};
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{Clock as _, Read, Received, StatusTable as _, When};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_memory::{MemoryQueue, MemoryQueues, MemoryTable, QueueSettings};
use cloud_mirror_testkit::clock::RuntimeClock;
use cloud_mirror_testkit::queue_suite::{self, Inbox, MAX_RECEIVES, VISIBILITY};
use cloud_mirror_testkit::table_suite;
use ulid::Ulid;

struct TestInbox<'a>(&'a MemoryQueue);

#[async_trait]
impl Inbox for TestInbox<'_> {
    async fn receive(&self, patience: Duration) -> Option<Received> {
        let received = tokio::time::timeout(patience, self.0.receive(1)).await;
        received.ok()?.pop()
    }

    async fn delete(&self, receipt: &str) {
        self.0.delete(receipt);
    }

    async fn dead_letters(&self) -> Vec<String> {
        self.0.dead_letters()
    }
}

#[tokio::test(start_paused = true)]
async fn the_table_does_what_every_table_must_do() {
    let clock = Arc::new(RuntimeClock::default());
    let table = Arc::new(MemoryTable::new(10_000, clock.clone()));
    table_suite::conforms(table, clock).await;
}

#[tokio::test(start_paused = true)]
async fn the_queue_does_what_every_queue_must_do() {
    let queue = MemoryQueue::new(settings());
    queue_suite::conforms(&queue, &TestInbox(&queue)).await;
}

#[tokio::test(start_paused = true)]
async fn with_a_bulk_queue_it_does_what_every_such_pair_must_do() {
    let queues = MemoryQueues::new(settings());
    let (copies, bulk) = (TestInbox(&queues.copies), TestInbox(&queues.bulk));
    queue_suite::conforms_with_bulk(&queues, &copies, &bulk).await;
}

fn settings() -> QueueSettings {
    QueueSettings {
        visibility: VISIBILITY,
        max_receives: MAX_RECEIVES,
        ..QueueSettings::default()
    }
}

#[tokio::test]
async fn a_full_queue_refuses_instead_of_growing() {
    let queue = MemoryQueue::new(QueueSettings {
        capacity: 1,
        ..QueueSettings::default()
    });
    queue.send_text("one".into(), Duration::ZERO).unwrap();
    assert!(queue.send_text("two".into(), Duration::ZERO).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_full_table_drops_the_least_recently_used_but_never_a_live_claim() {
    let clock = Arc::new(RuntimeClock::default());
    let table = MemoryTable::new(3, clock.clone());
    let when = When {
        now: clock.now(),
        terms: Terms {
            lifetimes: Lifetimes::default(),
            lifespan: Duration::from_secs(86_400),
        },
    };
    let id = |name: &str| ReplicaId {
        pool: PoolId::new("file", "here"),
        url: SourceUrl::parse(&format!("https://example.com/{name}")).unwrap(),
    };
    let present = Outcome::Present {
        replica: Replica::default(),
        expires: when.now + Duration::from_secs(3600),
    };
    table
        .claim(&id("claimed"), Ulid::from(1u128), &when)
        .await
        .unwrap();
    for name in ["old", "used", "new"] {
        let attempt = Ulid::from(2u128);
        table.claim(&id(name), attempt, &when).await.unwrap();
        table
            .settle(&id(name), Holder::Attempt(attempt), &present, &when)
            .await
            .unwrap();
        if name == "used" {
            table.get(&id("old"), Read::Strong, when.now).await.unwrap();
        }
    }
    let mut left = Vec::new();
    for name in ["claimed", "old", "used", "new"] {
        if table
            .get(&id(name), Read::Strong, when.now)
            .await
            .unwrap()
            .is_some()
        {
            left.push(name);
        }
    }
    assert_eq!(
        left,
        ["claimed", "old", "new"],
        "`used` was used before `old` was"
    );
}
