//! The one function that decides a request's fate.
//!
//! Pure and total: what is wanted, what the ports have told so far, the clock and the policy go
//! in; the next step or the answer comes out. `docs/request-handling.md` is rendered from it.

mod entry;

use std::time::Duration;

use crate::claim::Terms;
use crate::entry::{Entry, Replica};
use crate::error::{Failure, Kind};
use crate::message::Seen;
use crate::policy::Policy;
use crate::ports::Port;
use crate::rules::{Refusal, Standing, Target};
use crate::time::Timestamp;

/// What a request wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The object and the pool, or why they are refused.
    pub target: Result<Target, Refusal>,
    /// How long it may wait.
    pub patience: Patience,
    /// `Cache-Control: no-cache`: look at the replica itself.
    pub no_cache: bool,
}

/// How long a request may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// In this invocation.
    pub invocation_ends: Timestamp,
    /// Over all hops.
    pub budget_ends: Timestamp,
    /// How many more hops it may be sent on.
    pub hops_left: u8,
}

/// What the ports have told so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// Nothing was asked yet.
    Nothing,
    /// The table's answer.
    Entry(Option<Entry>),
    /// A present entry, and what a HEAD of its replica saw.
    Looked(Entry, Sight),
    /// We hold the claim, and perhaps looked at the replica under it.
    Claimed(Entry, Option<Sight>),
    /// One of our parts failed.
    Failed(Port),
}

/// What a HEAD of a replica saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is there.
    There(Replica),
    /// There is none.
    Gone,
    /// The pool did not answer, or not with yes or no.
    Failed,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Answer: refused.
    Refuse(Refusal),
    /// Answer: what the source itself said of the object, 404 or 410.
    SourceSays(Kind),
    /// Answer: to the origin.
    Origin(Why),
    /// Answer: to the replica, and what is then owed to its entry.
    Replica(Entry, Upkeep),
    /// Answer: to ourselves, with the remaining budget.
    Hop {
        /// What is left of the budget.
        budget: Duration,
    },
    /// Ask the table.
    Get,
    /// HEAD the replica of this present entry.
    Look(Entry),
    /// The replica of this present entry is gone: forget the entry, then as absent.
    Forget(Entry),
    /// Claim.
    Claim,
    /// HEAD the replica under our claim.
    LookUnderClaim(Entry),
    /// The replica is there and good: settle our claim as present.
    SettlePresent(Entry, Replica),
    /// Send the work to the queue, with what was seen in the pool.
    Enqueue(Entry, Seen),
    /// Wait for the entry to change, at most until then.
    Wait(Entry, Timestamp),
}

/// Why a request is sent to the origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The object is allowed but not mirrored.
    Standing(Standing),
    /// The budget is used up.
    WaitExhausted,
    /// The copy cannot finish within the budget, and goes on.
    TooSlow,
    /// A purge waits for a run that it fenced, beyond the budget.
    Purging,
    /// The last try failed, and the next comes too late for this request.
    Error(Failure),
    /// One of our own parts failed: fail open.
    FailOpen(Port),
}

/// What is owed to a present entry after a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Upkeep {
    /// Nothing.
    None,
    /// Note that the replica was seen.
    Confirm,
    /// Start a renewal behind the answer.
    Renew,
}

/// Decides a request's fate.
pub fn decide(
    wanted: &Wanted,
    observation: &Observation,
    now: Timestamp,
    policy: &Policy,
) -> Decision {
    let target = match &wanted.target {
        Err(refusal) => return Decision::Refuse(refusal.clone()),
        Ok(target) => target,
    };
    match target.standing {
        Standing::Mirrored => {}
        standing => return Decision::Origin(Why::Standing(standing)),
    }
    let terms = Terms {
        lifetimes: policy.lifetimes,
        lifespan: target.lifespan,
    };
    match observation {
        Observation::Nothing => Decision::Get,
        Observation::Failed(port) => Decision::Origin(Why::FailOpen(*port)),
        Observation::Entry(entry) => match Entry::live(entry.as_ref(), now) {
            None => Decision::Claim,
            Some(entry) => entry::of_entry(wanted, entry, now, policy, &terms),
        },
        Observation::Looked(entry, sight) => of_look(entry, sight, now, &terms),
        Observation::Claimed(entry, None) => Decision::LookUnderClaim(entry.clone()),
        Observation::Claimed(entry, Some(sight)) => of_claim(target, entry, sight, now, policy),
    }
}

fn of_look(entry: &Entry, sight: &Sight, now: Timestamp, terms: &Terms) -> Decision {
    match sight {
        Sight::Gone => Decision::Forget(entry.clone()),
        Sight::Failed => Decision::Replica(entry.clone(), Upkeep::None),
        Sight::There(_) if crate::claim::renewal_is_due(entry, now, terms) => {
            Decision::Replica(entry.clone(), Upkeep::Renew)
        }
        Sight::There(_) => Decision::Replica(entry.clone(), Upkeep::Confirm),
    }
}

/// Under our claim: what is there and good is kept (a lost table costs one HEAD per object),
/// anything else is copied.
fn of_claim(
    target: &Target,
    entry: &Entry,
    sight: &Sight,
    now: Timestamp,
    policy: &Policy,
) -> Decision {
    let is_good = |replica: &Replica| {
        let margin = policy.lifetimes.present_margin;
        replica.is_good(&target.id.url, target.lifespan, margin, now)
    };
    match sight {
        Sight::Failed => Decision::Origin(Why::FailOpen(Port::Pool)),
        Sight::Gone => Decision::Enqueue(entry.clone(), Seen::None),
        Sight::There(replica) if !entry.distrust && is_good(replica) => {
            Decision::SettlePresent(entry.clone(), replica.clone())
        }
        Sight::There(replica) => Decision::Enqueue(entry.clone(), Seen::Etag(replica.etag.clone())),
    }
}
