//! Which pool serves a caller: the one function that says so.
//!
//! It is needed where a request leaves service or region to us (`auto`), and where the pool that it names is
//! being evacuated. `docs/adr/0021-which-pool-auto-means.md` says why it chooses as it does.

use std::time::Duration;

use super::{AUTO, Caller, Pool, PoolId, Refusal, Rules, SourceRule, Standing, Target};

/// Where a client is sent, and why there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// What the request resolves to.
    pub target: Target,
    /// The pool that serves the client; without one it is the origin.
    pub pool: Option<PoolId>,
    /// Where the client is, as far as that counted: where the request names a region, there.
    pub caller: Caller,
    /// Why this pool, or none.
    pub reason: Reason,
}

/// Why a pool was chosen, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The request names it.
    Named,
    /// It lies in the caller's region.
    Here,
    /// The caller's region has no pool of that service; this is the first of its near list to take callers.
    Near,
    /// The caller's region is being evacuated; this is the first of its near list to take callers.
    Evacuated,
    /// None: the source itself lies in the caller's region, which no pool does that takes callers.
    SamePlace,
    /// None: the region is being evacuated, and none of its near list takes callers.
    Drained,
    /// None: the region has no pool of that service, and none of its near list takes callers.
    NoPool,
    /// None: nobody knows where the caller is.
    UnknownCaller,
}

impl Rules {
    /// Chooses where a client is sent: to the first pool of its region that takes callers and is of the
    /// service asked for, else to the first such of the region's near list, else to the origin. A pool
    /// that is being evacuated is never chosen. `caller` counts where the request names no region.
    ///
    /// # Errors
    /// As [`Self::resolve`]; but a request that leaves something to us is never refused for its pool.
    pub fn choose(
        &self,
        asked: &PoolId,
        raw_url: &str,
        query: Option<&str>,
        caller: &Caller,
    ) -> Result<Chosen, Refusal> {
        let (rule, url) = self.allowed(raw_url, query)?;
        if !asked.is_auto() && self.pool(asked).is_none() {
            return Err(self.unknown(asked));
        }
        let caller = match &*asked.region {
            AUTO => caller.clone(),
            region => Caller::asking_for(region),
        };
        let (pool, reason) = self.taking(asked, rule, &caller);
        let (id, standing, lifespan) = match pool {
            Some(pool) => {
                let standing = super::standing(rule, &url, &pool.id);
                (pool.id.clone(), standing, pool.lifespan)
            }
            None => {
                let standing = super::never_mirrored(rule, &url);
                let standing = standing.unwrap_or(reason.standing());
                (asked.clone(), standing, Duration::ZERO)
            }
        };
        Ok(Chosen {
            target: super::target(rule, url, id, (standing, lifespan)),
            pool: pool.map(|pool| pool.id.clone()),
            caller,
            reason,
        })
    }

    /// The pool that takes a caller.
    fn taking(
        &self,
        asked: &PoolId,
        rule: &SourceRule,
        caller: &Caller,
    ) -> (Option<&Pool>, Reason) {
        let Some(region) = caller.region.as_deref() else {
            return (None, Reason::UnknownCaller);
        };
        let serves = |pool: &&Pool| asked.service == AUTO || asked.service == pool.id.service;
        let takes = |pool: &&Pool| serves(pool) && !pool.drain;
        let is_here = |pool: &&Pool| pool.id.region == region;
        if let Some(pool) = self.pools.iter().filter(is_here).find(takes) {
            let named = !asked.is_auto();
            return (Some(pool), if named { Reason::Named } else { Reason::Here });
        }
        if rule.lies_in_region(region) {
            return (None, Reason::SamePlace);
        }
        let near = self.auto.near.get(region).into_iter().flatten();
        let near = near.filter_map(|id| self.pool(id)).find(takes);
        let evacuated = self.pools.iter().filter(is_here).any(|pool| serves(&pool));
        let reason = match (near, evacuated) {
            (Some(_), false) => Reason::Near,
            (Some(_), true) => Reason::Evacuated,
            (None, false) => Reason::NoPool,
            (None, true) => Reason::Drained,
        };
        (near, reason)
    }
}

impl SourceRule {
    /// Whether the rule's store lies in a region, of whatever cloud: their names do not collide.
    fn lies_in_region(&self, region: &str) -> bool {
        let store = self.store.as_ref();
        store.is_some_and(|store| store.region == region)
    }
}

impl Reason {
    /// Why the origin is the answer, where there is no pool.
    fn standing(self) -> Standing {
        match self {
            Self::SamePlace => Standing::SamePlace,
            Self::Drained => Standing::Drained,
            Self::NoPool | Self::UnknownCaller => Standing::NoPool,
            Self::Named | Self::Here | Self::Near | Self::Evacuated => Standing::Mirrored,
        }
    }
}

impl Chosen {
    /// Why, in one sentence, for the caller himself.
    pub fn why(&self) -> String {
        match self.target.standing {
            Standing::Signed => "The URL carries a signature, so its origin serves it.".into(),
            Standing::Query => {
                "No rule says what the query string means, so the origin serves it.".into()
            }
            Standing::SamePlace => format!(
                "The source itself lies where callers of {} are served best, so there is nothing to gain.",
                self.region()
            ),
            Standing::Mirrored | Standing::NoPool | Standing::Drained => self.why_there(),
        }
    }

    fn why_there(&self) -> String {
        let region = self.region();
        let pool = self.pool.as_ref().map(PoolId::as_path).unwrap_or_default();
        match self.reason {
            Reason::Named => format!("{pool} is the pool that was asked for."),
            Reason::Here => format!("{pool} is the first pool of {region} that serves this."),
            Reason::Near => format!(
                "{region} has no pool that serves this, and {pool} is the first near it that does."
            ),
            Reason::Evacuated => format!(
                "{region} is being evacuated (drain), and {pool} is the first near it that takes callers."
            ),
            Reason::Drained => format!(
                "{region} is being evacuated (drain), and none near it takes callers, so the origin serves them."
            ),
            Reason::UnknownCaller => {
                "Nobody knows where this caller is, and there is no default region, so the origin serves it.".into()
            }
            Reason::NoPool | Reason::SamePlace => format!(
                "{region} has no pool that serves this, and none near it does, so the origin serves its callers."
            ),
        }
    }

    fn region(&self) -> &str {
        self.caller.region.as_deref().unwrap_or("an unknown region")
    }
}

#[cfg(test)]
mod tests;
