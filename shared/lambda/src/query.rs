//! The query string, as far as the front door let it live.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use crate::fields::{Bent, Pairs, pairs, text};
use crate::kind::Kind;

/// What a decoded value must not show as itself. As little as possible: which of the other
/// characters the client escaped is forgotten, and most escape none of them.
const IN_A_VALUE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'+')
    .add(b'<')
    .add(b'>');
const IN_A_NAME: &AsciiSet = &IN_A_VALUE.add(b'=');

/// The query string without its `?`, empty where there is none.
///
/// A function URL and an HTTP API (2.0) pass it on as it came. The others make a map of it, whose
/// order is lost: the pairs are sorted by name, so that one query always reads the same. A load
/// balancer leaves names and values escaped, API Gateway decodes them.
pub(crate) fn query_of(kind: Kind, event: &Value) -> Result<String, Bent> {
    if kind == Kind::HttpV2 {
        return Ok(text(event, "rawQueryString")?.unwrap_or_default().into());
    }
    let pairs = pairs(
        event,
        "multiValueQueryStringParameters",
        "queryStringParameters",
    )?;
    Ok(match kind {
        Kind::Alb => joined(&pairs, |(name, value)| format!("{name}={value}")),
        _ => joined(&pairs, |(name, value)| {
            let name = utf8_percent_encode(name, IN_A_NAME);
            format!("{name}={}", utf8_percent_encode(value, IN_A_VALUE))
        }),
    })
}

fn joined(pairs: &Pairs<'_>, write: impl Fn(&(&str, &str)) -> String) -> String {
    let mut sorted: Vec<_> = pairs.iter().collect();
    // Stable: several values of one name stay in their order.
    sorted.sort_by_key(|(name, _)| *name);
    sorted.into_iter().map(write).collect::<Vec<_>>().join("&")
}
