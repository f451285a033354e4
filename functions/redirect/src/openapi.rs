//! `/v1/openapi.json`: the description of this API, by the running version and with its pools.

use std::collections::BTreeSet;

use cloud_mirror_domain::rules::{AUTO, Rules};
use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

/// Text, so that nothing can fail when it is asked for. What only the running process knows stands
/// in it as a word in braces: see [`document`].
///
/// OpenAPI 3.1, whose schemas are JSON Schema itself (`const`, `null` as a type, a reference with
/// neighbours), and not 3.0. Written by hand and compared with the code by tests, because what
/// derives it from types knows nothing of headers and of which error comes with which status.
const DOCUMENT: &str = include_str!("openapi.json");

/// The answer.
pub(crate) fn answer(rules: &Rules) -> Response<String> {
    let mut response = Response::new(document(rules));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Pools are told anyway, by `/v1/pools`; source rules are not told to those who ask, so the
/// examples of `{url}` are nobody's.
fn document(rules: &Rules) -> String {
    let pools = || rules.pools.iter().map(|pool| &pool.id);
    let services: BTreeSet<_> = pools().map(|id| id.service.as_str()).collect();
    let regions: BTreeSet<_> = pools().map(|id| id.region.as_str()).collect();
    [
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("services", json!(and(&services, AUTO))),
        ("regions", json!(and(&regions, AUTO))),
        ("purge_services", json!(services)),
        ("purge_regions", json!(and(&regions, "all"))),
    ]
    .iter()
    .fold(DOCUMENT.to_owned(), |document, (blank, filled)| {
        document.replace(&format!("\"{{{blank}}}\""), &filled.to_string())
    })
}

/// Those names, and a word that stands for others.
fn and<'a>(names: &BTreeSet<&'a str>, word: &'a str) -> Vec<&'a str> {
    names.iter().copied().chain([word]).collect()
}

#[cfg(test)]
mod tests;
