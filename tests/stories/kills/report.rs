//! What a round came to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cloud_mirror_tests::Role;

/// Counts of one round, or of all. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Report(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    copiers: AtomicUsize,
    fronts: AtomicUsize,
    /// Kills of copiers that had a run in hand.
    copiers_at_work: AtomicUsize,
    /// Runs that were in hand when their processes were killed.
    runs_hit: AtomicUsize,
    requests: AtomicUsize,
    redirected: AtomicUsize,
    to_origin: AtomicUsize,
    missing: AtomicUsize,
    objects: AtomicUsize,
    copies: AtomicUsize,
    purges: AtomicUsize,
    lost: AtomicUsize,
    failed: AtomicUsize,
    uploads_left: AtomicUsize,
}

fn add(counter: &AtomicUsize, count: usize) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn get(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::Relaxed)
}

impl Report {
    pub(super) fn killed(&self, role: Role, runs: usize) {
        let counter = match role {
            Role::Copier => &self.0.copiers,
            Role::Front => &self.0.fronts,
        };
        add(counter, 1);
        add(&self.0.runs_hit, runs);
        if role == Role::Copier && runs > 0 {
            add(&self.0.copiers_at_work, 1);
        }
    }

    pub(super) fn requested(&self) {
        add(&self.0.requests, 1);
    }

    pub(super) fn redirected(&self) {
        add(&self.0.redirected, 1);
    }

    pub(super) fn sent_to_origin(&self) {
        add(&self.0.to_origin, 1);
    }

    pub(super) fn told_missing(&self) {
        add(&self.0.missing, 1);
    }

    pub(super) fn copied(&self, copies: usize) {
        add(&self.0.objects, 1);
        add(&self.0.copies, copies);
    }

    pub(super) fn ended(&self, purges: usize, lost: usize, failed: usize) {
        add(&self.0.purges, purges);
        add(&self.0.lost, lost);
        add(&self.0.failed, failed);
    }

    pub(super) fn left_uploads(&self, count: usize) {
        add(&self.0.uploads_left, count);
    }

    /// Adds another round's counts.
    pub(super) fn add(&self, other: &Self) {
        for (sum, round) in self.0.all().into_iter().zip(other.0.all()) {
            add(sum, get(round));
        }
    }

    /// Whether a third of the copiers had a run in hand when they were killed.
    pub(super) fn hit_enough(&self) -> bool {
        get(&self.0.copiers_at_work) * 3 >= get(&self.0.copiers)
    }

    /// Enough copiers had a run in hand when they were killed, and most answers were redirects to
    /// replicas: else nothing has been shown.
    pub(super) fn shows_something(&self) {
        let counts = &self.0;
        assert!(self.hit_enough(), "{}", self.details());
        let (redirected, origin) = (get(&counts.redirected), get(&counts.to_origin));
        assert!(
            redirected > origin,
            "{redirected} to replicas, {origin} to the origin"
        );
    }

    pub(super) fn summary(&self) -> String {
        let counts = &self.0;
        let (copiers, fronts) = (get(&counts.copiers), get(&counts.fronts));
        format!(
            "kills: {} kills ({copiers} copiers, {fronts} fronts), {} requests, {} copies for {} objects",
            copiers + fronts,
            get(&counts.requests),
            get(&counts.copies),
            get(&counts.objects),
        )
    }

    pub(super) fn details(&self) -> String {
        let counts = &self.0;
        format!(
            "{} of {} copiers killed at work, {} runs hit; {} answers to replicas, {} to the origin, {} 404; \
             {} purges begun, {} runs fenced or unheard, {} failed, {} uploads left over",
            get(&counts.copiers_at_work),
            get(&counts.copiers),
            get(&counts.runs_hit),
            get(&counts.redirected),
            get(&counts.to_origin),
            get(&counts.missing),
            get(&counts.purges),
            get(&counts.lost),
            get(&counts.failed),
            get(&counts.uploads_left),
        )
    }
}

impl Counts {
    fn all(&self) -> [&AtomicUsize; 14] {
        [
            &self.copiers,
            &self.fronts,
            &self.copiers_at_work,
            &self.runs_hit,
            &self.requests,
            &self.redirected,
            &self.to_origin,
            &self.missing,
            &self.objects,
            &self.copies,
            &self.purges,
            &self.lost,
            &self.failed,
            &self.uploads_left,
        ]
    }
}
