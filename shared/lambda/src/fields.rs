//! Reading an event's fields: absent and `null` are the same, anything else has its type.

use serde_json::{Map, Value};
use thiserror::Error;

/// Why an event is no request that a front door can have sent. Says which field is at fault and
/// repeats nothing of what stands in it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum Bent {
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("`{0}` has another type than it must have")]
    Type(&'static str),
    #[error("the method is no HTTP method")]
    Method,
    #[error("the path does not begin with a slash")]
    Path,
    #[error("a query string cannot have these characters")]
    Query,
    #[error("path and query string are too long")]
    TooLong,
    #[error("a header's name or value cannot be one, or there are too many")]
    Header,
    #[error("`Host` names no host")]
    Host,
}

/// A map's entries as pairs, a list of values being several of them.
pub(crate) type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// What is there under these names, each within the one before. (A JSON pointer would be taken apart,
/// and its parts copied, each time.)
pub(crate) fn at<'a>(event: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names
        .iter()
        .try_fold(event, |within, name| within.get(name))
}

pub(crate) fn text<'a>(event: &'a Value, name: &'static str) -> Result<Option<&'a str>, Bent> {
    match event.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Bent::Type(name)),
    }
}

/// The entries of the map `many`, which front doors fill with lists, or where that is empty of
/// the map `one`, which has one value for each name.
pub(crate) fn pairs<'a>(
    event: &'a Value,
    many: &'static str,
    one: &'static str,
) -> Result<Pairs<'a>, Bent> {
    let pairs = entries(event, many)?;
    if pairs.is_empty() {
        return entries(event, one);
    }
    Ok(pairs)
}

pub(crate) fn entries<'a>(event: &'a Value, name: &'static str) -> Result<Pairs<'a>, Bent> {
    let mut pairs = Vec::new();
    for (key, value) in map(event, name)?.into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::String(value) => pairs.push((key.as_str(), value.as_str())),
            Value::Array(values) => {
                for value in values {
                    let value = value.as_str().ok_or(Bent::Type(name))?;
                    pairs.push((key, value));
                }
            }
            _ => return Err(Bent::Type(name)),
        }
    }
    Ok(pairs)
}

fn map<'a>(event: &'a Value, name: &'static str) -> Result<Option<&'a Map<String, Value>>, Bent> {
    match event.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(Bent::Type(name)),
    }
}
