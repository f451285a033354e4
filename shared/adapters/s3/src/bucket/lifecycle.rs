//! The rules by which replicas and unfinished uploads end, beside those of others.

use std::time::Duration;

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleFilter,
};
use cloud_mirror_domain::ports::PoolError;

use super::found::Lifecycle;

/// Deletes replicas at the end of their lifespan.
const EXPIRE: &str = "cloud-mirror-expire";

/// Frees the parts of uploads that nobody goes on with.
const ABORT_UPLOADS: &str = "cloud-mirror-abort-uploads";

/// How long an unfinished upload is kept, in days.
const UPLOAD_DAYS: i32 = 7;

const DAY_SECONDS: u64 = 24 * 3600;

/// The lifecycle with our two rules in it and all others saying what they said, and in words what of
/// it is new; no words where there is nothing to change.
///
/// Others are rewritten only where something is to be written anyway: by itself an old spelling is
/// no fault.
pub(super) fn merged(
    found: &Lifecycle,
    lifespan: Duration,
) -> Result<(Lifecycle, Vec<String>), PoolError> {
    let mut lifecycle = found.clone();
    let mut changed = Vec::new();
    for (rule, words) in ours(lifespan)? {
        let there = lifecycle.rules.iter_mut().find(|other| other.id == rule.id);
        match there {
            Some(there) if plain(there) == plain(&rule) => continue,
            Some(there) => *there = rule,
            None => lifecycle.rules.push(rule),
        }
        changed.push(words);
    }
    if !changed.is_empty() {
        lifecycle.rules.iter_mut().for_each(modernise);
    }
    Ok((lifecycle, changed))
}

/// Says a rule's own prefix, as rules had it before there were filters, as a filter: S3 refuses a
/// lifecycle in which some rules have the one and some the other, and ours have filters. Writing
/// ours in the old way instead was rejected: others may need what only filters can say.
#[expect(
    deprecated,
    reason = "the prefix of a rule itself is still found in old buckets"
)]
fn modernise(rule: &mut LifecycleRule) {
    if rule.filter.is_none()
        && let Some(prefix) = rule.prefix.take()
    {
        rule.filter = Some(LifecycleRuleFilter::builder().prefix(prefix).build());
    }
}

fn ours(lifespan: Duration) -> Result<[(LifecycleRule, String); 2], PoolError> {
    let days = days(lifespan);
    let expiration = LifecycleExpiration::builder().days(days).build();
    let abort = AbortIncompleteMultipartUpload::builder()
        .days_after_initiation(UPLOAD_DAYS)
        .build();
    let rule = |id: &str| {
        LifecycleRule::builder()
            .id(id)
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix("").build())
    };
    let expire = rule(EXPIRE).expiration(expiration).build();
    let abort = rule(ABORT_UPLOADS)
        .abort_incomplete_multipart_upload(abort)
        .build();
    match (expire, abort) {
        (Ok(expire), Ok(abort)) => Ok([
            (expire, format!("{EXPIRE} ({days} days)")),
            (abort, format!("{ABORT_UPLOADS} ({UPLOAD_DAYS} days)")),
        ]),
        (Err(error), _) | (_, Err(error)) => {
            Err(PoolError::Unavailable(format!("lifecycle rules: {error}")))
        }
    }
}

/// Whole days, rounded up: entries rely on a replica for its whole lifespan.
fn days(lifespan: Duration) -> i32 {
    let days = lifespan.as_secs().div_ceil(DAY_SECONDS).max(1);
    i32::try_from(days).unwrap_or(i32::MAX)
}

/// A rule as it compares: "the whole bucket" can be said in several ways, and stores do not keep
/// which it was.
#[expect(
    deprecated,
    reason = "the prefix of a rule itself is still found in old buckets"
)]
fn plain(rule: &LifecycleRule) -> LifecycleRule {
    let mut rule = rule.clone();
    rule.prefix = rule.prefix.filter(|prefix| !prefix.is_empty());
    rule.filter = rule.filter.filter(|filter| !is_everything(filter));
    rule
}

fn is_everything(filter: &LifecycleRuleFilter) -> bool {
    let mut filter = filter.clone();
    filter.prefix = filter.prefix.filter(|prefix| !prefix.is_empty());
    filter == LifecycleRuleFilter::builder().build()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

    fn foreign() -> LifecycleRule {
        LifecycleRule::builder()
            .id("logs")
            .status(ExpirationStatus::Disabled)
            .filter(LifecycleRuleFilter::builder().prefix("logs/").build())
            .expiration(LifecycleExpiration::builder().days(3).build())
            .build()
            .unwrap()
    }

    fn with_foreign() -> Lifecycle {
        Lifecycle {
            rules: vec![foreign()],
            smallest_transition: None,
        }
    }

    #[test]
    fn our_rules_are_added_once_and_others_stay() {
        let (lifecycle, changed) = merged(&with_foreign(), WEEK).unwrap();
        assert_eq!(lifecycle.rules[0], foreign());
        assert_eq!((lifecycle.rules.len(), changed.len()), (3, 2));
        let (again, changed) = merged(&lifecycle, WEEK).unwrap();
        assert_eq!((again, changed), (lifecycle, vec![]));
    }

    #[test]
    fn only_a_rule_that_differs_is_changed() {
        let (mut lifecycle, _) = merged(&with_foreign(), WEEK).unwrap();
        let (longer, changed) = merged(&lifecycle, 2 * WEEK).unwrap();
        assert_eq!(changed, ["cloud-mirror-expire (14 days)"]);
        assert_eq!(longer.rules.len(), 3);
        lifecycle.rules[2].status = ExpirationStatus::Disabled;
        let (enabled, changed) = merged(&lifecycle, WEEK).unwrap();
        assert_eq!(changed, ["cloud-mirror-abort-uploads (7 days)"]);
        assert_eq!(enabled.rules[2].status, ExpirationStatus::Enabled);
    }

    #[test]
    #[expect(
        deprecated,
        reason = "the prefix of a rule itself is still found in old buckets"
    )]
    fn the_whole_bucket_is_the_same_however_it_is_said() {
        let (mut lifecycle, _) = merged(&Lifecycle::default(), WEEK).unwrap();
        let everything = LifecycleRuleFilter::builder().build();
        for (filter, prefix) in [(Some(everything), None), (None, Some(String::new()))] {
            lifecycle.rules[0].filter = filter;
            lifecycle.rules[0].prefix = prefix;
            assert_eq!(merged(&lifecycle, WEEK).unwrap().1, Vec::<String>::new());
        }
    }

    #[test]
    #[expect(
        deprecated,
        reason = "the prefix of a rule itself is still found in old buckets"
    )]
    fn a_rule_of_before_filters_gets_one_where_something_is_written() {
        let old = |prefix: &str| {
            let mut rule = foreign();
            rule.filter = None;
            rule.prefix = Some(prefix.to_owned());
            rule
        };
        let bucket = Lifecycle {
            rules: vec![old("logs/")],
            smallest_transition: None,
        };
        let (lifecycle, _) = merged(&bucket, WEEK).unwrap();
        assert_eq!(lifecycle.rules[0], foreign(), "the same in today's words");
        let (mut ours, _) = merged(&Lifecycle::default(), WEEK).unwrap();
        ours.rules.push(old(""));
        let (untouched, changed) = merged(&ours, WEEK).unwrap();
        assert_eq!((untouched, changed), (ours, vec![]));
    }

    #[test]
    fn a_lifespan_is_rounded_up_to_whole_days() {
        for (seconds, expected) in [(1, 1), (86_400, 1), (86_401, 2), (7 * 86_400, 7)] {
            assert_eq!(days(Duration::from_secs(seconds)), expected, "{seconds}");
        }
    }
}
