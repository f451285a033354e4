//! The conformance suite of pools: every guarantee of `ports/pool.rs`, as a promise.
//!
//! It keeps to what an S3-compatible store can do (parts of 5 MiB but for the last), looks only
//! through the ports, and writes below a prefix of its own, so that it may run again and again
//! against one storage. That the bytes are the right ones shows where they are served: an
//! adapter's own tests look there.

mod conditions;
mod names;
mod objects;
mod streams;
mod uploads;

use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, Replica, Upstream};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{NewObject, ObjectHeaders, PoolError, PoolPorts, Written};
use cloud_mirror_domain::url::SourceUrl;
use futures::future::{BoxFuture, join_all};
use ulid::Ulid;

/// Passes if the pool keeps every promise of its ports; panics with the first broken one.
///
/// Prepares the pool first. It may hold anything already, and holds some more objects
/// afterwards: one of 10 MiB, the others small.
pub async fn conforms(ports: PoolPorts) {
    conform(Trial::new(ports)).await;
}

/// The same over an emulator that completes an upload from any list of parts, even one that was never
/// sent: that promise is the store's to keep, and this one does not.
pub async fn conforms_over_a_careless_store(ports: PoolPorts) {
    conforms_but_for(
        ports,
        Lacks {
            check_of_parts: true,
            ..Lacks::default()
        },
    )
    .await;
}

/// What the store behind a pool does not do; by default nothing is missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lacks {
    /// It completes an upload from any list of parts, even one that was never sent.
    pub check_of_parts: bool,
    /// It has no place for what is known only at an upload's end: such an object's digests are in its
    /// entry alone.
    pub digests_of_uploads: bool,
    /// Every write of an object drops the parts of its unfinished uploads, as Azure's does: an upload
    /// in whose way somebody else wrote goes on once its parts are sent again.
    pub parts_after_a_write: bool,
}

/// The same over a store that lacks something.
pub async fn conforms_but_for(ports: PoolPorts, lacks: Lacks) {
    let mut trial = Trial::new(ports);
    trial.lacks = lacks;
    conform(trial).await;
}

async fn conform(trial: Trial) {
    trial.ports.pool.prepare().await.unwrap();
    objects::conform(&trial).await;
    names::conform(&trial).await;
    conditions::conform(&trial).await;
    uploads::conform(&trial).await;
    streams::conform(&trial).await;
}

/// A pool on trial, and verbs that read like English.
struct Trial {
    ports: PoolPorts,
    prefix: String,
    lacks: Lacks,
}

impl Trial {
    fn new(ports: PoolPorts) -> Self {
        let prefix = format!("https://pool-suite.example/{}", Ulid::generate());
        Self {
            ports,
            prefix,
            lacks: Lacks::default(),
        }
    }

    /// A URL that nothing else uses.
    fn url(&self, path: &str) -> SourceUrl {
        SourceUrl::parse(&format!("{}/{path}", self.prefix)).unwrap()
    }

    async fn put(&self, url: &SourceUrl, written: &Written, seen: &Seen) -> Result<(), PoolError> {
        self.putting(url, written, seen).await
    }

    /// The same as a task of its own can do it.
    fn putting(&self, url: &SourceUrl, written: &Written, seen: &Seen) -> Answer {
        let (upload, url, body) = (self.ports.upload.clone(), url.clone(), written.clone());
        let (object, seen) = (object(&url, body.bytes.len()), seen.clone());
        Box::pin(async move { upload.put(&url, &object, body, &seen).await })
    }

    /// Puts an object where there is none, and answers what the pool then says of it.
    async fn put_new(&self, url: &SourceUrl, text: &str) -> Replica {
        self.put(url, &written(text), &Seen::None).await.unwrap();
        self.replica(url).await
    }

    async fn head(&self, url: &SourceUrl) -> Option<Replica> {
        self.ports.pool.head(url).await.unwrap()
    }

    async fn replica(&self, url: &SourceUrl) -> Replica {
        self.head(url)
            .await
            .unwrap_or_else(|| panic!("there is no replica of {url}"))
    }
}

/// What a write will answer.
type Answer = BoxFuture<'static, Result<(), PoolError>>;

/// The answers of writes that are done side by side, each in a task of its own, so that they
/// meet wherever the runtime has several threads.
async fn at_once(writes: impl Iterator<Item = Answer>) -> Vec<Result<(), PoolError>> {
    let tasks: Vec<_> = writes.map(tokio::spawn).collect();
    join_all(tasks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

/// What a run would write for this URL; the run is the same in the whole suite.
fn object(url: &SourceUrl, size: usize) -> NewObject {
    NewObject {
        headers: ObjectHeaders {
            content_type: Some("text/plain; charset=utf-8".into()),
            cache_control: Some("max-age=60".into()),
            ..ObjectHeaders::default()
        },
        upstream: Upstream {
            url: url.to_string(),
            etag: Some("\"upstream\"".into()),
            length: Some(size as u64),
        },
        written_by: run(),
        via_hosts: vec!["cdn.example".into()],
    }
}

fn run() -> Ulid {
    Ulid::from_parts(1_780_000_000_000, 7)
}

fn written(text: &str) -> Written {
    Written {
        bytes: Bytes::copy_from_slice(text.as_bytes()),
        digests: digests(text),
    }
}

/// No true digests, for a pool does not compute any; as long as true ones, and by their text.
fn digests(text: &str) -> Digests {
    let sum: u64 = text.bytes().map(u64::from).sum();
    Digests {
        md5: format!("{sum:032x}"),
        sha1: format!("{sum:040x}"),
        sha256: format!("{sum:064x}"),
        sha512: format!("{sum:0128x}"),
    }
}

fn etag_of(replica: &Replica) -> Seen {
    Seen::Etag(replica.etag.clone())
}
