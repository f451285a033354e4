//! Promises about time, told under a simulated clock: no sleeping, no flakiness, exact figures.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_copier::Copier;
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{
    Clock as _, Fetch, Opened, PoolPorts, Ports, Source, SourceFacts,
};
use cloud_mirror_domain::rules::{Pool, PoolId, Rules, SourceRule};
use cloud_mirror_domain::url::{SourceUrl, to_base64url};
use cloud_mirror_memory::{MemoryQueue, MemoryTable, QueueSettings};
use cloud_mirror_redirect::Redirect;
use cloud_mirror_testkit::clock::RuntimeClock;
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

    async fn open(&self, fetch: Fetch<'_>) -> Result<Opened, Failure> {
        let facts = self.head(fetch).await?;
        let body = futures::stream::iter([Ok(Bytes::from_static(b"0123456789"))]).boxed();
        Ok(Opened { facts, body })
    }
}

/// How long a first request takes when each of the source's two answers takes `answer`.
async fn a_miss_takes(answer: Duration) -> Duration {
    let clock = Arc::new(RuntimeClock::default());
    let id = PoolId::new("sample", "here");
    let pool = Pool::new(id.clone());
    let queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
    let stored = Arc::new(SamplePool::new("http://pool", clock.clone(), pool.lifespan));
    let pool_ports = PoolPorts {
        pool: stored.clone(),
        upload: stored,
    };
    let ports = Ports {
        table: Arc::new(MemoryTable::new(10, clock.clone())),
        queue: queue.clone(),
        pools: [(id, pool_ports)].into(),
        clock: clock.clone(),
    };
    let source = SourceRule::new(SourceUrl::parse("https://example.com/").unwrap());
    let rules = Rules {
        sources: vec![source],
        pools: vec![pool],
    };
    let redirect = Redirect::new(rules.clone(), Policy::default(), ports.clone());
    let copier = Copier::new(
        rules,
        Policy::default(),
        ports,
        Arc::new(SlowSource(answer)),
    );
    let copies = async {
        let received = queue.receive(1).await.remove(0);
        copier.handle(cloud_mirror::serve::event_of(received)).await
    };
    let url = format!("/v1/redirect/sample/here/{}", to_base64url(URL));
    let began = clock.now();
    let asks = async {
        let answered = redirect
            .handle(http::Request::get(url).body(()).unwrap())
            .await;
        (answered, clock.now().since(began))
    };
    let ((answered, took), _) = tokio::join!(asks, copies);
    let location = answered.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("http://pool"), "{location}");
    took
}

#[tokio::test(start_paused = true)]
async fn node_fault_15_a_ten_byte_object_takes_as_long_as_its_source_and_not_a_whole_second() {
    for milliseconds in [0, 7, 130] {
        let answer = Duration::from_millis(milliseconds);
        assert_eq!(
            a_miss_takes(answer).await,
            2 * answer,
            "HEAD and GET, and not a moment more"
        );
    }
}
