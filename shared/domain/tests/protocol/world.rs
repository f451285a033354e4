//! What the actors share: a clock, the table's one entry, the pool's one object, the queue.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Terms, Transition, Write};
use cloud_mirror_domain::entry::{Entry, Replica, Upstream};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::policy::{Lifetimes, Policy};
use cloud_mirror_domain::rules::{PoolId, ReplicaId, Standing, Target};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use ulid::Ulid;

use crate::upload::Upload;

pub(crate) const URL: &str = "https://example.com/a";
/// Long enough for every other story, and short enough to come near its end by one jump.
pub(crate) const LIFESPAN: Duration = Duration::from_millis(64);
pub(crate) const LEASE: Duration = Duration::from_millis(2);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) table: Option<Entry>,
    pub(crate) object: Option<Ulid>,
    pub(crate) messages: Vec<Sent>,
    pub(crate) next_id: u8,
    /// Purges that were begun, and the latest of them that is done.
    pub(crate) purges_begun: u8,
    pub(crate) purge_done: u8,
    pub(crate) copies: u8,
    /// Runs that have begun: each is a fetch at the source.
    pub(crate) runs: u8,
    /// The pool's unfinished uploads.
    pub(crate) uploads: BTreeMap<Ulid, Upload>,
    /// A run has ended an upload that an entry carried, instead of going on with it.
    pub(crate) wasted: bool,
    pub(crate) table_was_lost: bool,
    pub(crate) copies_are: Copies,
}

/// What does not change while a model is explored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Copies {
    /// They go in parts: an upload is begun, recorded, and completed or handed on.
    pub(crate) in_parts: bool,
    /// A mutation: this verb loses the upload that it should have kept.
    pub(crate) lost_by: Option<Verb>,
}

/// The verbs that must keep an unfinished upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Claim,
    Begin,
    Release,
    BeginPurge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Sent {
    Put {
        attempt: Ulid,
        seen: Option<Ulid>,
    },
    Purge {
        id: Ulid,
        number: u8,
        not_before: Timestamp,
    },
}

impl World {
    pub(crate) fn new(copies_are: Copies) -> Self {
        Self {
            now: Timestamp::from_millis(100),
            table: None,
            object: None,
            messages: Vec::new(),
            next_id: 1,
            purges_begun: 0,
            purge_done: 0,
            copies: 0,
            runs: 0,
            uploads: BTreeMap::new(),
            wasted: false,
            table_was_lost: false,
            copies_are,
        }
    }

    /// A fresh id, which remembers how many purges had been begun when it was minted.
    pub(crate) fn mint(&mut self) -> Ulid {
        let id = u128::from(self.next_id) * 256 + u128::from(self.purges_begun);
        self.next_id += 1;
        Ulid::from(id)
    }

    /// Makes a transition's one write, atomically.
    pub(crate) fn write(&mut self, transition: Transition<Answer>) -> Answer {
        match transition.write {
            Write::Nothing => {}
            Write::Put(entry) => self.table = Some(entry),
            Write::Delete => self.table = None,
        }
        transition.answer
    }

    /// The same, by a verb that must keep an unfinished upload; unless it is mutated.
    pub(crate) fn write_by(&mut self, verb: Verb, mut transition: Transition<Answer>) -> Answer {
        if self.copies_are.lost_by == Some(verb) {
            if let Write::Put(entry) = &mut transition.write {
                entry.upload = None;
            }
            if let Answer::Done(entry) = &mut transition.answer {
                entry.upload = None;
            }
        }
        self.write(transition)
    }

    pub(crate) fn lose_table(&mut self) -> Option<Entry> {
        self.table_was_lost = true;
        self.forget_uploads();
        self.table.take()
    }

    /// A claim that finds a replica ends no upload. It meets one only where the table was lost:
    /// a run that this hid has written beside another, which has handed its upload on. The next
    /// run or the lifecycle ends that.
    pub(crate) fn found_by_a_claim(&mut self) {
        if self.table_was_lost {
            self.forget_uploads();
        }
    }

    fn forget_uploads(&mut self) {
        for upload in self.uploads.values_mut() {
            upload.forgotten = true;
        }
    }

    pub(crate) fn send(&mut self, message: Sent) {
        self.messages.push(message);
        self.messages.sort();
    }

    /// A conditional write of the object; whether the condition held.
    pub(crate) fn put_object(&mut self, run: Ulid, seen: Option<Ulid>) -> bool {
        let holds = self.object == seen;
        if holds {
            self.object = Some(run);
            self.copies += 1;
        }
        holds
    }
}

/// How many purges had been begun when this id was minted.
pub(crate) fn purges_before(id: Ulid) -> u8 {
    (u128::from(id) % 256) as u8
}

pub(crate) fn replica(run: Ulid) -> Replica {
    Replica {
        etag: run.to_string(),
        stored: Timestamp::from_millis(100),
        written_by: Some(run),
        upstream: Some(Upstream {
            url: URL.into(),
            etag: None,
            length: Some(0),
        }),
        ..Replica::default()
    }
}

pub(crate) fn seen(seen: &Seen) -> Option<Ulid> {
    match seen {
        Seen::None => None,
        Seen::Etag(etag) => Ulid::from_string(etag).ok(),
    }
}

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let lifetimes = Lifetimes {
        lease: LEASE,
        recheck: LEASE * 8,
        retry_backoff: (Duration::from_millis(1), Duration::from_millis(2)),
        ..Lifetimes::default()
    };
    Policy {
        lifetimes,
        ..Policy::default()
    }
});

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let url = SourceUrl::parse(URL).expect("a URL");
    Target {
        id: ReplicaId {
            pool: PoolId::new("s3", "eu-central-1"),
            url: url.clone(),
        },
        origin: url,
        standing: Standing::Mirrored,
        lifespan: LIFESPAN,
    }
});

pub(crate) fn policy() -> &'static Policy {
    &POLICY
}

pub(crate) fn terms() -> Terms {
    Terms {
        lifetimes: POLICY.lifetimes,
        lifespan: LIFESPAN,
    }
}

pub(crate) fn target() -> Target {
    TARGET.clone()
}
