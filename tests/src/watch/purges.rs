//! Purges, as those who asked for them know them.

use cloud_mirror_domain::ports::Clock as _;
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_runtime::SystemClock;

/// Every purge so far.
#[derive(Debug, Default)]
pub(super) struct Purges(Vec<Purge>);

#[derive(Debug)]
struct Purge {
    number: u64,
    pool: PoolId,
    url: SourceUrl,
    asked: Timestamp,
    /// When it was answered that the object is gone, or goes.
    accepted: Option<Timestamp>,
}

impl Purge {
    fn is_of(&self, id: &ReplicaId) -> bool {
        let everywhere = self.pool.region == "all" && self.pool.service == id.pool.service;
        let canonical = |url: &SourceUrl| url.without_query();
        canonical(&self.url) == canonical(&id.url) && (everywhere || self.pool == id.pool)
    }
}

impl Purges {
    pub(super) fn asked(&mut self, number: u64, pool: &PoolId, url: &SourceUrl, asked: Timestamp) {
        self.0.push(Purge {
            number,
            pool: pool.clone(),
            url: url.clone(),
            asked,
            accepted: None,
        });
    }

    pub(super) fn answered(&mut self, number: u64, status: u16) {
        let purge = self.0.iter_mut().find(|purge| purge.number == number);
        if let Some(purge) = purge.filter(|_| matches!(status, 202 | 204)) {
            purge.accepted = Some(SystemClock.now());
        }
    }

    /// When the last purge was asked for that had been accepted before then.
    pub(super) fn done_before(&self, then: Timestamp, id: &ReplicaId) -> Option<Timestamp> {
        let done = |purge: &&Purge| purge.accepted.is_some_and(|accepted| accepted < then);
        let purges = self.0.iter().filter(|purge| purge.is_of(id)).filter(done);
        purges.map(|purge| purge.asked).max()
    }

    /// Whether a purge may have come after that moment.
    pub(super) fn came_after(&self, then: Timestamp, id: &ReplicaId) -> bool {
        let after = |purge: &Purge| purge.accepted.is_none_or(|accepted| accepted >= then);
        self.0.iter().any(|purge| purge.is_of(id) && after(purge))
    }
}
