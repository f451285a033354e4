//! An origin of one huge object, under every path: sized, strongly tagged, and resumable.

use std::convert::Infallible;
use std::ops::Range;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use tokio::net::TcpListener;

use crate::{Outcome, child, pattern};

const ETAG: &str = "\"pattern\"";

/// Serves until the standard input ends. Says its address first.
pub(crate) async fn run(size: u64) -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    child::say(&format!("http://{}", listener.local_addr()?))?;
    let router = Router::new().fallback(get(object)).with_state(size);
    tokio::select! {
        served = axum::serve(listener, router) => Ok(served?),
        done = child::until_done(|| Ok(())) => done,
    }
}

async fn object(State(size): State<u64>, headers: HeaderMap) -> Result<Response, StatusCode> {
    let asked = range(&headers, size);
    let served = asked.clone().unwrap_or(0..size);
    let answer = Response::builder()
        .header(header::ETAG, ETAG)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, served.end - served.start);
    let answer = match asked {
        Some(Range { start, end }) => answer.status(StatusCode::PARTIAL_CONTENT).header(
            header::CONTENT_RANGE,
            format!("bytes {start}-{}/{size}", end - 1),
        ),
        None => answer,
    };
    let chunks = pattern::chunks(served).map(Ok::<_, Infallible>);
    let body = Body::from_stream(futures::stream::iter(chunks));
    answer
        .body(body)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// What is asked for, in the one form that a copier uses: from a byte to the end, of the same object.
fn range(headers: &HeaderMap, size: u64) -> Option<Range<u64>> {
    let text = |name| headers.get(name)?.to_str().ok();
    let same = text(header::IF_RANGE).is_none_or(|etag| etag == ETAG);
    let first = text(header::RANGE)?.strip_prefix("bytes=")?;
    let first: u64 = first.strip_suffix('-')?.parse().ok()?;
    (same && first < size).then_some(first..size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_goes_on_where_it_broke_if_it_is_the_same() {
        let asked = |range: &str, etag: &str| {
            let headers = [(header::RANGE, range), (header::IF_RANGE, etag)];
            let headers = headers.map(|(name, value)| (name, value.parse().unwrap()));
            super::range(&HeaderMap::from_iter(headers), 100)
        };
        assert_eq!(asked("bytes=7-", ETAG), Some(7..100));
        assert_eq!(asked("bytes=7-", "\"another\""), None);
        assert_eq!(asked("bytes=100-", ETAG), None);
        assert_eq!(range(&HeaderMap::new(), 100), None);
    }
}
