//! What clients ask for, and what is known of it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key};
use cloud_mirror_testkit::origin;
use cloud_mirror_tests::Mirror;
use fastrand::Rng;

use crate::store_copies::{BUCKET, MIB, POOL, url};

/// All bytes of the origin are pieces of this many, so that they cost no memory.
const NOISE: usize = 32 * MIB as usize;

/// How an object is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Through a process, in one piece.
    Small,
    /// Through a process, in many parts.
    Streamed,
    /// By the store, in many parts.
    Stored,
    /// Through a process; nobody asks for it: a message without a claim wishes it.
    Prefetched,
    /// Not at all: the source says 404.
    Missing,
}

/// One object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) kind: Kind,
    /// A path of the origin, or a key of the store.
    name: String,
    pub(super) id: ReplicaId,
    /// What the origin has; of a store's object always the first.
    version: AtomicU32,
    /// What may be served to whoever asks from now on: this version or a later one.
    purged_before: AtomicU32,
    pub(super) purges: AtomicU32,
    /// The kills that hit a run of it.
    pub(super) hits: AtomicU32,
}

/// All objects so far.
pub(super) struct Objects {
    mirror: Mirror,
    noise: Bytes,
    all: Mutex<Vec<Arc<Object>>>,
    next: AtomicU64,
}

impl Objects {
    pub(super) fn new(mirror: &Mirror) -> Self {
        let mut noise = vec![0; NOISE];
        Rng::with_seed(7).fill(&mut noise);
        Self {
            mirror: mirror.clone(),
            noise: noise.into(),
            all: Mutex::default(),
            next: AtomicU64::new(0),
        }
    }

    /// An object that nobody has asked for.
    pub(super) fn add(&self, kind: Kind) -> Arc<Object> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = match kind {
            Kind::Stored => format!("object-{number}"),
            _ => format!("/object-{number}"),
        };
        let source = match kind {
            Kind::Stored => url(&self.mirror, BUCKET, &name),
            _ => self.mirror.origin.url(&name),
        };
        let object = Arc::new(Object {
            kind,
            id: ReplicaId {
                pool: self.mirror.pool_id(),
                url: SourceUrl::parse(&source).unwrap(),
            },
            name,
            version: AtomicU32::new(0),
            purged_before: AtomicU32::new(0),
            purges: AtomicU32::new(0),
            hits: AtomicU32::new(0),
        });
        self.publish(&object);
        self.all.lock().unwrap().push(Arc::clone(&object));
        object
    }

    pub(super) fn all(&self) -> Vec<Arc<Object>> {
        self.all.lock().unwrap().clone()
    }

    /// One of those that were added last.
    pub(super) fn recent(&self, dice: &mut Rng) -> Option<Arc<Object>> {
        const RECENT: usize = 30;
        let all = self.all.lock().unwrap();
        dice.choice(all.iter().rev().take(RECENT)).cloned()
    }

    pub(super) fn was_hit(&self, url: &str) {
        let all = self.all.lock().unwrap();
        let hit = all.iter().find(|object| object.id.url.as_str() == url);
        hit.unwrap().hits.fetch_add(1, Ordering::Relaxed);
    }

    /// The source has another version from now on.
    pub(super) fn change(&self, object: &Object) {
        object.version.fetch_add(1, Ordering::Relaxed);
        self.publish(object);
    }

    fn publish(&self, object: &Object) {
        match object.kind {
            Kind::Missing => {}
            Kind::Stored => {
                let size = 11 * MIB + seed_of(object, 0) % (40 * MIB);
                let pattern = seed_of(object, 1) % 1_000_000;
                let s3 = self.mirror.s3();
                s3.put_pattern(BUCKET, &object.name, size, pattern);
            }
            Kind::Small | Kind::Streamed | Kind::Prefetched => {
                let version = object.version.load(Ordering::Relaxed);
                let bytes = self.bytes(object, version);
                let tag = format!("\"{}-{version}\"", object.name);
                let pause = std::time::Duration::from_millis(300);
                let at_origin = origin::Object::new(bytes).etag(&tag).slow(pause);
                self.mirror.origin_has(&object.name, at_origin);
            }
        }
    }

    /// The bytes of a version.
    fn bytes(&self, object: &Object, version: u32) -> Bytes {
        let seed = seed_of(object, u64::from(version));
        let size = match object.kind {
            Kind::Streamed => 11 * MIB + seed % (10 * MIB),
            _ => 1 + seed % 50_000,
        };
        let begin = (seed >> 32) as usize % (NOISE - size as usize);
        self.noise.slice(begin..begin + size as usize)
    }

    /// Whether these bytes are those of that version or of a later one.
    pub(super) fn are_right(&self, object: &Object, bytes: &[u8], from: u32) -> bool {
        let now = object.version.load(Ordering::Relaxed);
        (from..=now).any(|version| self.bytes(object, version) == bytes)
    }

    /// How many copies have begun to be made of an object, as the source or the store counts them.
    pub(super) fn copies(&self, object: &Object) -> usize {
        if object.kind != Kind::Stored {
            return self.mirror.origin.gets(&object.name);
        }
        let (key, requests) = (object.key(), self.mirror.s3().requests());
        let begun = requests
            .iter()
            .filter(|request| request.operation == "CreateMultipartUpload" && request.key == key);
        begun.count()
    }

    /// Whether the pool holds the right bytes of it now.
    pub(super) fn is_right_in_pool(&self, object: &Object, from: u32) -> bool {
        let (s3, key) = (self.mirror.s3(), object.key());
        if object.kind == Kind::Stored {
            return s3.same_bytes((BUCKET, &object.name), (POOL, &key));
        }
        let held = s3.object(POOL, &key);
        held.is_some_and(|held| self.are_right(object, &held, from))
    }
}

impl Object {
    /// The key of its replica.
    pub(super) fn key(&self) -> String {
        object_key(&self.id.url, KeyStyle::Host)
    }

    pub(super) fn url(&self) -> &str {
        self.id.url.as_str()
    }

    /// The oldest version that may be served to whoever asks now.
    pub(super) fn oldest(&self) -> u32 {
        self.purged_before.load(Ordering::SeqCst)
    }

    /// A purge was answered: what the source had when it was asked for, or later, is all that may be
    /// served.
    pub(super) fn is_purged(&self) {
        let version = self.version.load(Ordering::Relaxed);
        self.purged_before.fetch_max(version, Ordering::SeqCst);
    }

    /// Whether a purge has ever been asked for, which may take a replica away from whoever was sent
    /// to it a moment before.
    pub(super) fn may_be_purged(&self) -> bool {
        self.purges.load(Ordering::Relaxed) > 0
    }
}

/// Any number, always the same for an object and a version.
fn seed_of(object: &Object, version: u64) -> u64 {
    let number: u64 = object
        .name
        .trim_start_matches("/object-")
        .trim_start_matches("object-")
        .parse()
        .unwrap();
    Rng::with_seed(number << 8 | version).u64(..)
}
