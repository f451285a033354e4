//! A run's lease: kept alive while the work goes on, and the work stops when it is lost.
//!
//! The heartbeat runs in the same future as the work and ends with it: no task outlives its
//! invocation, or a frozen function would resume it later.

mod known;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Extension};
use cloud_mirror_domain::entry::{Entry, State, Underway, UnfinishedUpload};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Port, PortError};
use cloud_mirror_domain::time::Timestamp;
use tokio::sync::Notify;
use tracing::warn;
use ulid::Ulid;

use crate::Copier;
use crate::job::Job;

/// The lease was lost, to this entry if there is one.
#[derive(Debug)]
pub(crate) struct Lost(pub(crate) Option<Entry>);

pub(crate) struct Lease<'a> {
    copier: &'a Copier,
    job: &'a Job<'a>,
    pub(crate) run: Ulid,
    held: Mutex<Extension>,
    /// The parts that any run before this one had, to tell whether this one has got any further.
    parts_before: AtomicU32,
    /// There is something that a run which follows would be sorry not to know.
    news: Notify,
    /// One asks at a time: what an earlier question says must not be written after a later one.
    asking: tokio::sync::Mutex<()>,
    /// A final write has begun and nobody knows how it ended.
    unanswered: AtomicBool,
    /// The last heartbeat had no answer.
    unheard: AtomicBool,
    lost: Mutex<Option<Lost>>,
}

impl<'a> Lease<'a> {
    /// The lease of a run that has begun. `known` is an upload that its message speaks of, for where
    /// the entry was lost on the way.
    pub(crate) fn new(
        copier: &'a Copier,
        job: &'a Job<'a>,
        run: Ulid,
        own: Entry,
        known: Option<&UnfinishedUpload>,
    ) -> Self {
        // A purge came between: what was there before it does not count.
        let known = known.filter(|_| !own.distrust);
        let held = Extension {
            upload: own.upload.clone().or_else(|| known.cloned()),
            underway: underway_in(&own),
            own,
        };
        Self {
            copier,
            job,
            run,
            parts_before: AtomicU32::new(held.own.most_parts),
            held: Mutex::new(held),
            news: Notify::new(),
            asking: tokio::sync::Mutex::default(),
            unanswered: AtomicBool::default(),
            unheard: AtomicBool::default(),
            lost: Mutex::default(),
        }
    }

    /// Works, with a heartbeat at a third of the lease; stops the work when the lease is lost.
    pub(crate) async fn hold_while<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Result<T, Failure>, Lost> {
        let worked = tokio::select! {
            worked = work => worked,
            () = self.beat() => Err(lost()),
        };
        match locked(&self.lost).take() {
            Some(lost) => Err(lost),
            None => Ok(worked),
        }
    }

    /// The heartbeat, earlier where there is news or was no answer; ends only when the lease is
    /// lost.
    async fn beat(&self) {
        let third = self.copier.policy.lifetimes.lease / 3;
        loop {
            let unheard = self.unheard.load(Ordering::Relaxed);
            let pause = if unheard { third / 10 } else { third };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.news.notified() => {}
            }
            if self.extend().await.is_err() {
                return;
            }
        }
    }

    /// Extends the lease now. An error means that it is lost and the work must stop. Without an
    /// answer the work goes on while the lease lasts.
    pub(crate) async fn extend(&self) -> Result<(), Failure> {
        let answer = self.ask_to_extend().await;
        self.unheard.store(answer.is_err(), Ordering::Relaxed);
        match answer {
            Ok(Answer::Done(own)) => {
                self.hold(|held| held.own = own);
                Ok(())
            }
            Ok(Answer::Refused(entry)) => self.lose(entry),
            Err(error) => {
                warn!(%error, "a heartbeat had no answer");
                if self.left().is_zero() {
                    self.lose(None)
                } else {
                    Ok(())
                }
            }
        }
    }

    /// A table that does not answer in time has not answered: neither heartbeat nor final write
    /// may wait for it beyond the lease.
    async fn ask_to_extend(&self) -> Result<Answer, PortError> {
        let _asking = self.asking.lock().await;
        let (when, extension) = (self.copier.when(self.job), self.held());
        let table = &self.copier.ports.table;
        let asked = table.extend(&self.job.id, self.run, &extension, &when);
        let limit = self.left().min(self.copier.policy.lifetimes.lease / 3);
        let late = |_| Err(PortError::new(Port::Table, format!("none in {limit:?}")));
        tokio::time::timeout(limit, asked)
            .await
            .unwrap_or_else(late)
    }

    /// What is left of the lease by our own clock, less what clocks may differ.
    pub(crate) fn left(&self) -> Duration {
        let skew = self.copier.policy.lifetimes.skew();
        (self.ends() - skew).since(self.copier.now())
    }

    pub(crate) fn tries(&self) -> u32 {
        self.held().own.tries
    }

    pub(crate) fn distrusts(&self) -> bool {
        self.held().own.distrust
    }

    /// The entry as this run last knew it to be its own.
    pub(crate) fn own(&self) -> Entry {
        self.held().own
    }

    /// A final write begins, or its answer has come.
    pub(crate) fn writes(&self, begins: bool) {
        self.unanswered.store(begins, Ordering::Relaxed);
    }

    /// Whether a write that nobody waits for any more may still be made.
    pub(crate) fn may_still_write(&self) -> bool {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// When the lease ends, as far as this run knows.
    pub(crate) fn ends(&self) -> Timestamp {
        match &self.held().own.state {
            State::Pending(pending) => pending.work.lease,
            State::Present(present) => present.renewal.map(|work| work.lease).unwrap_or_default(),
            State::Error(_) | State::Purging(_) => Timestamp::default(),
        }
    }

    fn held(&self) -> Extension {
        locked(&self.held).clone()
    }

    fn hold(&self, change: impl FnOnce(&mut Extension)) {
        change(&mut locked(&self.held));
    }

    /// Waits until nothing of the lease is left, however often it is extended meanwhile.
    pub(crate) async fn is_over(&self) {
        while !self.left().is_zero() {
            tokio::time::sleep(self.left()).await;
        }
    }

    pub(crate) fn is_lost(&self) -> bool {
        locked(&self.lost).is_some()
    }

    /// Stops the work: the lease is lost to this entry, or is over without a word.
    pub(crate) fn lose(&self, entry: Option<Entry>) -> Result<(), Failure> {
        *locked(&self.lost) = Some(Lost(entry));
        Err(lost())
    }
}

fn underway_in(entry: &Entry) -> Option<Underway> {
    match &entry.state {
        State::Pending(pending) => pending.underway,
        State::Present(_) | State::Error(_) | State::Purging(_) => None,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stops the work; never settled, because a lost lease settles nothing.
pub(crate) fn lost() -> Failure {
    Failure::new(Kind::Abandoned, "the lease was lost")
}
