//! What a message asks for, found in the rules.

use cloud_mirror_domain::claim::Terms;
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::{PoolPorts, When};
use cloud_mirror_domain::rules::{Pool, ReplicaId, SourceRule, Standing};
use cloud_mirror_domain::time::Timestamp;

use crate::Copier;

/// What is to be made, by whose rule, and where.
pub(crate) struct Job<'a> {
    pub(crate) id: ReplicaId,
    pub(crate) rule: &'a SourceRule,
    pub(crate) pool: &'a Pool,
    pub(crate) ports: &'a PoolPorts,
    pub(crate) standing: Standing,
}

impl Copier {
    /// Any program may send a message, so the rules are asked again, just as for a request: the
    /// URL is spelled as its rule spells it.
    pub(crate) fn job(&self, message: &Message) -> Option<Job<'_>> {
        let asked = &message.replica;
        let target = self.rules.resolve(&asked.pool, asked.url.as_str(), None);
        let target = target.ok()?;
        let (rule, _) = self.rules.rule_for(&target.origin)?;
        Some(Job {
            rule,
            pool: self.rules.pool(&target.id.pool)?,
            ports: self.ports.pools.get(&target.id.pool)?,
            standing: target.standing,
            id: target.id,
        })
    }

    pub(crate) fn when(&self, job: &Job<'_>) -> When {
        let terms = Terms {
            lifetimes: self.policy.lifetimes,
            lifespan: job.pool.lifespan,
        };
        When {
            now: self.now(),
            terms,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }
}
