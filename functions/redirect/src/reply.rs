//! Answers as HTTP has them: a redirect, JSON, and what was refused.

use cloud_mirror_domain::rules::Refusal;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

/// The body of a redirect.
#[derive(Serialize)]
struct Found<'a> {
    status: &'a str,
    url: &'a str,
}

/// `302`, never 301 or 308: a permanent redirect outlives region, purge and expiry.
pub(crate) fn found(status: &str, url: &str, cache_control: &str) -> Response<String> {
    let mut response = json(StatusCode::FOUND, &Found { status, url });
    for (name, value) in [(LOCATION, url), (CACHE_CONTROL, cache_control)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response<String> {
    // Texts and numbers under names: there is nothing in them that could fail.
    let mut body = serde_json::to_string(body).unwrap_or_default();
    body.push('\n');
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The same for no cache to keep: it is true now only, or has an address in it that is signed.
pub(crate) fn unkept(status: StatusCode, body: &impl Serialize) -> Response<String> {
    let mut response = json(status, body);
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) fn error(status: StatusCode, word: &str, message: &str) -> Response<String> {
    unkept(status, &json!({ "error": word, "message": message }))
}

pub(crate) fn refusal(refusal: &Refusal) -> Response<String> {
    let (status, word) = refusal.status();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    error(status, word, &refusal.to_string())
}

pub(crate) fn no_such_route() -> Response<String> {
    error(
        StatusCode::NOT_FOUND,
        "no-such-route",
        "the routes are /v1/redirect/{service}/{region}/{url}, /v1/status/…, /v1/pools, /v1/ping and /v1/openapi.json, which describes them",
    )
}

pub(crate) fn wrong_method() -> Response<String> {
    let mut response = error(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        "ask with GET or HEAD",
    );
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}
