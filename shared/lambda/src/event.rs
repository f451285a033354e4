//! An event, read as a request.

use cloud_mirror_domain::route::{CallerAddress, RawPath};
use http::header::{HOST, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, Request, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use crate::fields::{Bent, at, entries, pairs, text};
use crate::kind::Kind;
use crate::query::query_of;

/// The IAM principal in whose name the front door let the request in, where it asked for one. An
/// extension of every request that comes from an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(pub Option<String>);

/// What a URI's path cannot show as itself. A `%` stays: a front door that keeps the path encoded
/// means an escape by it.
const IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The request that an event carries. Its URI is always one; the path as it came is beside it, as
/// [`RawPath`], who asks, as [`Caller`], and from where, as [`CallerAddress`], where that can be read.
/// There is no body: no route reads one.
pub(crate) fn request_of(kind: Kind, event: &Value) -> Result<Request<()>, Bent> {
    let path = path_of(kind, event)?;
    let mut request = Request::new(());
    *request.method_mut() = method_of(kind, event)?;
    *request.uri_mut() = uri(path, &query_of(kind, event)?)?;
    *request.headers_mut() = headers_of(kind, event)?;
    request.extensions_mut().insert(RawPath(path.to_owned()));
    request.extensions_mut().insert(caller_of(kind, event));
    if let Some(address) = address_of(kind, event, request.headers()) {
        request.extensions_mut().insert(address);
    }
    Ok(request)
}

fn method_of(kind: Kind, event: &Value) -> Result<Method, Bent> {
    let method = match kind {
        Kind::HttpV2 => {
            at(event, &["requestContext", "http"]).map_or(Ok(None), |http| text(http, "method"))
        }
        Kind::Rest | Kind::HttpV1 | Kind::Alb => text(event, "httpMethod"),
    };
    let method = method?.ok_or(Bent::Missing("method"))?;
    Method::from_bytes(method.as_bytes()).map_err(|_| Bent::Method)
}

fn path_of(kind: Kind, event: &Value) -> Result<&str, Bent> {
    let name = match kind {
        Kind::HttpV2 => "rawPath",
        Kind::Rest | Kind::HttpV1 | Kind::Alb => "path",
    };
    let path = text(event, name)?.ok_or(Bent::Missing(name))?;
    if !path.starts_with('/') {
        return Err(Bent::Path);
    }
    Ok(match kind {
        // A REST API's path has no stage, and a stage may well be called `v1`.
        Kind::Rest | Kind::Alb => path,
        Kind::HttpV1 | Kind::HttpV2 => without_stage(path, stage_of(event)),
    })
}

fn stage_of(event: &Value) -> Option<&str> {
    let stage = at(event, &["requestContext", "stage"])?.as_str()?;
    // The default stage is not seen in the path.
    (stage != "$default" && !stage.is_empty()).then_some(stage)
}

/// The path behind `/{stage}`, once and only as a whole segment.
fn without_stage<'a>(path: &'a str, stage: Option<&str>) -> &'a str {
    let rest = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    match rest {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

fn uri(path: &str, query: &str) -> Result<Uri, Bent> {
    // The parser would silently end the query there.
    if query.contains('#') {
        return Err(Bent::Query);
    }
    let mark = if query.is_empty() { "" } else { "?" };
    let parts = utf8_percent_encode(path, IN_A_PATH).chain([mark, query]);
    let written: String = parts.collect();
    // The parser's own limit.
    if written.len() >= usize::from(u16::MAX) {
        return Err(Bent::TooLong);
    }
    // The path is escaped, so that whatever is still wrong stands in the query.
    let written = PathAndQuery::try_from(written).map_err(|_| Bent::Query)?;
    Ok(Uri::from(written))
}

fn headers_of(kind: Kind, event: &Value) -> Result<HeaderMap, Bent> {
    let pairs = match kind {
        Kind::HttpV2 => entries(event, "headers")?,
        Kind::Rest | Kind::HttpV1 | Kind::Alb => pairs(event, "multiValueHeaders", "headers")?,
    };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Bent::Header)?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| Bent::Header)?;
        // `append` would panic where the map is full.
        headers.try_append(name, value).map_err(|_| Bent::Header)?;
    }
    check_host(&headers)?;
    Ok(headers)
}

/// Nobody here goes by the host, but a request with a bad one is to be refused (RFC 9112, 3.2).
fn check_host(headers: &HeaderMap) -> Result<(), Bent> {
    match headers.get(HOST) {
        Some(host) if Authority::try_from(host.as_bytes()).is_err() => Err(Bent::Host),
        _ => Ok(()),
    }
}

fn caller_of(kind: Kind, event: &Value) -> Caller {
    let place: &[_] = match kind {
        Kind::HttpV2 => &["requestContext", "authorizer", "iam", "userArn"],
        Kind::Rest | Kind::HttpV1 => &["requestContext", "identity", "userArn"],
        Kind::Alb => return Caller(None),
    };
    let arn = at(event, place).and_then(Value::as_str);
    Caller(arn.filter(|arn| !arn.is_empty()).map(str::to_owned))
}

/// The address of whoever the front door spoke with, in the front door's own words: the caller, or a
/// proxy or an edge in front of it. Never what the caller may have written; bent, it is not known.
fn address_of(kind: Kind, event: &Value, headers: &HeaderMap) -> Option<CallerAddress> {
    let place: &[_] = match kind {
        Kind::HttpV2 => &["requestContext", "http", "sourceIp"],
        Kind::Rest | Kind::HttpV1 => &["requestContext", "identity", "sourceIp"],
        Kind::Alb => return appended(headers),
    };
    CallerAddress::read(at(event, place)?.as_str()?)
}

/// A load balancer's context has no address. It appends the one it spoke with to `X-Forwarded-For`: what
/// stands before the last comma, or on a line before the last, came with the request. (Unless it is
/// told to `preserve` the header: `docs/OPERATIONS.md` says why not to.)
fn appended(headers: &HeaderMap) -> Option<CallerAddress> {
    let line = headers.get_all("x-forwarded-for").into_iter().next_back()?;
    let last = line.to_str().ok()?.rsplit(',').next()?;
    CallerAddress::read(last)
}
