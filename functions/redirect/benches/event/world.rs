//! A mirror whose table and pool need nobody: the pool is S3's, whose addresses are made here.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials};
use cloud_mirror_config::{Config, Placeholders};
use cloud_mirror_domain::claim::{Holder, Outcome, Terms};
use cloud_mirror_domain::entry::{Digests, Replica, Upstream};
use cloud_mirror_domain::place::Nowhere;
use cloud_mirror_domain::ports::{Clock as _, Ports, StatusTable, When};
use cloud_mirror_domain::rules::{Access, ReplicaId};
use cloud_mirror_domain::url::{KeyStyle, SourceUrl};
use cloud_mirror_hot::HotTable;
use cloud_mirror_memory::{MemoryQueues, MemoryTable, QueueSettings};
use cloud_mirror_redirect::Redirect;
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_runtime::telemetry::{self, Format, Settings};
use cloud_mirror_s3::{S3Clients, S3Pool, S3PoolSettings};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::Value;
use tokio::runtime::Runtime;
use ulid::Ulid;

use crate::counted::{Counted, Reads};

/// As an HTTP API sends it.
pub(crate) const EVENT: &str = include_str!("../../../../events/http/http-v2-base64url.json");
/// The object that it asks for.
const URL: &str = "https://artifacts.example.com/public/tool-1.2.3.tar.gz";

const CONFIG: &str = r#"
    [[source]]
    url = "https://artifacts.example.com/public/"

    [[pool]]
    service = "s3"
    regions = ["us-west-2", "eu-central-1"]
    bucket = "mirror-{region}"
"#;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Which kind of hit is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hits {
    /// From what the process remembers of its table; the pool's addresses are public.
    Hot,
    /// From the table, which is in memory; the pool's addresses are public.
    Table,
    /// A hot hit whose address is signed, with credentials that last.
    Presigned,
}

impl fmt::Display for Hits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hot => "hot hit",
            Self::Table => "table hit",
            Self::Presigned => "presigned hot hit",
        })
    }
}

/// The line of a deployed function, but that nobody reads it.
pub(crate) fn log_to_nowhere() {
    let settings = Settings {
        format: Format::Json,
        filter: None,
        stack: Some("benchmark".into()),
    };
    let dispatch = telemetry::dispatch(&settings, std::io::sink);
    tracing::dispatcher::set_global_default(dispatch).expect("nobody logs yet");
}

/// From the text of an event to the text of its answer, which is checked once.
pub(crate) fn function(runtime: &Runtime, hits: Hits) -> impl Fn(&str) -> String {
    let reads = Reads::default();
    let redirect = runtime.block_on(redirect(hits, &reads));
    let service = async move |event| {
        let service = cloud_mirror_lambda::service(|request| redirect.handle(request));
        service(event).await
    };
    let answer = move |event: &str| {
        let payload = serde_json::from_str(event).expect("JSON");
        let invoked = service(LambdaEvent::new(payload, context()));
        let answer = runtime.block_on(invoked).expect("an answer");
        serde_json::to_string(&answer).expect("JSON")
    };
    // What a process remembers has to be read once.
    check(hits, &answer(EVENT));
    check_reads(hits, &reads, || drop(answer(EVENT)));
    answer
}

/// A hot hit reads nothing, a table hit reads its entry, each time.
fn check_reads(hits: Hits, reads: &Reads, answer: impl Fn()) {
    const ANSWERS: usize = 100;
    let before = reads.so_far();
    (0..ANSWERS).for_each(|_| answer());
    let expected = match hits {
        Hits::Hot | Hits::Presigned => 0,
        Hits::Table => ANSWERS,
    };
    assert_eq!(reads.so_far() - before, expected, "reads of {hits}s");
}

fn check(hits: Hits, answer: &str) {
    let answer: Value = serde_json::from_str(answer).expect("JSON");
    let header = |name: &str| answer["headers"][name].as_str().expect(name).to_owned();
    assert_eq!(answer["statusCode"], 302, "{hits}: {answer}");
    let location = header("location");
    let pool = "https://mirror-eu-central-1.s3.eu-central-1.amazonaws.com/";
    assert!(location.starts_with(pool), "{hits}: {answer}");
    let status = header("cache-status");
    assert!(status.starts_with("cloud-mirror; hit;"), "{hits}: {answer}");
    let signed = location.contains("X-Amz-Signature=");
    assert_eq!(signed, matches!(hits, Hits::Presigned), "{hits}: {answer}");
}

/// As Lambda describes an invocation.
fn context() -> Context {
    let mut context = Context::default();
    context.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".into();
    context.deadline = (SystemClock.now() + Duration::from_secs(29)).as_millis();
    let trace = "Root=1-68d5a1c2-0f1e2d3c4b5a69788796a5b4;Parent=53995c3f42cd8ad8;Sampled=0";
    context.xray_trace_id = Some(trace.into());
    context
}

async fn redirect(hits: Hits, reads: &Reads) -> Redirect {
    let env = BTreeMap::new();
    let config = Config::parse(CONFIG, &Placeholders::default(), &env).expect("a configuration");
    let pool = config.rules.pools[1].id.clone();
    let url = SourceUrl::parse(URL).expect("a URL");
    let id = ReplicaId { pool, url };
    let lifetimes = config.policy.lifetimes;
    let lifespan = DAY;
    let terms = Terms {
        lifetimes,
        lifespan,
    };
    let table = Arc::new(Counted {
        table: table_with(&id, terms).await,
        reads: reads.clone(),
    });
    let table: Arc<dyn StatusTable> = match hits {
        Hits::Hot | Hits::Presigned => {
            let capacity = NonZeroUsize::MIN.saturating_add(9_999);
            Arc::new(HotTable::new(table, capacity, &lifetimes))
        }
        Hits::Table => table,
    };
    let pool = S3Pool::new(bucket(hits), clients(), Arc::new(SystemClock));
    let ports = Ports {
        table,
        queue: Arc::new(MemoryQueues::new(QueueSettings::default())),
        pools: HashMap::from([(id.pool, pool.ports())]),
        signers: HashMap::new(),
        geography: Arc::new(Nowhere),
        clock: Arc::new(SystemClock),
    };
    Redirect::new(config.rules, config.policy, ports)
}

/// A replica that says all that one can.
async fn table_with(id: &ReplicaId, terms: Terms) -> Arc<MemoryTable> {
    let table = Arc::new(MemoryTable::new(10, Arc::new(SystemClock)));
    let now = SystemClock.now();
    let (attempt, when) = (Ulid::generate(), When { now, terms });
    let replica = Replica {
        etag: "\"9a0364b9e99bb480dd25e1f0284c8555-2\"".into(),
        size: 20_000_000,
        stored: now,
        expires: Some(now + DAY),
        written_by: Some(Ulid::generate()),
        upstream: Some(Upstream {
            url: URL.into(),
            etag: Some("\"5eb63bbbe01eeed093cb22bb8f5acdc3\"".into()),
            length: Some(20_000_000),
        }),
        digests: Some(Digests {
            md5: "0".repeat(32),
            sha1: "1".repeat(40),
            sha256: "2".repeat(64),
            sha512: "3".repeat(128),
        }),
        checksum: Some("crc64nvme:AAAAAAAAAAA=".into()),
    };
    let expires = now + DAY;
    let outcome = Outcome::Present { replica, expires };
    table.claim(id, attempt, &when).await.expect("never fails");
    let settled = table.settle(id, Holder::Attempt(attempt), &outcome, &when);
    assert!(settled.await.expect("never fails").is_done());
    table
}

fn clients() -> S3Clients {
    let base = Builder::new().behavior_version(BehaviorVersion::v2026_01_12());
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let credentials = Credentials::new("AKIDEXAMPLE", secret, None, None, "benchmark");
    S3Clients::with_credentials(base, credentials)
}

fn bucket(hits: Hits) -> S3PoolSettings {
    S3PoolSettings {
        bucket: "mirror-eu-central-1".into(),
        region: "eu-central-1".into(),
        access: match hits {
            Hits::Hot | Hits::Table => Access::Public,
            Hits::Presigned => Access::Presigned,
        },
        lifespan: DAY,
        key_style: KeyStyle::Host,
    }
}
