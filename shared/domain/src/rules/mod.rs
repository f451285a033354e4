//! Source rules and pools, and what a request resolves to.

mod access;
mod auto;
mod caller;
mod choose;
mod pool;
mod prefixes;
mod source;
mod sources;
mod store;
mod target;

pub use access::Access;
pub use auto::{AUTO, Auto, Edge};
pub use caller::{Basis, Caller, EdgeSays, Facts};
pub use choose::{Chosen, Reason};
pub use pool::{Pool, PoolId};
pub use source::{QueryPolicy, SourceRule};
pub use sources::SourceRules;
pub use store::{Store, StoredObject};
pub use target::{Refusal, ReplicaId, Standing, Target};

use std::time::Duration;

use crate::url::{self, SourceUrl, is_signed};

/// Everything that may be mirrored, and everywhere it may be mirrored to.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// What may be mirrored; of several that match, the longest prefix counts.
    pub sources: SourceRules,
    /// Where to.
    pub pools: Vec<Pool>,
    /// Which pool is meant where a request leaves that to us.
    pub auto: Auto,
}

impl Rules {
    /// Resolves the parts of a path that names its pool, which may be one that is being evacuated: what
    /// it holds can be looked at and purged, and copies into it end well. Where a client is sent says
    /// [`Self::choose`]. The URL is judged before the pool, so that nobody learns of pools by URLs
    /// that are not allowed.
    pub fn resolve(
        &self,
        pool: &PoolId,
        raw_url: &str,
        query: Option<&str>,
    ) -> Result<Target, Refusal> {
        let (rule, asked) = self.allowed(raw_url, query)?;
        let pool = self.pool(pool).ok_or_else(|| self.unknown(pool))?;
        let standing = standing(rule, &asked, &pool.id);
        Ok(target(
            rule,
            asked,
            pool.id.clone(),
            (standing, pool.lifespan),
        ))
    }

    /// What a request asks for, if a rule allows it, in that rule's spelling.
    fn allowed(
        &self,
        raw_url: &str,
        query: Option<&str>,
    ) -> Result<(&SourceRule, SourceUrl), Refusal> {
        let asked = url::read_path(raw_url, query)?;
        self.sources.allowing(asked).ok_or(Refusal::NotAllowed)
    }

    /// The rule that counts for a URL, as [`SourceRules::rule_for`] finds it.
    pub fn rule_for(&self, url: &SourceUrl) -> Option<(&SourceRule, SourceUrl)> {
        self.sources.rule_for(url)
    }

    /// The pool of that id.
    pub fn pool(&self, id: &PoolId) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.id == *id)
    }

    fn unknown(&self, wanted: &PoolId) -> Refusal {
        let known = self.pools.iter().map(|pool| pool.id.as_path()).collect();
        if wanted.is_auto() {
            return Refusal::NotNamed { known };
        }
        Refusal::UnknownPool {
            wanted: wanted.as_path(),
            known,
        }
    }
}

/// What a URL comes to in a pool.
fn target(
    rule: &SourceRule,
    asked: SourceUrl,
    pool: PoolId,
    (standing, lifespan): (Standing, Duration),
) -> Target {
    Target {
        standing,
        lifespan,
        signed_origin: signed_origin(rule, &asked),
        id: ReplicaId {
            pool,
            url: rule.canonical(&asked),
        },
        origin: asked,
    }
}

/// What is signed is the object, whatever its URL says besides that means nothing; but nothing is, where
/// the client has signed already.
fn signed_origin(rule: &SourceRule, asked: &SourceUrl) -> Option<StoredObject> {
    match rule.access {
        Access::Presigned if !is_signed(asked) => rule.stored(&rule.canonical(asked)),
        Access::Presigned | Access::Public => None,
    }
}

fn standing(rule: &SourceRule, asked: &SourceUrl, pool: &PoolId) -> Standing {
    match never_mirrored(rule, asked) {
        Some(standing) => standing,
        None if rule.lies_in(pool) => Standing::SamePlace,
        None => Standing::Mirrored,
    }
}

/// Why a URL is mirrored nowhere.
fn never_mirrored(rule: &SourceRule, asked: &SourceUrl) -> Option<Standing> {
    if is_signed(asked) {
        Some(Standing::Signed)
    } else if asked.query().is_some() && rule.query == QueryPolicy::Origin {
        Some(Standing::Query)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
