//! What a source says of storing its object, before a byte of it is kept.

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::SourceFacts;
use cloud_mirror_domain::rules::SourceRule;

/// A source may say whatever it likes, at any length.
const MOST_CHARACTERS: usize = 200;

/// Fails where the source forbids storing, unless its rule says not to ask. Every answer about the
/// object is judged: HEAD and GET are not always answered by the same program.
pub(crate) fn allowed(rule: &SourceRule, facts: &SourceFacts) -> Result<(), Failure> {
    let forbidding = facts
        .forbids_storing()
        .filter(|_| !rule.ignore_cache_control);
    let Some(directive) = forbidding else {
        return Ok(());
    };
    let said = facts.headers.cache_control.as_deref().unwrap_or(directive);
    let said: String = said.chars().take(MOST_CHARACTERS).collect();
    let detail = format!("the source's answer is {directive}: Cache-Control: {said:?}");
    Err(Failure::new(Kind::NotStorable, detail))
}
