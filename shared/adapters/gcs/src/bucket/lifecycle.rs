//! The rules by which replicas and unfinished uploads end, beside those of others.

use std::time::Duration;

use serde_json::{Value, json};

use super::Change;
use crate::staging::STAGING;

/// How long an unfinished upload is kept, in days.
const UPLOAD_DAYS: u64 = 7;

const DAY_SECONDS: u64 = 24 * 3600;

/// The lifecycle with our rules in it and all others as they were; none where it has them.
///
/// Google's rules have no names. One of ours is known by what it is about: it has our action, and age
/// as its only condition. An operator's rule of that kind would be about the same objects, and is
/// replaced: a shorter one would delete replicas that entries still rely on.
pub(super) fn needed(lifespan: Duration, found: &Value) -> Option<Change> {
    let mut ours = vec![
        rule("Delete", days(lifespan)),
        rule("AbortIncompleteMultipartUpload", UPLOAD_DAYS),
    ];
    if days(lifespan) > UPLOAD_DAYS {
        ours.push(unpublished());
    }
    let found = found["rule"].as_array().cloned().unwrap_or_default();
    let (alike, others): (Vec<Value>, Vec<Value>) = found.into_iter().partition(is_like_ours);
    let as_wished = alike.len() == ours.len() && ours.iter().all(|rule| alike.contains(rule));
    let words = format!(
        "delete objects after {} days, and unfinished uploads after {UPLOAD_DAYS}, by the lifecycle",
        days(lifespan)
    );
    (!as_wished).then(|| Change {
        field: "lifecycle",
        value: json!({"rule": others.into_iter().chain(ours).collect::<Vec<_>>()}),
        words,
    })
}

fn rule(action: &str, age: u64) -> Value {
    json!({"action": {"type": action}, "condition": {"age": age}})
}

/// What parts were completed to, and nobody published, ends with the uploads: not as late as replicas,
/// where these live longer.
fn unpublished() -> Value {
    let mut rule = rule("Delete", UPLOAD_DAYS);
    rule["condition"]["matchesPrefix"] = json!([format!("{STAGING}/")]);
    rule
}

fn is_like_ours(rule: &Value) -> bool {
    let action = rule["action"]["type"].as_str().unwrap_or_default();
    let condition = rule["condition"].as_object();
    let by_age = condition.is_some_and(|all| all.len() == 1 && all.contains_key("age"));
    let by_age = by_age && matches!(action, "Delete" | "AbortIncompleteMultipartUpload");
    by_age || *rule == unpublished()
}

/// Whole days, rounded up: entries rely on a replica for its whole lifespan.
fn days(lifespan: Duration) -> u64 {
    lifespan.as_secs().div_ceil(DAY_SECONDS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

    fn foreign() -> Value {
        json!({"action": {"type": "Delete"}, "condition": {"age": 3, "matchesPrefix": ["logs/"]}})
    }

    #[test]
    fn our_rules_are_added_once_and_others_stay() {
        let found = json!({"rule": [foreign()]});
        let lifecycle = needed(WEEK, &found).unwrap().value;
        assert_eq!(lifecycle["rule"].as_array().unwrap().len(), 3);
        assert_eq!(lifecycle["rule"][0], foreign());
        assert!(needed(WEEK, &lifecycle).is_none());
    }

    #[test]
    fn a_longer_lifespan_leaves_no_shorter_rule_behind() {
        let week = needed(WEEK, &Value::Null).unwrap().value;
        let longer = needed(2 * WEEK, &week).unwrap();
        let rules = longer.value["rule"].as_array().unwrap().iter();
        let ages: Vec<_> = rules
            .map(|rule| rule["condition"]["age"].as_u64())
            .collect();
        assert_eq!(ages, [Some(14), Some(7), Some(7)]);
        assert!(longer.words.contains("14 days"), "{}", longer.words);
    }

    #[test]
    fn what_was_never_published_does_not_live_as_long_as_replicas() {
        let month = needed(30 * WEEK / 7, &json!({"rule": [foreign()]})).unwrap();
        let unpublished = json!({
            "action": {"type": "Delete"},
            "condition": {"age": 7, "matchesPrefix": ["cloud-mirror-uploads/"]},
        });
        let rules = month.value["rule"].as_array().unwrap();
        assert!(rules.contains(&unpublished), "{rules:?}");
        assert_eq!(rules.len(), 4);
        assert!(needed(30 * WEEK / 7, &month.value).is_none());
        let week = needed(WEEK, &month.value).unwrap().value;
        assert!(!week["rule"].as_array().unwrap().contains(&unpublished));
        assert_eq!(week["rule"][0], foreign());
    }

    #[test]
    fn a_lifespan_is_rounded_up_to_whole_days() {
        for (seconds, expected) in [(1, 1), (86_400, 1), (86_401, 2), (7 * 86_400, 7)] {
            assert_eq!(days(Duration::from_secs(seconds)), expected, "{seconds}");
        }
    }
}
