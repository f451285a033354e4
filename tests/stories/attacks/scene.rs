//! A copier, an origin, a canary, and the names between them.
//!
//! The copier and its HTTP source are the real ones. The names are not: loopback is all that a test
//! has, so 127.0.0.2 is called public here, and names lead where the attack wants them to. What is
//! public otherwise, the domain judges.

use cloud_mirror_domain::place::Nowhere;
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{self, IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror::serve::event_of;
use cloud_mirror_copier::{Copier, TimeLimit};
use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::error::{Fault, Kind};
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{Clock as _, PoolPorts, Ports, Read, Received, StatusTable as _};
use cloud_mirror_domain::rules::{Pool, PoolId, ReplicaId, Rules, SourceRule};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_http::{HttpSource, Limits, Names, SystemNames};
use cloud_mirror_memory::{MemoryQueue, MemoryTable, QueueSettings};
use cloud_mirror_testkit::clock::RuntimeClock;
use cloud_mirror_testkit::origin::Canary;
use cloud_mirror_testkit::sample_pool::SamplePool;
use tokio::net::TcpListener;

use super::{End, Ended};

pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Public, in these stories only.
pub(crate) const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Where names lead: one answer after the other, the last one for ever. A name that is not in the
/// book leads to loopback, as an attacker's own would.
#[derive(Debug)]
struct Book(Mutex<HashMap<&'static str, Vec<Vec<IpAddr>>>>);

#[async_trait]
impl Names for Book {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        if host == "nowhere.test" {
            return Err(io::Error::other("nobody knows this name"));
        }
        if host == "silent.test" {
            return std::future::pending().await;
        }
        let mut book = self.0.lock().unwrap();
        let Some(answers) = book.get_mut(host) else {
            return Ok(vec![LOOPBACK]);
        };
        let first = answers[0].clone();
        if answers.len() > 1 {
            answers.remove(0);
        }
        Ok(first)
    }

    fn is_public(&self, ip: IpAddr) -> bool {
        ip == PUBLIC || SystemNames.is_public(ip)
    }
}

/// Everything but the rules. Each message gets a copier, a table and a pool of its own.
pub(crate) struct Scene {
    canary: Canary,
    /// Where the machine has such an address.
    canary_of_v6: Option<net::TcpListener>,
    book: Arc<Book>,
    source: HttpSource,
    policy: Policy,
}

impl Scene {
    /// The canaries, and the same port of the public address for whatever shall answer there.
    pub(crate) fn set() -> (Self, TcpListener) {
        Self::connecting_within(Duration::from_secs(3))
    }

    /// The same with a source that takes silence for an answer soon. Connecting may take longer, so
    /// that it is always the silence that ends a copy.
    pub(crate) fn impatient() -> (Self, TcpListener) {
        Self::with_limits(Limits {
            progress: Duration::from_millis(200),
            ..Limits::default()
        })
    }

    /// The same with a source that gives up connecting soon, and waits for answers.
    pub(crate) fn connecting_within(connect: Duration) -> (Self, TcpListener) {
        Self::with_limits(Limits {
            connect,
            ..Limits::default()
        })
    }

    fn with_limits(limits: Limits) -> (Self, TcpListener) {
        let (canary, canary_of_v6, public) = on_one_port();
        let public_names = ["allowed.test", "cdn.test"].map(|name| (name, vec![vec![PUBLIC]]));
        let book = Arc::new(Book(Mutex::new(public_names.into())));
        let names = Arc::clone(&book) as Arc<dyn Names>;
        let scene = Self {
            canary,
            canary_of_v6,
            book,
            source: HttpSource::with_names(limits, names).unwrap(),
            policy: Policy::default(),
        };
        (scene, public)
    }

    /// Nothing larger is mirrored.
    pub(crate) fn with_max_object(mut self, bytes: u64) -> Self {
        self.policy.copy.max_object = bytes;
        self.policy.copy.stream_part = bytes;
        self
    }

    /// From now on this name leads there: one answer after the other, the last one for ever.
    pub(crate) fn leads<const N: usize>(&self, name: &'static str, answers: [Vec<IpAddr>; N]) {
        self.book.0.lock().unwrap().insert(name, answers.into());
    }

    /// The text with the canary's port, which is the origin's as well.
    pub(crate) fn at_port(&self, text: &str) -> String {
        text.replace("{port}", &self.canary.port().to_string())
    }

    /// A rule for this URL, `{port}` filled in: http is allowed, private addresses are not.
    pub(crate) fn rule(&self, prefix: &str) -> SourceRule {
        SourceRule {
            allow_http: true,
            ..SourceRule::new(SourceUrl::parse(&self.at_port(prefix)).unwrap())
        }
    }

    /// The rule of an operator who takes care: an origin's public folder, and the origin's CDN.
    pub(crate) fn honest(&self) -> SourceRule {
        SourceRule {
            redirect_hosts: vec![self.at_port("cdn.test:{port}")],
            ..self.rule("http://allowed.test:{port}/public/")
        }
    }

    /// Hands over a message for this URL, `{port}` filled in, and waits for what becomes of it.
    pub(crate) async fn asked_for(&self, url: &str, rules: Vec<SourceRule>) -> Ended {
        let url = self.at_port(url);
        let body = serde_json::json!({"v": 1, "id": "sample_here", "url": url, "action": "put"});
        self.handed(body.to_string(), &url, rules).await
    }

    /// The same with any body, which means this URL.
    pub(crate) async fn handed(&self, body: String, url: &str, rules: Vec<SourceRule>) -> Ended {
        let house = House::new(self, rules);
        let as_what = house.deliver(body, SourceUrl::parse(url).ok()).await;
        let connections = self.connections();
        Ended {
            as_what,
            connections,
        }
    }

    fn connections(&self) -> usize {
        self.canary.connections() + self.canary_of_v6.as_ref().map_or(0, count)
    }
}

/// The port is free on one address; on the others it may be taken, and then another is tried.
fn on_one_port() -> (Canary, Option<net::TcpListener>, TcpListener) {
    for _ in 0..100 {
        let canary = Canary::start();
        let Ok(public) = listen(PUBLIC, canary.port()) else {
            continue;
        };
        let public = TcpListener::from_std(public).unwrap();
        match listen(Ipv6Addr::LOCALHOST.into(), canary.port()) {
            Ok(v6) => return (canary, Some(v6), public),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Err(_) => return (canary, None, public),
        }
    }
    panic!("{PUBLIC} is no address of this host's loopback")
}

fn listen(ip: IpAddr, port: u16) -> io::Result<net::TcpListener> {
    let listener = net::TcpListener::bind((ip, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn count(listener: &net::TcpListener) -> usize {
    std::iter::from_fn(|| listener.accept().ok()).count()
}

/// One copier, with everything it writes to.
struct House {
    copier: Copier,
    table: Arc<MemoryTable>,
    pool: Arc<SamplePool>,
    clock: Arc<RuntimeClock>,
    id: PoolId,
}

impl House {
    fn new(scene: &Scene, sources: Vec<SourceRule>) -> Self {
        let clock = Arc::new(RuntimeClock::default());
        let pool = Pool::new(PoolId::new("sample", "here"));
        let stored = Arc::new(SamplePool::new("http://pool", clock.clone(), pool.lifespan));
        let table = Arc::new(MemoryTable::new(10, clock.clone()));
        let pool_ports = PoolPorts {
            pool: stored.clone(),
            upload: stored.clone(),
            store_copy: None,
        };
        let id = pool.id.clone();
        let ports = Ports {
            table: table.clone(),
            queue: Arc::new(MemoryQueue::new(QueueSettings::default())),
            pools: [(id.clone(), pool_ports)].into(),
            signers: HashMap::new(),
            geography: Arc::new(Nowhere),
            clock: clock.clone(),
        };
        let rules = Rules {
            sources: sources.into(),
            pools: vec![pool],
            auto: cloud_mirror_domain::rules::Auto::default(),
        };
        let source = Arc::new(scene.source.clone());
        Self {
            copier: Copier::new(rules, scene.policy.clone(), ports, source),
            table,
            pool: stored,
            clock,
            id,
        }
    }

    async fn deliver(&self, body: String, url: Option<SourceUrl>) -> End {
        let message = Received {
            message_id: "1".into(),
            receipt: "1.1".into(),
            body,
            receives: 1,
            queue: None,
            trace: None,
        };
        let limit = TimeLimit::none();
        let response = self.copier.handle(event_of(message), &limit).await;
        let failed = !response.batch_item_failures.is_empty();
        let Some(url) = url else {
            return self.without_an_entry(failed);
        };
        let kept = self.pool.bytes(&url).is_some();
        let id = ReplicaId {
            pool: self.id.clone(),
            url,
        };
        let entry = self.table.get(&id, Read::Strong, self.clock.now()).await;
        match entry.unwrap() {
            None => {
                assert!(!kept, "a replica that no entry knows");
                self.without_an_entry(failed)
            }
            Some(entry) => with_an_entry(&entry, failed, kept),
        }
    }

    fn without_an_entry(&self, failed: bool) -> End {
        assert!(self.table.is_empty(), "an entry under another URL");
        if failed {
            End::DeadLetter
        } else {
            End::LeftAlone
        }
    }
}

fn with_an_entry(entry: &Entry, failed: bool, kept: bool) -> End {
    match &entry.state {
        State::Present(_) => {
            assert!(kept && !failed, "{entry:?}");
            End::Copied
        }
        State::Error(error) => {
            let kind: Kind = error.failure.kind;
            assert!(!kept, "a replica in spite of {kind}");
            let reported = matches!(kind.fault(), Fault::Ours | Fault::Transient);
            assert_eq!(failed, reported, "the message of {kind}");
            End::Settled(kind)
        }
        State::Purging(_) => {
            assert!(!kept && !failed, "{entry:?}");
            End::Purged
        }
        State::Pending(_) => panic!("left unsettled: {entry:?}"),
    }
}
