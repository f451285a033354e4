//! Serves the replicas of file pools, with ranges: `/pool/{service}/{region}/{base64url}`.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use cloud_mirror_domain::ports::PoolError;
use cloud_mirror_domain::rules::{PoolId, Rules};
use cloud_mirror_domain::url::read_path;
use cloud_mirror_files::{FilePool, Stored};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG,
    HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, LOCATION,
    RANGE,
};
use http::{HeaderMap, StatusCode};
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

/// The replicas of every file pool.
pub(crate) struct Replicas {
    rules: Rules,
    files: HashMap<PoolId, FilePool>,
}

impl Replicas {
    pub(crate) fn new(rules: Rules, files: HashMap<PoolId, FilePool>) -> Self {
        Self { rules, files }
    }

    pub(crate) fn pools(&self) -> Vec<FilePool> {
        self.files.values().cloned().collect()
    }

    /// Serves a replica, or sends the client to the origin where there is none (any more): it may
    /// have kept its redirect for longer than the replica lived.
    pub(crate) async fn serve(&self, request: Request) -> Response {
        let Some((pool, raw)) = parts_of(request.uri().path()) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        match self.find(&pool, raw).await {
            Ok(Some(stored)) => send(&stored, request).await,
            Ok(None) => self.origin(&pool, raw),
            Err(error) => {
                tracing::error!(%error, %pool, "fail-open: a replica could not be read");
                self.origin(&pool, raw)
            }
        }
    }

    async fn find(&self, pool: &PoolId, raw: &str) -> Result<Option<Stored>, PoolError> {
        match (self.files.get(pool), read_path(raw, None)) {
            (Some(pool), Ok(url)) => pool.open(&url).await,
            _ => Ok(None),
        }
    }

    /// Only where the rules allow it: never an open redirector.
    fn origin(&self, pool: &PoolId, raw: &str) -> Response {
        match self.rules.resolve(pool, raw, None) {
            Ok(target) => {
                let headers = [
                    (LOCATION, target.origin.as_str()),
                    (CACHE_CONTROL, "no-store"),
                ];
                (StatusCode::FOUND, headers).into_response()
            }
            Err(_) => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

/// The pool and the encoded URL of `/pool/{service}/{region}/{url}`.
fn parts_of(path: &str) -> Option<(PoolId, &str)> {
    let mut parts = path.strip_prefix("/pool/")?.splitn(3, '/');
    let (service, region) = (parts.next()?, parts.next()?);
    Some((PoolId::new(service, region), parts.next()?))
}

async fn send(stored: &Stored, mut request: Request) -> Response {
    if !judge(stored, request.headers_mut()) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        restate(stored, response.headers_mut());
        return response;
    }
    let file = ServeFile::new(&stored.path);
    let served = file.oneshot(request).await;
    let mut response = served
        .unwrap_or_else(|never: Infallible| match never {})
        .map(Body::new);
    // The file's own name and time say nothing: it lies under a hash.
    response.headers_mut().remove(CONTENT_TYPE);
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        restate(stored, response.headers_mut());
    }
    response
}

/// Judges the conditions on the entity tag, which the file service does not know, and leaves it
/// only a range that it may serve. Whether there is anything to send.
fn judge(stored: &Stored, headers: &mut HeaderMap) -> bool {
    if let Some(known) = headers.remove(IF_NONE_MATCH) {
        // An entity tag overrides a date (RFC 9110 §13.1.3).
        headers.remove(IF_MODIFIED_SINCE);
        let known = known.to_str().unwrap_or_default();
        let mut tags = known
            .split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"));
        if tags.any(|tag| tag == "*" || tag == stored.etag) {
            return false;
        }
    }
    let same = headers
        .remove(IF_RANGE)
        .is_none_or(|tag| tag == stored.etag.as_str());
    let single = headers.get(RANGE).and_then(|range| range.to_str().ok());
    let single = single.is_some_and(|range| range.starts_with("bytes=") && !range.contains(','));
    if !same || !single || stored.size == 0 {
        headers.remove(RANGE);
    }
    true
}

/// The headers that the source gave, byte for byte.
fn restate(stored: &Stored, headers: &mut HeaderMap) {
    let given = &stored.headers;
    let last_modified = SystemTime::UNIX_EPOCH + Duration::from_millis(stored.stored.as_millis());
    let restated: [(HeaderName, Option<&str>); 7] = [
        (CONTENT_TYPE, given.content_type.as_deref()),
        (CONTENT_ENCODING, given.content_encoding.as_deref()),
        (CONTENT_DISPOSITION, given.content_disposition.as_deref()),
        (CONTENT_LANGUAGE, given.content_language.as_deref()),
        (CACHE_CONTROL, given.cache_control.as_deref()),
        (ETAG, Some(&stored.etag)),
        (LAST_MODIFIED, Some(&httpdate::fmt_http_date(last_modified))),
    ];
    for (name, value) in restated {
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
}
