//! Answers, in the shape that the front door reads.

use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::kind::Kind;

/// The answer as this front door wants it. `head` says that the request was a HEAD.
///
/// A header that is given more than once stays so where the shape has lists, and is joined with
/// commas where it has not (no route sets cookies, the one header that may not be joined).
pub(crate) fn shaped(kind: Kind, head: bool, response: Response<String>) -> Value {
    let status = response.status();
    let (parts, body) = framed(head, response).into_parts();
    let mut answer = Map::new();
    answer.insert("statusCode".into(), status.as_u16().into());
    if matches!(kind, Kind::Rest | Kind::HttpV1 | Kind::Alb) {
        answer.insert("multiValueHeaders".into(), listed(&parts.headers));
    }
    // API Gateway would merge both maps; a load balancer reads the one that it is set to.
    if matches!(kind, Kind::HttpV2 | Kind::Alb) {
        answer.insert("headers".into(), joined(&parts.headers));
    }
    if kind == Kind::Alb {
        let reason = status.canonical_reason().unwrap_or_default();
        let description = format!("{} {reason}", status.as_u16());
        answer.insert("statusDescription".into(), description.trim_end().into());
    }
    answer.insert("body".into(), body.into());
    answer.insert("isBase64Encoded".into(), false.into());
    answer.into()
}

/// An answer that no handler gave.
pub(crate) fn problem(status: StatusCode, word: &str, message: &str) -> Response<String> {
    let body = json!({ "error": word, "message": message });
    let mut response = Response::new(format!("{body}\n"));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Leaves the body's length to the front door, which knows what it sends, except where nobody can
/// know it: a HEAD is told the length of the body that a GET would bring. A front door that counts
/// for itself (API Gateway, a load balancer) replaces, renames or drops it; none is hurt by it.
fn framed(head: bool, response: Response<String>) -> Response<String> {
    let length = response.body().len();
    let (mut parts, mut body) = response.into_parts();
    if head {
        body.clear();
        parts
            .headers
            .entry(CONTENT_LENGTH)
            .or_insert_with(|| length.into());
    } else {
        parts.headers.remove(CONTENT_LENGTH);
    }
    Response::from_parts(parts, body)
}

fn listed(headers: &HeaderMap) -> Value {
    each(headers, Value::from)
}

fn joined(headers: &HeaderMap) -> Value {
    each(headers, |values| values.join(", ").into())
}

fn each(headers: &HeaderMap, write: impl Fn(Vec<String>) -> Value) -> Value {
    let names = headers.keys().map(|name| {
        let values = headers.get_all(name).iter().map(text);
        (name.to_string(), write(values.collect()))
    });
    names.collect::<Map<_, _>>().into()
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
