//! The protocol's rules, one story each. Their interleavings are the model's.

mod copying;
mod purging;
mod requesting;

use std::time::Duration;

use ulid::Ulid;

use super::*;
use crate::entry::{Progress, Purging, Replica, Underway, UnfinishedUpload, Work};
use crate::error::Kind;

const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const LEASE: Duration = Duration::from_secs(60);

/// One entry, told what happens to it.
#[derive(Default)]
struct Table(Option<Entry>);

impl Table {
    fn tell(&mut self, transition: Transition<Answer>) -> bool {
        match transition.write {
            Write::Nothing => {}
            Write::Put(entry) => self.0 = Some(entry),
            Write::Delete => self.0 = None,
        }
        transition.answer.is_done()
    }

    fn claim(&mut self, attempt: u64, at: Timestamp) -> bool {
        self.tell(claim(self.0.as_ref(), id(attempt), at, &terms()))
    }

    fn begin(&mut self, run: u64, at: Timestamp) -> bool {
        self.tell(begin(self.0.as_ref(), id(run), at, &terms()))
    }

    fn settle(&mut self, holder: Holder, outcome: &Outcome, at: Timestamp) -> bool {
        self.tell(settle(self.0.as_ref(), holder, outcome, at, &terms()))
    }

    fn extend(&mut self, run: u64, own: &Entry, at: Timestamp) -> bool {
        let extension = Extension {
            own: own.clone(),
            underway: None,
            upload: own.upload.clone(),
        };
        self.tell(extend(self.0.as_ref(), id(run), &extension, at, &terms()))
    }

    /// The run's heartbeat says that its upload has so many parts.
    fn advance(&mut self, run: u64, parts: u32, at: Timestamp) -> bool {
        let extension = Extension {
            own: self.entry().clone(),
            underway: None,
            upload: Some(upload_with_parts(parts)),
        };
        self.tell(extend(self.0.as_ref(), id(run), &extension, at, &terms()))
    }

    fn parts(&self) -> u32 {
        let upload = self.entry().upload.as_ref();
        upload.map_or(0, |upload| upload.progress.parts)
    }

    fn note_size(&mut self, run: u64, size: u64, began: Timestamp) {
        let extension = Extension {
            own: self.entry().clone(),
            underway: Some(Underway { size, began }),
            upload: None,
        };
        assert!(self.tell(extend(
            self.0.as_ref(),
            id(run),
            &extension,
            began,
            &terms()
        )));
    }

    fn underway(&self) -> Option<(u64, Timestamp)> {
        match &self.entry().state {
            State::Pending(pending) => pending.underway.map(|it| (it.size, it.began)),
            state => panic!("not pending: {state:?}"),
        }
    }

    fn release(&mut self, holder: Holder, at: Timestamp) -> bool {
        self.tell(release(self.0.as_ref(), holder, at, &terms()))
    }

    fn begin_purge(&mut self, purge: u64, resumes: Option<u64>, at: Timestamp) -> bool {
        let resumes = resumes.map(id);
        self.tell(begin_purge(
            self.0.as_ref(),
            id(purge),
            resumes,
            at,
            &terms(),
        ))
    }

    fn forget(&mut self, owner: u64, at: Timestamp) -> bool {
        self.tell(forget(self.0.as_ref(), id(owner), at, &terms()))
    }

    fn entry(&self) -> &Entry {
        self.0.as_ref().expect("an entry")
    }

    fn status(&self) -> &'static str {
        self.0.as_ref().map_or("absent", |entry| entry.status(NOW))
    }

    /// A table in which run 2 has settled claim 1 as present, for six hours.
    fn with_a_present_entry() -> Self {
        let mut table = Self::default();
        assert!(table.claim(1, NOW) && table.begin(2, NOW));
        assert!(table.settle(Holder::Run(id(2)), &present_for(6 * HOUR), NOW));
        table
    }

    fn renewal(&self) -> Option<Work> {
        match &self.entry().state {
            State::Present(present) => present.renewal,
            _ => None,
        }
    }

    fn purging(&self) -> Purging {
        match &self.entry().state {
            State::Purging(purging) => *purging,
            state => panic!("not purging: {state:?}"),
        }
    }

    fn retry_at(&self) -> Timestamp {
        match &self.entry().state {
            State::Error(failed) => failed.retry_at,
            state => panic!("no error: {state:?}"),
        }
    }
}

fn id(n: u64) -> Ulid {
    Ulid::from(u128::from(n))
}

fn upload_with_parts(parts: u32) -> UnfinishedUpload {
    UnfinishedUpload {
        id: "u".into(),
        begun_by: id(2),
        source_etag: Some("\"e\"".into()),
        size: Some(9),
        part_size: 5,
        progress: Progress {
            parts,
            stream: None,
        },
        failed_completions: 0,
    }
}

fn terms() -> Terms {
    Terms {
        lifetimes: Lifetimes::default(),
        lifespan: 24 * HOUR,
    }
}

fn present_for(life: Duration) -> Outcome {
    Outcome::Present {
        replica: Replica::default(),
        expires: NOW + life,
    }
}

fn error(kind: Kind) -> Outcome {
    Outcome::Error(Failure::new(kind, "why"))
}
