//! Conditions on what exists.

use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use s3s::dto::{ETag, ETagCondition};
use s3s::{S3Error, S3Result, s3_error};

use super::object::Object;
use super::settings::Settings;

/// `If-Match` and `If-None-Match` of a write.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
}

impl Settings {
    /// The conditions of an operation, from the headers, since the protocol's crate does not know
    /// them on copies.
    pub(super) fn conditions(&self, operation: &str, headers: &HeaderMap) -> S3Result<Conditions> {
        if !self.minds_conditions_of(operation) {
            return Ok(Conditions::default());
        }
        Ok(Conditions {
            if_match: parsed(headers, &IF_MATCH)?,
            if_none_match: parsed(headers, &IF_NONE_MATCH)?,
        })
    }
}

impl Conditions {
    /// Whether a write is allowed over what exists. As documented, `If-None-Match` takes nothing but
    /// `*`, and `If-Match` on what is absent is 404.
    pub(super) fn allow(&self, existing: Option<&Object>) -> S3Result<()> {
        match &self.if_none_match {
            Some(ETagCondition::ETag(_)) => {
                return Err(s3_error!(NotImplemented, "If-None-Match takes only *"));
            }
            Some(ETagCondition::Any) if existing.is_some() => return Err(unmet("If-None-Match")),
            _ => {}
        }
        match (&self.if_match, existing) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(s3_error!(NoSuchKey, "The specified key does not exist.")),
            (Some(condition), Some(object)) => matching(Some(condition), object, "If-Match"),
        }
    }

    /// Whether a deletion is allowed. An etag that nothing has any more is no obstacle; `*` asks that
    /// there is something.
    pub(super) fn allow_deletion(&self, existing: Option<&Object>) -> S3Result<()> {
        match (&self.if_match, existing) {
            (Some(ETagCondition::Any), None) => Err(unmet("If-Match")),
            (condition, Some(object)) => matching(condition.as_ref(), object, "If-Match"),
            (_, None) => Ok(()),
        }
    }
}

fn parsed(headers: &HeaderMap, name: &HeaderName) -> S3Result<Option<ETagCondition>> {
    headers
        .get(name)
        .map(|value| ETagCondition::parse_http_header(value.as_bytes()))
        .transpose()
        .map_err(|_| s3_error!(InvalidArgument, "{name} is no etag"))
}

/// Refuses (412) an object that does not match.
pub(super) fn matching(
    condition: Option<&ETagCondition>,
    object: &Object,
    name: &str,
) -> S3Result<()> {
    match condition {
        Some(condition) if !is(condition, object) => Err(unmet(name)),
        _ => Ok(()),
    }
}

/// Whether an object may be read under the conditions of a GET or a HEAD.
pub(super) fn readable(
    object: &Object,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    matching(if_match, object, "If-Match")?;
    match excluded(if_none_match, object) {
        true => Err(s3_error!(NotModified)),
        false => Ok(()),
    }
}

/// Whether an object is the one that is not wanted.
pub(super) fn excluded(condition: Option<&ETagCondition>, object: &Object) -> bool {
    condition.is_some_and(|condition| is(condition, object))
}

fn is(condition: &ETagCondition, object: &Object) -> bool {
    condition
        .as_etag()
        .is_none_or(|etag| ETag::value(etag) == object.etag)
}

pub(super) fn unmet(name: &str) -> S3Error {
    s3_error!(
        PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold: {name}"
    )
}
