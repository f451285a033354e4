//! A copier with everything around it, and words for what happens to it.

use cloud_mirror_domain::place::Nowhere;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use cloud_mirror_copier::{Copier, TimeLimit};
use cloud_mirror_domain::claim::Terms;
use cloud_mirror_domain::entry::{Digests, Entry, State, Upstream, Work};
use cloud_mirror_domain::message::{Message, Seen};
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{
    Clock as _, NewObject, PoolPorts, Ports, Read, StatusTable as _, Upload as _, When, Written,
};
use cloud_mirror_domain::rules::{Pool, PoolId, ReplicaId, Rules, SourceRule};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_memory::MemoryTable;
use cloud_mirror_testkit::clock::RuntimeClock;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::sample_pool::SamplePool;
use ulid::Ulid;

use crate::queue::RecordingQueue;
use crate::source::TestSource;

/// What the files of `events/` are about.
const URL: &str = "https://example.com/downloads/tool-1.2.3.tar.gz";
const POOL: (&str, &str) = ("s3", POOL_REGION);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Where pools are.
pub(crate) const POOL_REGION: &str = "eu-central-1";

/// What the source has there.
pub(crate) const BYTES: &str = "the tool's own bytes";

/// How long a run holds without a heartbeat, as it is by default.
pub(crate) const LEASE: Duration = Duration::from_secs(60);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) struct House {
    pub(crate) copier: Copier,
    pub(crate) source: Arc<TestSource>,
    pub(crate) table: Arc<MemoryTable>,
    pub(crate) queue: Arc<RecordingQueue>,
    pub(crate) pool: Arc<SamplePool>,
    pub(crate) faults: Faults,
    clock: Arc<RuntimeClock>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(Policy::default(), |ports| ports)
    }

    /// The copier alone sees the faults and the decoration; the test sees the parts themselves.
    pub(crate) fn with(policy: Policy, decorated: impl FnOnce(Ports) -> Ports) -> Self {
        Self::of(rules(), policy, decorated)
    }

    /// The same by other rules. It is the only mirror over its pool, so that every upload which it
    /// does not know is left over.
    pub(crate) fn of(
        rules: Rules,
        mut policy: Policy,
        decorated: impl FnOnce(Ports) -> Ports,
    ) -> Self {
        policy.lifetimes.unrecorded_upload = Duration::ZERO;
        let clock = Arc::new(RuntimeClock::default());
        let table = Arc::new(MemoryTable::new(1_000, clock.clone()));
        let queue = Arc::new(RecordingQueue::new());
        let pool = Arc::new(SamplePool::new("https://pool.example", clock.clone(), DAY));
        let source = Arc::new(TestSource::of(BYTES));
        let both = PoolPorts {
            pool: pool.clone(),
            upload: pool.clone(),
            store_copy: None,
        };
        let ports = Ports {
            table: table.clone(),
            queue: queue.clone(),
            pools: [(replica().pool, both)].into(),
            signers: HashMap::new(),
            geography: Arc::new(Nowhere),
            clock: clock.clone(),
        };
        let faults = Faults::default();
        let ports = decorated(faults.around(ports));
        Self {
            copier: Copier::new(rules, policy, ports, source.clone()),
            source,
            table,
            queue,
            pool,
            faults,
            clock,
        }
    }

    /// Delivers a file of `events/`, and answers the ids that were reported as failed.
    pub(crate) async fn deliver(&self, name: &str) -> Vec<String> {
        self.hand_over(event(name)).await
    }

    pub(crate) async fn hand_over(&self, event: SqsEvent) -> Vec<String> {
        self.hand_over_within(event, &TimeLimit::none()).await
    }

    /// The invocation has that time.
    pub(crate) async fn hand_over_within(&self, event: SqsEvent, limit: &TimeLimit) -> Vec<String> {
        let response = self.copier.handle(event, limit).await;
        let failures = response.batch_item_failures.into_iter();
        failures.map(|failure| failure.item_identifier).collect()
    }

    /// What a redirector does before it sends the message of `sqs-put.json`.
    pub(crate) async fn a_request_claims(&self) {
        let attempt = message("sqs-put").attempt.unwrap();
        let claimed = self.table.claim(&replica(), attempt, &self.when()).await;
        assert!(claimed.unwrap().is_done());
    }

    /// Somebody, some time ago, put these bytes into the pool as a replica of `url`.
    pub(crate) async fn somebody_stored(&self, bytes: &'static str, url: &str) {
        let object = NewObject {
            headers: Default::default(),
            upstream: Upstream {
                url: url.to_owned(),
                ..Upstream::default()
            },
            written_by: Ulid::generate(),
            via_hosts: Vec::new(),
        };
        let body = Written {
            bytes: bytes.into(),
            digests: Digests::default(),
        };
        let id = replica();
        let put = self.pool.put(&id.url, &object, body, &Seen::None).await;
        put.unwrap();
    }

    pub(crate) async fn entry(&self) -> Option<Entry> {
        let read = self.table.get(&replica(), Read::Strong, self.now()).await;
        read.unwrap()
    }

    /// The entry's word, as a client would see it.
    pub(crate) async fn status(&self) -> &'static str {
        let entry = self.entry().await;
        entry.map_or("absent", |entry| entry.status(self.now()))
    }

    /// Who works on the copy.
    pub(crate) async fn work(&self) -> Work {
        match self.entry().await.unwrap().state {
            State::Pending(pending) => pending.work,
            other => panic!("nobody works on {other:?}"),
        }
    }

    /// What the pool serves to clients.
    pub(crate) fn stored(&self) -> Option<String> {
        let bytes = self.pool.bytes(&replica().url)?;
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn when(&self) -> When {
        let terms = Terms {
            lifetimes: Policy::default().lifetimes,
            lifespan: DAY,
        };
        When {
            now: self.now(),
            terms,
        }
    }
}

pub(crate) fn rules() -> Rules {
    let prefix = SourceUrl::parse("https://example.com/downloads/").unwrap();
    Rules {
        sources: vec![SourceRule::new(prefix)].into(),
        pools: vec![Pool {
            lifespan: DAY,
            ..Pool::new(replica().pool)
        }],
        auto: cloud_mirror_domain::rules::Auto::default(),
    }
}

/// The replica that the files of `events/` are about.
pub(crate) fn replica() -> ReplicaId {
    ReplicaId {
        pool: PoolId::new(POOL.0, POOL.1),
        url: SourceUrl::parse(URL).unwrap(),
    }
}

/// A file of `events/`, as Lambda's runtime reads it.
pub(crate) fn event(name: &str) -> SqsEvent {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events");
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The event with another body in its first record.
pub(crate) fn event_about(body: String) -> SqsEvent {
    let mut event = event("sqs-put");
    event.records[0].body = Some(body);
    event
}

/// The message in the first record of a file of `events/`.
pub(crate) fn message(name: &str) -> Message {
    Message::from_json(event(name).records[0].body.as_deref().unwrap()).unwrap()
}
