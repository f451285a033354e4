//! Checks of what everything stands on: region, credentials, clock, the account's limits.

use std::time::Duration;

use cloud_mirror_domain::ports::LookError;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_runtime::health::Concurrency;

use super::finding::Finding;
use super::observe::Observed;

/// AWS refuses signatures that are older or newer than a quarter of an hour, and leases allow for
/// far less: what is so far off is not kept by NTP.
const MOST_SKEW: Duration = Duration::from_secs(5 * 60);

/// What the template lets run at once for copies, on both queues together: where it reserves them,
/// and where AccountConcurrency is small.
const COPIERS: u64 = 10 + 4;
const FEW_COPIERS: u64 = 2 + 2;

/// Lambda reserves nothing of the account's last hundred.
const NEVER_RESERVED: u64 = 100;

/// The quota of Lambda's concurrent executions, as Service Quotas calls it.
const QUOTA: &str = "L-B99A9384";

/// It is known which region is looked in.
pub(super) fn region(seen: &Observed) -> Vec<Finding> {
    vec![match &seen.region {
        Some(region) => Finding::ok("region", region),
        None => Finding::fault(
            "region",
            "nothing says which region the stack is in",
            "set AWS_REGION to it",
        ),
    }]
}

/// There are credentials to look with.
pub(super) fn credentials(seen: &Observed) -> Vec<Finding> {
    vec![match &seen.credentials {
        Ok(()) => Finding::ok("credentials", "found"),
        Err(why) => Finding::fault(
            "credentials",
            format!("there are none to look with: {why}"),
            "`aws sso login` or `aws configure`, and AWS_PROFILE for a profile that is not the default",
        ),
    }]
}

/// This machine's clock goes as AWS's does.
pub(super) fn clock(seen: &Observed) -> Vec<Finding> {
    const CHECK: &str = "clock";
    vec![match &seen.clocks {
        Ok((theirs, ours)) => judge_clock(CHECK, *theirs, *ours),
        Err(error @ LookError::Unreachable(_)) => Finding::unknown(
            CHECK,
            error,
            "mend what keeps the table's endpoint from answering: the time is taken from its answers",
        ),
        Err(error) => Finding::unknown(CHECK, error, "set AWS_REGION, for somebody to ask"),
    }]
}

fn judge_clock(check: &str, theirs: Timestamp, ours: Timestamp) -> Finding {
    let (ahead, behind) = (ours.since(theirs), theirs.since(ours));
    let (off, word) = match ahead > behind {
        true => (ahead, "ahead of"),
        false => (behind, "behind"),
    };
    if off <= MOST_SKEW {
        let seconds = off.as_secs();
        return Finding::ok(check, format!("{seconds} s {word} AWS's"));
    }
    let minutes = off.as_secs() / 60;
    Finding::fault(
        check,
        format!(
            "this machine's clock is {minutes} minutes {word} AWS's, which refuses signatures from 15 on"
        ),
        "set it by NTP: `timedatectl set-ntp true`, and see with `timedatectl` that it is synchronised",
    )
}

/// The account lets as many functions run at once as are expected to wait, and the copiers beside
/// them.
pub(super) fn concurrency(seen: &Observed) -> Vec<Finding> {
    const CHECK: &str = "account concurrency";
    const RIGHTS: &str = "lambda:GetAccountSettings and lambda:GetFunctionConcurrency";
    match &seen.concurrency {
        Ok(limits) => [
            Some(judge_room(CHECK, *limits, seen)),
            judge_share(*limits, seen),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Err(error) => vec![Finding::unseen(
            CHECK,
            error,
            RIGHTS,
            "AWS_ENDPOINT_URL_LAMBDA",
        )],
    }
}

/// Who waits and the copiers that it waits for must find room together, but for copiers that have
/// their own.
fn judge_room(check: &str, limits: Concurrency, seen: &Observed) -> Finding {
    let copiers = match limits.reserved {
        Some(_) => 0,
        None if seen.knows_copier => FEW_COPIERS,
        None => COPIERS,
    };
    let (free, waiters) = (limits.unreserved, seen.waiters);
    let lacking = waiters.saturating_add(copiers).saturating_sub(free);
    let own = limits.reserved.map(|own| format!(" beside {own} copiers"));
    let own = own.unwrap_or_default();
    if lacking == 0 {
        let room = free - copiers;
        return Finding::ok(check, format!("room for {room} requests that wait{own}"));
    }
    let region = seen.region.as_deref().unwrap_or("REGION");
    let desired = limits.account.saturating_add(lacking);
    Finding::fault(
        check,
        format!(
            "{free} functions may run at once{own}: {lacking} too few for {waiters} requests that wait{}",
            if copiers > 0 {
                " and for their copiers"
            } else {
                ""
            }
        ),
        format!(
            "`aws service-quotas request-service-quota-increase --service-code lambda --quota-code {QUOTA} --desired-value {desired} --region {region}`, or say with --waiters how many are expected"
        ),
    )
}

/// Without a share of their own, copiers find no place once everybody waits for them.
fn judge_share(limits: Concurrency, seen: &Observed) -> Option<Finding> {
    const CHECK: &str = "copiers' share";
    if !seen.knows_copier {
        return None;
    }
    Some(match limits.reserved {
        Some(own) => Finding::ok(CHECK, format!("{own} are reserved for them")),
        None if limits.account < COPIERS + NEVER_RESERVED => Finding::ok(
            CHECK,
            format!(
                "none: Lambda reserves nothing of an account's {}",
                limits.account
            ),
        ),
        None => Finding::fault(
            CHECK,
            "nothing is reserved for them: requests that wait can take all their places",
            "`sam deploy --parameter-overrides AccountConcurrency=regular …`",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_in_both_directions() {
        let noon = Timestamp::from_millis(1_000_000_000);
        let minutes = |count: u64| Duration::from_secs(60 * count);
        for off in [0, 4, 5] {
            assert!(judge_clock("clock", noon, noon + minutes(off)).is_ok());
            assert!(judge_clock("clock", noon + minutes(off), noon).is_ok());
        }
        let ahead = judge_clock("clock", noon, noon + minutes(6)).to_string();
        assert!(ahead.contains("6 minutes ahead of"), "{ahead}");
        let behind = judge_clock("clock", noon + minutes(60), noon).to_string();
        assert!(behind.contains("60 minutes behind"), "{behind}");
    }
}
