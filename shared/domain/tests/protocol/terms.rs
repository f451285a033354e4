//! How long things hold in the model, and what is asked for. A lease is two ticks of the clock.

use std::sync::LazyLock;
use std::time::Duration;

use cloud_mirror_domain::claim::Terms;
use cloud_mirror_domain::decide::{Patience, Wanted};
use cloud_mirror_domain::entry::{Replica, Upstream};
use cloud_mirror_domain::policy::{Lifetimes, Policy};
use cloud_mirror_domain::rules::{PoolId, ReplicaId, Standing, Target};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use ulid::Ulid;

use crate::world::Object;

/// Whose entries end exactly one margin, an eighth of the life, before their replicas.
const URL: &str = "https://e.org/11";

/// What time passes by. The margin for clocks that differ (`skew`) is a sixth of it.
pub(crate) const TICK: Duration = Duration::from_millis(12);
pub(crate) const LEASE: Duration = Duration::from_millis(24);
/// Far beyond everything else: only a jump comes near a replica's end.
pub(crate) const LIFESPAN: Duration = Duration::from_millis(64 * 12);
/// Only a jump makes a replica due to be looked at again.
pub(crate) const RECHECK: Duration = Duration::from_millis(20 * 12);
/// The true time, always: what is in the past or to come moves instead.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(10_000_000_000);

static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy {
    lifetimes: Lifetimes {
        lease: LEASE,
        recheck: RECHECK,
        retry_backoff: (TICK, TICK * 2),
        error_memory: TICK * 2,
        ..Lifetimes::default()
    },
    ..Policy::default()
});

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let url = SourceUrl::parse(URL).expect("a URL");
    Target {
        id: ReplicaId {
            pool: PoolId::new("s3", "x"),
            url: url.clone(),
        },
        origin: url,
        standing: Standing::Mirrored,
        lifespan: LIFESPAN,
        signed_origin: None,
    }
});

static WANTED: LazyLock<Wanted> = LazyLock::new(|| {
    let forever = NOW + LIFESPAN * 1000;
    let patience = Patience {
        invocation_ends: forever,
        budget_ends: forever,
        hops_left: 0,
    };
    Wanted {
        target: Ok(TARGET.clone()),
        patience,
        no_cache: false,
    }
});

pub(crate) fn policy() -> &'static Policy {
    &POLICY
}

pub(crate) fn lifetimes() -> &'static Lifetimes {
    &POLICY.lifetimes
}

pub(crate) fn terms() -> Terms {
    Terms {
        lifetimes: POLICY.lifetimes,
        lifespan: LIFESPAN,
    }
}

/// A request with all the patience in the world. One that has less leaves: that is its crash.
pub(crate) fn wanted() -> &'static Wanted {
    &WANTED
}

/// What a look at the pool's object says.
pub(crate) fn replica(object: Object) -> Replica {
    Replica {
        etag: name(object.run),
        stored: object.stored,
        written_by: Some(object.run),
        upstream: Some(Upstream {
            url: URL.to_owned(),
            etag: None,
            length: Some(0),
        }),
        ..Replica::default()
    }
}

/// Whether an object is worth an entry.
pub(crate) fn is_good(object: Object, now: Timestamp) -> bool {
    let margin = lifetimes().present_margin;
    replica(object).is_good(&TARGET.id.url, LIFESPAN, margin, now)
}

/// When an entry for that object must end.
pub(crate) fn entry_expires(replica: &Replica) -> Timestamp {
    replica.entry_expires(&TARGET.id.url, LIFESPAN, lifetimes().present_margin)
}

/// An id as text, for entity tags and uploads.
pub(crate) fn name(id: Ulid) -> String {
    u128::from(id).to_string()
}

/// The id that a text names.
pub(crate) fn named(text: &str) -> Option<Ulid> {
    text.parse::<u128>().ok().map(Ulid::from)
}
