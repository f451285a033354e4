//! One replica's purge, step by step over the ports.
//!
//! Used by the purge function, and by the copier for a purge that had to wait for a live run.

use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Terms};
use cloud_mirror_domain::entry::{Entry, Purging, State};
use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{PoolError, PoolPorts, Port, PortError, Ports, When};
use cloud_mirror_domain::rules::{ReplicaId, Rules};
use cloud_mirror_domain::trace::Trace;
use tracing::{info, warn};
use ulid::Ulid;

/// A purge that another conditional write crosses looks again this often before it gives up.
const MAX_LOOKS: usize = 5;

/// A purge whose lease or whose table is lost under it begins again this often.
const MAX_PURGES: usize = 3;

/// How a purge ended. In the order of how far it got, the furthest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purged {
    /// The replica is gone, verified.
    Gone,
    /// A run may still write, or another purge is at it, for so long; a message will purge then.
    Later(Duration),
}

impl Purged {
    /// The word for logs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Later(_) => "later",
        }
    }
}

/// What is to be purged, on whose behalf.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Who asks, for the log line.
    pub who: &'a str,
    /// The purge that had to wait and is now gone on with.
    pub resumes: Option<Ulid>,
    /// The trace to which it belongs, and in which what is left for later stays.
    pub trace: Trace,
}

/// Purges replicas.
pub struct Purger {
    rules: Rules,
    lifetimes: Lifetimes,
    ports: Ports,
}

impl Purger {
    /// A purger over these rules, lifetimes and ports.
    pub fn new(rules: Rules, lifetimes: Lifetimes, ports: Ports) -> Self {
        Self {
            rules,
            lifetimes,
            ports,
        }
    }

    /// Purges one replica, or goes on with a purge that had to wait, and leaves one log line of how
    /// that ended. May be repeated.
    pub async fn purge(&self, replica: &ReplicaId, order: &Order<'_>) -> Result<Purged, PortError> {
        let (who, purged) = (order.who, self.until_done(replica, order).await);
        match &purged {
            Ok(purged) => info!(event = "purged", who, outcome = purged.as_str()),
            Err(error) => warn!(event = "purged", who, outcome = "failed", detail = %error),
        }
        purged
    }

    async fn until_done(
        &self,
        replica: &ReplicaId,
        order: &Order<'_>,
    ) -> Result<Purged, PortError> {
        let mut order = *order;
        for _ in 0..MAX_PURGES {
            let purged = self.once(replica, &order).await?;
            order.resumes = None;
            if let Some(purged) = purged {
                return Ok(purged);
            }
        }
        Err(PortError::new(
            Port::Table,
            "the purge was overtaken again and again",
        ))
    }

    /// One purge from begin to end; nothing where its lease or the table was lost meanwhile.
    async fn once(
        &self,
        replica: &ReplicaId,
        order: &Order<'_>,
    ) -> Result<Option<Purged>, PortError> {
        let (id, trace, resumes) = (Ulid::generate(), order.trace, order.resumes);
        let table = &self.ports.table;
        let entry = match table
            .begin_purge(replica, id, resumes, &self.when(replica))
            .await?
        {
            Answer::Done(entry) => entry,
            Answer::Refused(other) => {
                let purged = self.behind(replica, other.as_ref(), trace).await;
                return purged.map(Some);
            }
        };
        let State::Purging(purging) = entry.state else {
            return Err(PortError::new(Port::Table, "a begun purge is not purging"));
        };
        self.abort_upload(replica, &entry).await;
        let wait = purging
            .run_until
            .map(|until| until.since(self.ports.clock.now()));
        match wait.filter(|wait| !wait.is_zero()) {
            Some(wait) => {
                let purged = self.now_and_later(replica, &purging, wait, trace).await;
                purged.map(Some)
            }
            None => self.now(replica, &purging).await,
        }
    }

    /// Another purge is at it, which covers this one unless its owner fails or dies: a message
    /// purges once more when its lease is over. That may cost a copy made since, and never leaves
    /// a purge that was answered to nobody.
    async fn behind(
        &self,
        replica: &ReplicaId,
        other: Option<&Entry>,
        trace: Trace,
    ) -> Result<Purged, PortError> {
        let Some(State::Purging(other)) = other.map(|entry| &entry.state) else {
            return Err(PortError::new(
                Port::Table,
                "a purge was refused without another",
            ));
        };
        let wait = other.lease.since(self.ports.clock.now());
        self.later(replica, other, wait, trace).await
    }

    /// A live run may still write, so a message deletes once more when it cannot. What is there
    /// now goes now: a message may be lost, with a process that ends for instance.
    async fn now_and_later(
        &self,
        replica: &ReplicaId,
        purging: &Purging,
        wait: Duration,
        trace: Trace,
    ) -> Result<Purged, PortError> {
        if let Err(error) = self.delete(replica, purging).await {
            warn!(%error, "what is there now is deleted later");
        }
        self.later(replica, purging, wait, trace).await
    }

    /// Until then the entry stays purging; then the message comes back to us.
    async fn later(
        &self,
        replica: &ReplicaId,
        purging: &Purging,
        wait: Duration,
        trace: Trace,
    ) -> Result<Purged, PortError> {
        let message = Message {
            replica: replica.clone(),
            action: Action::Purge,
            attempt: Some(purging.id),
            seen: None,
            bulk: false,
            upload: None,
            trace: Some(trace),
        };
        self.ports.queue.send(&message, wait).await?;
        Ok(Purged::Later(wait))
    }

    /// Where the purge outlived its lease, or forgetting is refused because the table was lost
    /// meanwhile, somebody may have copied since, and we may have deleted that very object: so that
    /// has to be purged too.
    async fn now(
        &self,
        replica: &ReplicaId,
        purging: &Purging,
    ) -> Result<Option<Purged>, PortError> {
        if !self.delete(replica, purging).await? {
            return Ok(None);
        }
        let forgotten = self
            .ports
            .table
            .forget(replica, purging.id, &self.when(replica))
            .await?;
        Ok(forgotten.is_done().then_some(Purged::Gone))
    }

    /// Deletes what is seen, until nothing is seen; only while the purge is ours. False if it is not
    /// any more.
    async fn delete(&self, replica: &ReplicaId, purging: &Purging) -> Result<bool, PortError> {
        let pool = &self.ports(replica)?.pool;
        for _ in 0..MAX_LOOKS {
            if self.ports.clock.now() >= purging.lease {
                return Ok(false);
            }
            let seen = pool.head_without_digests(&replica.url).await;
            let Some(seen) = seen.map_err(port_error)? else {
                return Ok(true);
            };
            match pool.delete(&replica.url, &seen.etag).await {
                Ok(()) | Err(PoolError::Precondition | PoolError::Conflict) => {}
                Err(error) => return Err(port_error(error)),
            }
        }
        Err(PortError::new(
            Port::Pool,
            "the replica was written again and again",
        ))
    }

    /// Best effort: what is left of it, the bucket's lifecycle ends.
    async fn abort_upload(&self, replica: &ReplicaId, entry: &Entry) {
        let (Some(upload), Ok(ports)) = (&entry.upload, self.ports(replica)) else {
            return;
        };
        if let Err(error) = ports.upload.abort(&replica.url, &upload.id).await {
            warn!(%error, "an unfinished upload could not be aborted");
        }
    }

    fn ports(&self, replica: &ReplicaId) -> Result<&PoolPorts, PortError> {
        let missing = || PortError::new(Port::Pool, format!("no pool {}", replica.pool));
        self.ports.pools.get(&replica.pool).ok_or_else(missing)
    }

    fn when(&self, replica: &ReplicaId) -> When {
        let lifespan = self.rules.pool(&replica.pool).map(|pool| pool.lifespan);
        let terms = Terms {
            lifetimes: self.lifetimes,
            lifespan: lifespan.unwrap_or_default(),
        };
        When {
            now: self.ports.clock.now(),
            terms,
        }
    }
}

fn port_error(error: PoolError) -> PortError {
    PortError::new(Port::Pool, error.to_string())
}
