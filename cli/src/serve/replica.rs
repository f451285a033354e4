//! Serves the replicas of file pools, with ranges: `/pool/{service}/{region}/{base64url}`.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_domain::url::read_path;
use cloud_mirror_files::{FilePool, Stored};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG,
    HeaderName, HeaderValue, LAST_MODIFIED,
};
use http::{HeaderMap, StatusCode};
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

pub(crate) async fn serve(files: &HashMap<PoolId, FilePool>, request: Request) -> Response {
    match find(files, request.uri().path()).await {
        Ok(Some(stored)) => send(&stored, request).await,
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a replica could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn find(
    files: &HashMap<PoolId, FilePool>,
    path: &str,
) -> Result<Option<Stored>, cloud_mirror_domain::ports::PoolError> {
    let mut parts = path.trim_start_matches("/pool/").splitn(3, '/');
    let (Some(service), Some(region), Some(raw)) = (parts.next(), parts.next(), parts.next())
    else {
        return Ok(None);
    };
    let (pool, url) = (
        files.get(&PoolId::new(service, region)),
        read_path(raw, None),
    );
    match (pool, url) {
        (Some(pool), Ok(url)) => pool.open(&url).await,
        _ => Ok(None),
    }
}

async fn send(stored: &Stored, request: Request) -> Response {
    let file = ServeFile::new(&stored.path);
    let response = file
        .oneshot(request)
        .await
        .unwrap_or_else(|never: Infallible| match never {});
    let mut response = response.map(Body::new);
    // The file's own name and time say nothing: it lies under a hash.
    response.headers_mut().remove(CONTENT_TYPE);
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        restate(stored, response.headers_mut());
    }
    response
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
