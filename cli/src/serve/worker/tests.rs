//! Each queue has its own places.

use cloud_mirror_domain::place::Nowhere;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use async_trait::async_trait;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{
    CopyQueue as _, Fetch, Opened, PoolPorts, Ports, Resume, Source, SourceFacts,
};
use cloud_mirror_domain::rules::{Pool, PoolId, ReplicaId, Rules, SourceRule};
use cloud_mirror_domain::trace::Trace;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_memory::{MemoryQueues, MemoryTable, QueueSettings};
use cloud_mirror_testkit::clock::RuntimeClock;
use cloud_mirror_testkit::sample_pool::SamplePool;

use super::*;

/// A source that never says anything of a huge object, and at once that there is no small one.
#[derive(Default)]
struct HugeObjectsHang {
    huge: AtomicUsize,
    small: AtomicUsize,
}

#[async_trait]
impl Source for HugeObjectsHang {
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        if fetch.url.as_str().contains("/huge/") {
            self.huge.fetch_add(1, Relaxed);
            std::future::pending::<()>().await;
        }
        self.small.fetch_add(1, Relaxed);
        Err(Failure::new(Kind::SourceNotFound, "404"))
    }

    async fn open(&self, _: Fetch<'_>, _: Option<Resume<'_>>) -> Result<Opened, Failure> {
        unreachable!("nothing is found")
    }
}

fn pool() -> Pool {
    Pool::new(PoolId::new("sample", "here"))
}

fn rules() -> Rules {
    let prefix = SourceUrl::parse("https://example.com/").unwrap();
    Rules {
        sources: vec![SourceRule::new(prefix)].into(),
        pools: vec![pool()],
        auto: cloud_mirror_domain::rules::Auto::default(),
    }
}

fn worker(queues: &MemoryQueues, source: Arc<dyn Source>) -> Worker {
    let clock = Arc::new(RuntimeClock::default());
    let stored = Arc::new(SamplePool::new(
        "http://pool",
        clock.clone(),
        pool().lifespan,
    ));
    let pool_ports = PoolPorts {
        pool: stored.clone(),
        upload: stored,
        store_copy: None,
    };
    let ports = Ports {
        table: Arc::new(MemoryTable::new(1_000, clock.clone())),
        queue: Arc::new(queues.clone()),
        pools: [(pool().id, pool_ports)].into(),
        signers: HashMap::new(),
        geography: Arc::new(Nowhere),
        clock,
    };
    let copier = Copier::new(rules(), Policy::default(), ports, source);
    let inboxes = Inboxes {
        copies: queues.copies.clone(),
        bulk: Some(queues.bulk.clone()),
    };
    Worker::new(inboxes, copier, TimeLimit::none())
}

async fn send(queues: &MemoryQueues, kind: &str, count: usize) {
    for n in 0..count {
        let url = format!("https://example.com/{kind}/{n}");
        let message = Message {
            replica: ReplicaId {
                pool: pool().id,
                url: SourceUrl::parse(&url).unwrap(),
            },
            action: Action::Put,
            attempt: None,
            seen: None,
            bulk: kind == "huge",
            upload: None,
            trace: None,
        };
        queues.send(&message, Duration::ZERO).await.unwrap();
    }
}

#[test]
fn what_stands_beside_a_message_arrives_as_lambda_brings_it() {
    let trace = Trace::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
    let received = Received {
        message_id: "1".into(),
        receipt: "1.2".into(),
        body: "{}".into(),
        receives: 2,
        queue: None,
        trace,
    };
    let attributes = event_of(received).records.remove(0).attributes;
    assert_eq!(attributes["ApproximateReceiveCount"], "2");
    assert_eq!(Trace::parse(&attributes["AWSTraceHeader"]), trace);
}

#[tokio::test(start_paused = true)]
async fn huge_copies_take_their_own_places_and_never_those_of_small_ones() {
    let queues = MemoryQueues::new(QueueSettings::default());
    let source = Arc::new(HugeObjectsHang::default());
    send(&queues, "huge", 100).await;
    send(&queues, "small", 100).await;
    let (_end, ends) = watch::channel(false);
    let working = worker(&queues, source.clone()).run(ends);
    let a_minute = Duration::from_secs(60);
    assert!(tokio::time::timeout(a_minute, working).await.is_err());
    assert_eq!(source.huge.load(Relaxed), BULK_PLACES);
    assert_eq!(source.small.load(Relaxed), 100);
    assert!(queues.copies.is_empty());
}
