//! A decision in words.

use cloud_mirror_domain::decide::{Decision, Upkeep, Why};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::rules::Standing;

/// Every kind of decision.
pub(crate) const KINDS: [&str; 14] = [
    "refuse",
    "source-says",
    "origin",
    "replica",
    "hop",
    "get",
    "look",
    "forget",
    "claim",
    "look-under-claim",
    "settle-present",
    "enqueue",
    "wait",
    "renew",
];

pub(crate) fn kind(decision: &Decision) -> &'static str {
    match decision {
        Decision::Refuse(_) => "refuse",
        Decision::SourceSays(_) => "source-says",
        Decision::Origin(_) => "origin",
        Decision::Replica(_, Upkeep::Renew) => "renew",
        Decision::Replica(..) => "replica",
        Decision::Hop { .. } => "hop",
        Decision::Get => "get",
        Decision::Look(_) => "look",
        Decision::Forget(_) => "forget",
        Decision::Claim => "claim",
        Decision::LookUnderClaim(_) => "look-under-claim",
        Decision::SettlePresent(..) => "settle-present",
        Decision::Enqueue(..) => "enqueue",
        Decision::Wait(..) => "wait",
    }
}

pub(crate) fn decision(decision: &Decision) -> String {
    match decision {
        Decision::Refuse(refusal) => {
            let (status, word) = refusal.status();
            format!("**{status}** `{word}`")
        }
        Decision::SourceSays(kind) => {
            format!(
                "**{}** `{kind}`",
                kind.status().expect("an absent object has a status")
            )
        }
        Decision::Origin(why) => format!("**302 to the origin**, {}", because(why)),
        Decision::Replica(_, Upkeep::None) => "**302 to the replica**".into(),
        Decision::Replica(_, Upkeep::Confirm) => {
            "**302 to the replica**, noting that it was seen".into()
        }
        Decision::Replica(_, Upkeep::Renew) => {
            "**302 to the replica**, and a renewal behind it".into()
        }
        Decision::Hop { budget } => {
            format!("**302 to ourselves** with {} s of budget", budget.as_secs())
        }
        Decision::Get => "read the entry".into(),
        Decision::Look(_) => "HEAD the replica".into(),
        Decision::Forget(_) => "forget the entry, then as absent".into(),
        Decision::Claim => "claim".into(),
        Decision::LookUnderClaim(_) => "HEAD the replica under the claim".into(),
        Decision::SettlePresent(..) => "settle `present`, then as present".into(),
        Decision::Enqueue(_, Seen::None) => "enqueue the copy of a new object, then wait".into(),
        Decision::Enqueue(_, Seen::Etag(_)) => {
            "enqueue a copy that replaces what was seen, then wait".into()
        }
        Decision::Wait(..) => "wait for a change, then look again".into(),
    }
}

fn because(why: &Why) -> String {
    match why {
        Why::Standing(Standing::Mirrored) => "mirrored".into(),
        Why::Standing(Standing::SamePlace) => "`same-place`".into(),
        Why::Standing(Standing::Signed) => "`signed`, unrecorded".into(),
        Why::Standing(Standing::Query) => "`query`".into(),
        Why::Standing(Standing::NoPool) => "`no-pool`".into(),
        Why::Standing(Standing::Drained) => "`drained`".into(),
        Why::WaitExhausted => "`wait-exhausted`; the copy goes on".into(),
        Why::TooSlow => "`too-slow`; the copy goes on".into(),
        Why::Purging => "`purging`".into(),
        Why::Error(failure) => format!("`{}`", failure.kind),
        Why::FailOpen(port) => format!("`fail-open-{port}`, counted"),
    }
}
