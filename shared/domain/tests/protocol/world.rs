//! What the actors share: a clock, the table's one entry, the pool's one object, the queue.

use std::time::Duration;

use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::mutation::Mutation;
use crate::upload::{Carried, Upload};

pub(crate) use crate::terms::{LEASE, NOW, TICK, terms};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    /// The clock of whoever acts. Between two actions it is always [`NOW`]: not the clock goes on
    /// but everything else comes nearer, so that states differ only by what is left of time.
    pub(crate) now: Timestamp,
    pub(crate) table: Option<Entry>,
    pub(crate) object: Option<Object>,
    pub(crate) messages: Vec<Sent>,
    /// Final writes that nobody waits for any more.
    pub(crate) flights: Vec<Flight>,
    /// The pool's unfinished uploads.
    pub(crate) uploads: Vec<Upload>,
    pub(crate) next_id: u8,
    /// Purges that were asked for, the latest that was answered "it will not be served", and the
    /// latest that was answered "it is gone".
    pub(crate) purges_begun: u8,
    pub(crate) purge_accepted: u8,
    pub(crate) purge_done: u8,
    /// Claims that were won.
    pub(crate) claims: u8,
    /// Objects that were written.
    pub(crate) copies: u8,
    /// Runs that have begun: each is a fetch at the source.
    pub(crate) runs: u8,
    /// A run has ended an upload that an entry carried, instead of going on with it.
    pub(crate) wasted: bool,
    /// An object was made of fewer parts than it has.
    pub(crate) torn: bool,
    pub(crate) table_was_lost: bool,
    pub(crate) copies_are: Copies,
}

/// What does not change while a model is explored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Copies {
    /// They go in parts: an upload is begun, recorded, and completed or handed on.
    pub(crate) in_parts: bool,
    /// One rule that is broken on purpose.
    pub(crate) mutation: Option<Mutation>,
}

/// The pool's object: which run wrote it is also its entity tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    pub(crate) run: Ulid,
    pub(crate) stored: Timestamp,
}

/// A final write whose answer never came: it lands until then, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Flight {
    /// The name that its object will bear.
    pub(crate) name: Ulid,
    pub(crate) seen: Option<Ulid>,
    pub(crate) upload: Option<Ulid>,
    pub(crate) until: Timestamp,
}

/// A message in the queue, or in a copier's hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Sent {
    pub(crate) what: What,
    /// Somebody has received it before, and has not acknowledged it.
    pub(crate) redelivered: bool,
    pub(crate) not_before: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum What {
    Put {
        /// None in a message of any other program.
        attempt: Option<Ulid>,
        /// What the claim saw, where it says so.
        seen: Option<Option<Ulid>>,
        /// The upload that it goes on with.
        upload: Option<Carried>,
    },
    Purge {
        id: Ulid,
        number: u8,
    },
}

impl World {
    pub(crate) fn new(copies_are: Copies) -> Self {
        Self {
            now: NOW,
            table: None,
            object: None,
            messages: Vec::new(),
            flights: Vec::new(),
            uploads: Vec::new(),
            next_id: 1,
            purges_begun: 0,
            purge_accepted: 0,
            purge_done: 0,
            claims: 0,
            copies: 0,
            runs: 0,
            wasted: false,
            torn: false,
            table_was_lost: false,
            copies_are,
        }
    }

    /// A fresh id, which remembers how many purges had been asked for when it was minted.
    pub(crate) fn mint(&mut self) -> Ulid {
        let id = u128::from(self.next_id) * 256 + u128::from(self.purges_begun);
        self.next_id += 1;
        Ulid::from(id)
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

    pub(crate) fn forget_uploads(&mut self) {
        for upload in &mut self.uploads {
            upload.forgotten = true;
        }
    }

    /// Sends a claim's message.
    pub(crate) fn send_put(&mut self, attempt: Ulid, seen: Option<Ulid>) {
        self.send(What::Put {
            attempt: Some(attempt),
            seen: Some(seen),
            upload: None,
        });
    }

    pub(crate) fn send(&mut self, what: What) {
        self.send_later(what, Duration::ZERO);
    }

    /// The queue counts by its own clock, which is right.
    pub(crate) fn send_later(&mut self, what: What, wait: Duration) {
        self.messages.push(Sent {
            what,
            redelivered: false,
            not_before: NOW + wait,
        });
    }

    /// What was received and not acknowledged comes back.
    pub(crate) fn comes_back(&mut self, message: Sent, wait: Duration) {
        self.messages.push(Sent {
            redelivered: true,
            not_before: NOW + wait,
            ..message
        });
    }

    /// A conditional write of the object; whether the condition held.
    pub(crate) fn put_object(&mut self, run: Ulid, seen: Option<Ulid>) -> bool {
        let found = self.object.map(|object| object.run);
        let holds = found == seen || self.mutated(Mutation::WriteWithoutCondition);
        if holds {
            let stored = NOW;
            self.object = Some(Object { run, stored });
            self.copies += 1;
        }
        holds
    }

    /// A final write that nobody waits for any more is made at last.
    pub(crate) fn land(&mut self, flight: Flight) {
        match flight.upload {
            Some(upload) => self.complete(upload, flight.name, flight.seen),
            None => self.put_object(flight.name, flight.seen),
        };
    }

    /// Whether a run's object may be served: it began after every purge that was asked for and
    /// answered. What was answered "it will not be served" holds as long as the table does; what
    /// was answered "it is gone" always.
    pub(crate) fn is_good(&self, run: Ulid) -> bool {
        let accepted = if self.table_was_lost {
            0
        } else {
            self.purge_accepted
        };
        purges_before(run) >= self.purge_done.max(accepted)
    }
}

impl Sent {
    pub(crate) fn attempt(&self) -> Option<Ulid> {
        match self.what {
            What::Put { attempt, .. } => attempt,
            What::Purge { .. } => None,
        }
    }

    pub(crate) fn is_a_purges(&self) -> bool {
        matches!(self.what, What::Purge { .. })
    }

    pub(crate) fn is_visible(&self) -> bool {
        self.not_before <= NOW
    }
}

/// How many purges had been asked for when this id was minted.
pub(crate) fn purges_before(id: Ulid) -> u8 {
    (u128::from(id) % 256) as u8
}
