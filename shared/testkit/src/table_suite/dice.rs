//! What the dice of random stories come to.

use cloud_mirror_domain::claim::{self, Extension, Holder, Outcome, Write};
use cloud_mirror_domain::entry::{
    Entry, Progress, State, StreamProgress, Underway, UnfinishedUpload, Work,
};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use super::{replica, terms, ulid};

/// Dice that fall the same way in every run.
pub(super) struct Dice {
    state: u64,
    /// Who has a say in the entry at this moment.
    holders: Vec<Ulid>,
}

impl Dice {
    /// Dice for one story.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            state: seed,
            holders: Vec::new(),
        }
    }

    /// Any number below `sides`.
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % sides
    }

    /// From now on half of all ids are of somebody who has a say in this entry.
    pub(super) fn look_at(&mut self, entry: Option<&Entry>) {
        let of_work = |work: &Work| [Some(work.attempt), work.run];
        let holders = match entry.map(|entry| &entry.state) {
            Some(State::Pending(pending)) => of_work(&pending.work),
            Some(State::Present(present)) => {
                let renewal = present.renewal.and_then(|work| work.run);
                [Some(present.settled_by), renewal]
            }
            Some(State::Error(failed)) => [Some(failed.settled_by), None],
            Some(State::Purging(purging)) => [Some(purging.id), None],
            None => [None, None],
        };
        self.holders = holders.into_iter().flatten().collect();
    }

    /// Few ids, so that stories meet themselves again.
    pub(super) fn id(&mut self) -> Ulid {
        let known = self.roll(2) == 0 && !self.holders.is_empty();
        if !known {
            return ulid(self.roll(4));
        }
        let which = self.roll(self.holders.len() as u64);
        self.holders[which as usize]
    }

    pub(super) fn holder(&mut self) -> Holder {
        let id = self.id();
        if self.roll(2) == 0 {
            Holder::Attempt(id)
        } else {
            Holder::Run(id)
        }
    }

    pub(super) fn outcome(&mut self, now: Timestamp) -> Outcome {
        match self.roll(4) {
            0 => Outcome::Error(Failure::new(Kind::SourceNotFound, "gone")),
            1 => Outcome::Error(Failure::new(Kind::SourceFailed, "failed")),
            _ => replica(now),
        }
    }

    pub(super) fn extension(&mut self, now: Timestamp) -> Extension {
        let run = self.id();
        let found = claim::claim(None, self.id(), now, &terms());
        let own = match found.write {
            Write::Put(claimed) => match claim::begin(Some(&claimed), run, now, &terms()).write {
                Write::Put(begun) => begun,
                _ => claimed,
            },
            _ => unreachable!("a first claim is written"),
        };
        Extension {
            own,
            underway: (self.roll(2) == 0).then_some(Underway {
                size: 7,
                began: now,
            }),
            upload: self.upload(),
        }
    }

    /// Mostly one upload that gets further and further, sometimes another; half of them streams.
    fn upload(&mut self) -> Option<UnfinishedUpload> {
        let parts = self.roll(4) as u32;
        let stream = StreamProgress {
            parts,
            bytes: u64::from(parts) * 5,
            digest_states: "states".repeat(parts as usize),
        };
        let upload = UnfinishedUpload {
            id: ["u", "u", "other"][self.roll(3) as usize].into(),
            begun_by: self.id(),
            source_etag: (self.roll(2) == 0).then(|| "\"e\"".into()),
            size: (self.roll(2) == 0).then_some(17),
            part_size: 5,
            progress: Progress {
                parts,
                stream: (self.roll(2) == 0).then_some(stream),
            },
            failed_completions: 0,
        };
        (self.roll(4) > 0).then_some(upload)
    }
}
