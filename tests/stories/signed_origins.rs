//! A client who is sent to an origin that refuses strangers can open it, whatever the reason is; told
//! under a simulated clock, with a signer in the test.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::place::Nowhere;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{
    Address, Clock as _, Method, OriginSigner, PoolError, PoolPorts, Ports,
};
use cloud_mirror_domain::rules::{
    Access, Auto, Pool, PoolId, Rules, SourceRule, Store, StoredObject,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::{SourceUrl, to_base64url};
use cloud_mirror_memory::{MemoryQueue, MemoryTable, QueueSettings};
use cloud_mirror_redirect::{Counted, Redirect};
use cloud_mirror_testkit::clock::RuntimeClock;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::sample_pool::SamplePool;

const URL: &str = "https://example.com/ledgers/a%20b";

/// Signs nothing, but says for which object and which method it was asked.
struct Signer;

#[async_trait]
impl OriginSigner for Signer {
    async fn address(&self, object: &StoredObject, method: Method) -> Result<Address, PoolError> {
        let StoredObject { bucket, key, .. } = object;
        Ok(Address {
            url: format!(
                "https://{bucket}.signed/{}?{method:?}",
                key.replace(' ', "+")
            ),
            expires: Some(Timestamp::default()),
        })
    }
}

/// A redirect function whose source and pools are all private.
struct Bare {
    clock: Arc<RuntimeClock>,
    faults: Faults,
    redirect: Redirect,
}

impl Bare {
    fn new() -> Self {
        Self::of(rules(), &["far"])
    }

    /// By these rules; ports are there for the pools of these regions.
    fn of(rules: Rules, regions: &[&str]) -> Self {
        let (clock, faults) = (Arc::new(RuntimeClock::default()), Faults::default());
        let pool = |region: &&str| {
            let pool = Pool::new(PoolId::new("sample", *region));
            let stored = Arc::new(SamplePool::new("http://pool", clock.clone(), pool.lifespan));
            let ports = PoolPorts {
                pool: stored.clone(),
                upload: stored,
                store_copy: None,
            };
            (pool.id, ports)
        };
        let ports = faults.around(Ports {
            table: Arc::new(MemoryTable::new(10, clock.clone())),
            queue: Arc::new(MemoryQueue::new(QueueSettings::default())),
            pools: regions.iter().map(pool).collect(),
            signers: [("sample".to_owned(), Arc::new(Signer) as _)].into(),
            geography: Arc::new(Nowhere),
            clock: clock.clone(),
        });
        Self {
            redirect: Redirect::new(rules, Policy::default(), ports),
            clock,
            faults,
        }
    }

    async fn ask(&self, method: &str, route: &str) -> http::Response<String> {
        self.ask_and_wait(method, route, 0).await
    }

    async fn ask_and_wait(
        &self,
        method: &str,
        route: &str,
        seconds: u32,
    ) -> http::Response<String> {
        let request = http::Request::builder().method(method).uri(route);
        let wait = format!("wait={seconds}");
        let request = request.header("prefer", wait).body(()).unwrap();
        self.redirect.handle(request).await
    }

    async fn location(&self, method: &str, region: &str) -> String {
        let answer = self.ask(method, &route("redirect", region)).await;
        assert_eq!(answer.headers()["cache-control"], "no-store", "{answer:?}");
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// The origin is the answer, signed for the client's own method.
    async fn signs(&self, region: &str, why: &str) {
        for (method, word) in [("GET", "Get"), ("HEAD", "Head")] {
            let expected = format!("https://ledgers.signed/kept/a+b?{word}");
            assert_eq!(self.location(method, region).await, expected, "{why}");
        }
    }
}

fn route(verb: &str, region: &str) -> String {
    format!("/v1/{verb}/sample/{region}/{}", to_base64url(URL))
}

fn rules() -> Rules {
    let mut source = SourceRule::new(SourceUrl::parse("https://example.com/ledgers/").unwrap());
    source.private = true;
    source.access = Access::Presigned;
    source.store = Some(Store {
        provider: "sample".into(),
        endpoint: None,
        bucket: "ledgers".into(),
        region: "near".into(),
        prefix: "kept/".into(),
        requester_pays: false,
    });
    let pool = |region| Pool::new(PoolId::new("sample", region));
    Rules {
        sources: vec![source].into(),
        pools: ["near", "far"].map(pool).into(),
        auto: Auto::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn an_origin_is_signed_whatever_the_reason_is_for_which_it_is_the_answer() {
    Bare::new().signs("far", "nobody has copied it yet").await;
    let at_home = Bare::of(rules(), &["near"]);
    at_home.signs("near", "it lies there already").await;
    let without_ports = Bare::of(rules(), &[]);
    without_ports.signs("far", "no such pool here").await;
    for part in ["table", "queue", "pool"] {
        let mirror = Bare::new();
        mirror.faults.break_down(part);
        mirror.signs("far", part).await;
        assert_eq!(mirror.redirect.counters().get(Counted::FailOpen), 2);
    }
    let mut drained = rules();
    drained.pools[1].drain = true;
    drained.pools.remove(0);
    Bare::of(drained, &["far"]).signs("far", "drained").await;
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_cannot_be_signed_is_better_than_nothing() {
    let mirror = Bare::new();
    mirror.faults.break_down("signer");
    assert_eq!(mirror.location("GET", "far").await, URL);
    assert_eq!(mirror.redirect.counters().get(Counted::Origin), 1);
    assert_eq!(mirror.redirect.counters().get(Counted::FailOpen), 0);
    let mirror = Bare::new();
    mirror.faults.silence("signer");
    let began = mirror.clock.now();
    assert_eq!(mirror.location("GET", "far").await, URL);
    let took = mirror.clock.now().since(began);
    assert!(
        took < Duration::from_secs(5),
        "it keeps no client: {took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_status_never_shows_a_signed_origin() {
    let mirror = Bare::new();
    for _ in 0..2 {
        let status = mirror.ask("GET", &route("status", "far")).await.into_body();
        assert!(status.contains("\"status\""), "{status}");
        assert!(!status.contains("signed"), "{status}");
        mirror.signs("far", "and now it is pending").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_asks_for_no_signature_gets_none() {
    let mut open = rules();
    open.sources[0].access = Access::Public;
    let mirror = Bare::of(open, &["far"]);
    assert_eq!(mirror.location("GET", "far").await, URL);
    assert_eq!(mirror.faults.calls("signer.address"), 0);
}

#[tokio::test(start_paused = true)]
async fn no_cache_keeps_a_status_because_it_may_hold_a_signed_address() {
    let mirror = Bare::new();
    for method in ["GET", "HEAD"] {
        let status = mirror.ask(method, &route("status", "far")).await;
        assert_eq!(status.status(), 200);
        let kept = status.headers().get("cache-control");
        assert_eq!(kept.unwrap(), "no-store", "{method}");
    }
}

/// An HTTP API gives up after 30 s, and its clients get nothing.
#[tokio::test(start_paused = true)]
async fn whoever_has_waited_as_long_as_may_be_is_not_kept_by_a_signer_besides() {
    let mirror = Bare::new();
    mirror.faults.silence("table");
    mirror.faults.silence("signer");
    let began = mirror.clock.now();
    let route = route("redirect", "far");
    let answer = mirror.ask_and_wait("GET", &route, 25).await;
    assert_eq!(answer.headers()["location"], URL);
    let took = mirror.clock.now().since(began);
    assert!(took < Duration::from_secs(30), "{took:?}");
}
