//! `/v1/openapi.json`: the description of this API, by the running version and with its pools.

use std::collections::BTreeSet;

use cloud_mirror_domain::rules::Rules;
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
    let purged: Vec<_> = regions.iter().copied().chain(["all"]).collect();
    DOCUMENT
        .replace(
            "\"{version}\"",
            &json!(env!("CARGO_PKG_VERSION")).to_string(),
        )
        .replace("\"{services}\"", &json!(services).to_string())
        .replace("\"{regions}\"", &json!(regions).to_string())
        .replace("\"{purge_regions}\"", &json!(purged).to_string())
}

#[cfg(test)]
mod tests;
