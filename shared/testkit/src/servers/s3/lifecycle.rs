//! Lifecycle rules: when an object ends, and what a sweep takes away.

use std::time::{Duration, SystemTime};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    ExpirationStatus, LifecycleRule, LifecycleRuleAndOperator, Tag, Timestamp, TimestampFormat,
};
use s3s::{S3Result, s3_error};

use super::object::Object;
use super::store::Bucket;

const DAY: u64 = 24 * 60 * 60;

/// What is not percent-encoded in a rule's id.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Whole days later, and then the next midnight, as S3 rounds.
fn midnight_after(moment: SystemTime, days: i32) -> Timestamp {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let day = since.as_secs() / DAY + u64::from(days.unsigned_abs()) + 1;
    (SystemTime::UNIX_EPOCH + Duration::from_secs(day * DAY)).into()
}

impl Bucket {
    /// The value of `x-amz-expiration`, if a rule applies.
    pub(super) fn expiration(&self, key: &str, object: &Object) -> Option<String> {
        let (date, rule) = self.end_of(key, object)?;
        let mut text = Vec::new();
        date.format(TimestampFormat::HttpDate, &mut text).unwrap();
        let date = String::from_utf8(text).unwrap();
        let id = utf8_percent_encode(rule.id.as_deref().unwrap_or_default(), PLAIN);
        Some(format!("expiry-date=\"{date}\", rule-id=\"{id}\""))
    }

    /// The earliest end that a rule sets.
    fn end_of(&self, key: &str, object: &Object) -> Option<(Timestamp, &LifecycleRule)> {
        self.rules()
            .filter(|rule| applies(rule, key, object))
            .filter_map(|rule| Some((end(rule, object)?, rule)))
            .min_by(|(one, _), (other, _)| one.cmp(other))
    }

    fn rules(&self) -> impl Iterator<Item = &LifecycleRule> {
        let enabled = |rule: &&LifecycleRule| rule.status.as_str() == ExpirationStatus::ENABLED;
        self.lifecycle.iter().flatten().filter(enabled)
    }

    /// When an unfinished upload is aborted, and by which rule.
    pub(super) fn abortion(&self, key: &str, begun: SystemTime) -> Option<(Timestamp, String)> {
        self.rules()
            .filter(|rule| key.starts_with(prefix(rule)))
            .filter_map(|rule| {
                let days = rule.abort_incomplete_multipart_upload.as_ref()?;
                let date = midnight_after(begun, days.days_after_initiation?);
                Some((date, rule.id.clone().unwrap_or_default()))
            })
            .min()
    }

    /// Takes away what has ended: at once, where S3 may take a day or two.
    pub(super) fn sweep(&mut self, now: SystemTime) {
        let now = Timestamp::from(now);
        let ended: Vec<_> = self
            .objects
            .iter()
            .filter(|(key, object)| self.end_of(key, object).is_some_and(|(end, _)| end <= now))
            .map(|(key, _)| key.clone())
            .collect();
        let aborted: Vec<_> = self
            .uploads
            .iter()
            .filter(|((key, _), upload)| {
                self.abortion(key, upload.begun)
                    .is_some_and(|(end, _)| end <= now)
            })
            .map(|(place, _)| place.clone())
            .collect();
        self.objects.retain(|key, _| !ended.contains(key));
        self.uploads.retain(|place, _| !aborted.contains(place));
    }
}

fn end(rule: &LifecycleRule, object: &Object) -> Option<Timestamp> {
    let expiration = rule.expiration.as_ref()?;
    let days = expiration
        .days
        .map(|days| midnight_after(object.modified, days));
    days.or_else(|| expiration.date.clone())
}

fn prefix(rule: &LifecycleRule) -> &str {
    let filter = rule.filter.as_ref();
    let and = filter.and_then(|filter| filter.and.as_ref());
    rule.prefix
        .as_deref()
        .or_else(|| filter?.prefix.as_deref())
        .or_else(|| and?.prefix.as_deref())
        .unwrap_or_default()
}

fn applies(rule: &LifecycleRule, key: &str, object: &Object) -> bool {
    let all = rule.filter.as_ref().map(|filter| {
        filter
            .and
            .clone()
            .unwrap_or_else(|| LifecycleRuleAndOperator {
                object_size_greater_than: filter.object_size_greater_than,
                object_size_less_than: filter.object_size_less_than,
                prefix: None,
                tags: filter.tag.clone().map(|tag| vec![tag]),
            })
    });
    let all = all.unwrap_or_default();
    let size = object.content.len() as i64;
    let tags: Vec<Tag> = all.tags.unwrap_or_default();
    key.starts_with(prefix(rule))
        && all
            .object_size_greater_than
            .is_none_or(|least| size > least)
        && all.object_size_less_than.is_none_or(|most| size < most)
        && tags.iter().all(|tag| object.tags.contains(tag))
}

/// The rules as they are stored: checked, and each with an id.
pub(super) fn checked(mut rules: Vec<LifecycleRule>) -> S3Result<Vec<LifecycleRule>> {
    check_versions(&rules)?;
    for (number, rule) in rules.iter_mut().enumerate() {
        check(rule)?;
        rule.id.get_or_insert_with(|| format!("generated-{number}"));
    }
    let mut ids: Vec<_> = rules.iter().map(|rule| &rule.id).collect();
    ids.sort();
    ids.dedup();
    if ids.len() < rules.len() {
        return Err(s3_error!(InvalidArgument, "Rule ID must be unique"));
    }
    Ok(rules)
}

/// A configuration has either filters or, as all had once, rules with a prefix of their own.
fn check_versions(rules: &[LifecycleRule]) -> S3Result<()> {
    let old = rules.iter().any(|rule| rule.prefix.is_some());
    if old && rules.iter().any(|rule| rule.filter.is_some()) {
        return Err(s3_error!(
            InvalidRequest,
            "Filter element can only be used in Lifecycle V2"
        ));
    }
    Ok(())
}

fn check(rule: &LifecycleRule) -> S3Result<()> {
    let ends = rule.expiration.is_some()
        || rule.abort_incomplete_multipart_upload.is_some()
        || rule.transitions.is_some()
        || rule.noncurrent_version_expiration.is_some();
    if !ends {
        return Err(s3_error!(
            InvalidRequest,
            "At least one action needs to be specified in a rule"
        ));
    }
    let days = rule
        .expiration
        .as_ref()
        .and_then(|expiration| expiration.days);
    if days.is_some_and(|days| days < 1) {
        return Err(s3_error!(
            InvalidArgument,
            "'Days' must be a positive integer"
        ));
    }
    if rule.filter.is_none() && rule.prefix.is_none() {
        return Err(s3_error!(MalformedXML, "a rule needs a filter or a prefix"));
    }
    Ok(())
}
