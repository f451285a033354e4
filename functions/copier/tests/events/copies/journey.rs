//! One copy of each object on one way, and what came of it.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use cloud_mirror_copier::{Copier, TimeLimit};
use cloud_mirror_domain::claim::Terms;
use cloud_mirror_domain::entry::{Replica, State};
use cloud_mirror_domain::message::{Action, Message, Seen};
use cloud_mirror_domain::place::Nowhere;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{Method, ObjectHeaders, Ports, Read, StatusTable as _, When};
use cloud_mirror_domain::rules::{Auto, ReplicaId, Rules};
use cloud_mirror_memory::{MemoryQueue, MemoryTable, QueueSettings};
use cloud_mirror_testkit::log::Log;
use ulid::Ulid;

use super::counted::{self, Asked};
use super::document;
use super::objects::{OBJECTS, Object, PART, digests, headers};
use super::places::{From, Into};
use super::scene::Scene;
use crate::house::event_about;
use crate::signals::logging_to;

/// What a copy came to: the cells of a row of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) object: Object,
    pub(super) plan: String,
    pub(super) through_us: bool,
    pub(super) of_source: String,
    pub(super) of_pool: String,
}

/// Makes the three copies of one way, and compares what came of them with the document.
pub(super) async fn is_as_the_document_says(way: (From, Into)) {
    let mut rows = Vec::new();
    for object in OBJECTS {
        rows.push(journey(way, object).await);
    }
    document::has(way, &rows);
}

async fn journey(way: (From, Into), object: Object) -> Row {
    let scene = Scene::new(way).await;
    scene.prepare(object.bytes()).await;
    let (source, pool) = (scene.asked_of_source(), scene.asked_of_pool());
    let (plan, replica) = copied(&scene).await;
    let of_source = since(&source, scene.asked_of_source());
    let of_pool = since(&pool, scene.asked_of_pool());
    let reads: Vec<_> = of_source.iter().filter(|asked| asked.reads).collect();
    let streams = plan.starts_with("stream");
    assert_eq!(
        reads.len(),
        usize::from(streams),
        "{way:?} {object:?}: {of_source:?}"
    );
    let read = reads.iter().filter_map(|asked| asked.sent_bytes);
    assert!(
        read.into_iter().all(|bytes| bytes == object.size()),
        "{reads:?}"
    );
    arrived(&scene, way.1, object).await;
    kept_digests(&scene, (way.1, object), streams, &replica).await;
    assert!(scene.has_no_upload(), "{way:?} {object:?}");
    Row {
        object,
        plan,
        through_us: !reads.is_empty(),
        of_source: counted::words(&of_source),
        of_pool: counted::words(&of_pool),
    }
}

/// What was asked after that. What is counted by kind stands in the order of the kinds.
fn since(before: &[Asked], mut after: Vec<Asked>) -> Vec<Asked> {
    for asked in before {
        let place = after.iter().position(|other| other == asked);
        after.remove(place.unwrap());
    }
    after
}

/// The plan, and the replica as the table knows it. A requester has claimed and looked before.
async fn copied(scene: &Scene) -> (String, Replica) {
    let log = Log::default();
    let _logging = logging_to(log.clone());
    let table = Arc::new(MemoryTable::new(10, scene.clock()));
    let replica = ReplicaId {
        pool: scene.pool().id,
        url: scene.url(),
    };
    let message = claimed(scene, &table, &replica).await;
    let copier = copier(scene, Arc::clone(&table));
    let limit = TimeLimit::none();
    let handled = copier.handle(event_about(message.to_json()), &limit).await;
    let failed = handled.batch_item_failures;
    assert!(failed.is_empty(), "{}", log.text());
    let entry = table.get(&replica, Read::Strong, scene.clock().now()).await;
    let Some(State::Present(present)) = entry.unwrap().map(|entry| entry.state) else {
        panic!("there is no replica: {}", log.text());
    };
    let mut events = log.events().into_iter();
    let copied = events.find(|line| line["event"] == "copied");
    let plan = copied.unwrap()["plan"].as_str().unwrap().to_owned();
    (plan, Arc::unwrap_or_clone(present.replica))
}

async fn claimed(scene: &Scene, table: &MemoryTable, replica: &ReplicaId) -> Message {
    let attempt = Ulid::generate();
    let when = When {
        now: scene.clock().now(),
        terms: Terms {
            lifetimes: Policy::default().lifetimes,
            lifespan: scene.pool().lifespan,
        },
    };
    let claimed = table.claim(replica, attempt, &when).await;
    assert!(claimed.unwrap().is_done());
    Message {
        replica: replica.clone(),
        action: Action::Put,
        attempt: Some(attempt),
        seen: Some(Seen::None),
        bulk: false,
        upload: None,
        trace: None,
    }
}

fn copier(scene: &Scene, table: Arc<MemoryTable>) -> Copier {
    let rules = Rules {
        sources: vec![scene.rule()].into(),
        pools: vec![scene.pool()],
        auto: Auto::default(),
    };
    let mut policy = Policy::default();
    policy.copy.server_side_single = PART;
    policy.copy.part = PART;
    policy.copy.stream_part = PART;
    let ports = Ports {
        table,
        queue: Arc::new(MemoryQueue::new(QueueSettings::default())),
        pools: HashMap::from([(scene.pool().id, scene.pool_ports())]),
        signers: HashMap::new(),
        geography: Arc::new(Nowhere),
        clock: scene.clock(),
    };
    Copier::new(rules, policy, ports, scene.source())
}

/// A client gets the source's bytes and headers where the pool sends it.
async fn arrived(scene: &Scene, into: Into, object: Object) {
    let (bytes, found) = match into {
        Into::Folder => in_folder(scene).await,
        _ => by_address(scene).await,
    };
    assert!(bytes == object.bytes(), "{into:?} {object:?}: the bytes");
    assert_eq!(found, headers(), "{into:?} {object:?}");
}

async fn in_folder(scene: &Scene) -> (Bytes, ObjectHeaders) {
    let stored = scene.files().open(&scene.url()).await.unwrap().unwrap();
    let bytes = tokio::fs::read(&stored.path).await.unwrap();
    (bytes.into(), stored.headers)
}

async fn by_address(scene: &Scene) -> (Bytes, ObjectHeaders) {
    let pool = scene.pool_ports().pool;
    let address = pool.address(&scene.url(), Method::Get).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(address.url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let header = |name| Some(answer.headers().get(name)?.to_str().unwrap().to_owned());
    let found = ObjectHeaders {
        content_type: header("content-type"),
        content_encoding: header("content-encoding"),
        content_disposition: header("content-disposition"),
        content_language: header("content-language"),
        cache_control: header("cache-control"),
    };
    (answer.bytes().await.unwrap(), found)
}

/// The four of what passed through us, in the entry and beside the object; of anything else none.
async fn kept_digests(
    scene: &Scene,
    (into, object): (Into, Object),
    streams: bool,
    replica: &Replica,
) {
    let right = streams.then(|| digests(&object.bytes()));
    assert_eq!(replica.digests, right, "{into:?} {object:?}");
    assert_eq!(replica.size, object.size());
    let beside = scene.pool_ports().pool.head(&scene.url()).await;
    let beside = beside.unwrap().unwrap().digests;
    if object != Object::InParts || into.keeps_digests_of_parts() {
        assert_eq!(beside, right, "{into:?} {object:?}");
    } else {
        assert_eq!(beside, None, "{into:?} {object:?}");
    }
}
