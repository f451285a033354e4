//! Promises about time, told under a simulated clock: no sleeping, no flakiness, exact figures.

use cloud_mirror_domain::place::Nowhere;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_copier::{Copier, TimeLimit};
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{
    Clock as _, Fetch, Opened, PoolPorts, Ports, Resume, Source, SourceFacts,
};
use cloud_mirror_domain::rules::{Pool, PoolId, Rules, SourceRule};
use cloud_mirror_domain::url::{SourceUrl, to_base64url};
use cloud_mirror_memory::{MemoryQueue, MemoryTable, QueueSettings};
use cloud_mirror_redirect::{Counted, Redirect};
use cloud_mirror_testkit::clock::RuntimeClock;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::sample_pool::SamplePool;
use futures::StreamExt as _;

const URL: &str = "https://example.com/ten-bytes";

/// A source that takes its time for each answer.
struct SlowSource(Duration);

#[async_trait]
impl Source for SlowSource {
    async fn head(&self, _: Fetch<'_>) -> Result<SourceFacts, Failure> {
        tokio::time::sleep(self.0).await;
        Ok(SourceFacts {
            size: Some(10),
            ..SourceFacts::default()
        })
    }

    async fn open(&self, fetch: Fetch<'_>, _: Option<Resume<'_>>) -> Result<Opened, Failure> {
        let facts = self.head(fetch).await?;
        let body = futures::stream::iter([Ok(Bytes::from_static(b"0123456789"))]).boxed();
        Ok(Opened {
            facts,
            first_byte: 0,
            body,
        })
    }
}

/// A mirror without a front door: one sample pool, everything in memory, time simulated.
struct Bare {
    clock: Arc<RuntimeClock>,
    queue: Arc<MemoryQueue>,
    faults: Faults,
    redirect: Redirect,
    copier: Copier,
}

impl Bare {
    fn with_a_source_that_takes(answer: Duration) -> Self {
        let clock = Arc::new(RuntimeClock::default());
        let pool = Pool::new(PoolId::new("sample", "here"));
        let queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
        let stored = Arc::new(SamplePool::new("http://pool", clock.clone(), pool.lifespan));
        let pool_ports = PoolPorts {
            pool: stored.clone(),
            upload: stored,
            store_copy: None,
        };
        let faults = Faults::default();
        let ports = faults.around(Ports {
            table: Arc::new(MemoryTable::new(10, clock.clone())),
            queue: queue.clone(),
            pools: [(pool.id.clone(), pool_ports)].into(),
            signers: HashMap::new(),
            geography: Arc::new(Nowhere),
            clock: clock.clone(),
        });
        let source = SourceRule::new(SourceUrl::parse("https://example.com/").unwrap());
        let rules = Rules {
            sources: vec![source].into(),
            pools: vec![pool],
            auto: cloud_mirror_domain::rules::Auto::default(),
        };
        let redirect = Redirect::new(rules.clone(), Policy::default(), ports.clone());
        let source = Arc::new(SlowSource(answer));
        let copier = Copier::new(rules, Policy::default(), ports, source);
        Self {
            clock,
            queue,
            faults,
            redirect,
            copier,
        }
    }

    /// Asks; where the redirect leads and how long that took.
    async fn ask(&self, prefer: &str) -> (String, Duration) {
        let began = self.clock.now();
        let url = format!("/v1/redirect/sample/here/{}", to_base64url(URL));
        let request = http::Request::get(url)
            .header("prefer", prefer)
            .body(())
            .unwrap();
        let answered = self.redirect.handle(request).await;
        let location = answered.headers()["location"].to_str().unwrap().to_owned();
        (location, self.clock.now().since(began))
    }

    /// Makes the next copy.
    async fn copy(&self) {
        let received = self.queue.receive(1).await.remove(0);
        self.copier
            .handle(cloud_mirror::serve::event_of(received), &TimeLimit::none())
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn fault_of_node_15_a_ten_byte_object_takes_as_long_as_its_source_and_not_a_whole_second() {
    for milliseconds in [0, 7, 130] {
        let answer = Duration::from_millis(milliseconds);
        let mirror = Bare::with_a_source_that_takes(answer);
        let ((location, took), ()) = tokio::join!(mirror.ask("wait=20"), mirror.copy());
        assert!(location.starts_with("http://pool"), "{location}");
        assert_eq!(took, 2 * answer, "HEAD and GET, and not a moment more");
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_of_ours_that_says_nothing_keeps_no_client() {
    let mirror = Bare::with_a_source_that_takes(Duration::ZERO);
    mirror.faults.silence_looks();
    let (location, took) = mirror.ask("wait=1").await;
    assert_eq!(location, URL);
    assert!(
        took < Duration::from_secs(30),
        "an HTTP API's limit: {took:?}"
    );
    assert_eq!(mirror.redirect.counters().get(Counted::FailOpen), 1);
}
