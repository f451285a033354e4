//! The front door: which part of the process answers which path.

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::ready;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::serve::{IncomingStream, ListenerExt as _};
use cloud_mirror_config::Secret;
use cloud_mirror_domain::route::CallerAddress;
use cloud_mirror_purge::Purge;
use cloud_mirror_redirect::Redirect;
use futures::FutureExt as _;
use http::header::CONTENT_LENGTH;
use http::{Method, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::{ServiceExt as _, service_fn};
use tower_http::services::ServeDir;

use super::guard;
use super::replica::Replicas;

/// Everything that answers requests.
pub(crate) struct Doors {
    pub(crate) redirect: Arc<Redirect>,
    pub(crate) purge: Purge,
    pub(crate) purge_token: Option<Secret>,
    pub(crate) replicas: Replicas,
    pub(crate) origin_folder: PathBuf,
    /// `host[:port]` that requests must name, where addresses of what is private are answered.
    pub(crate) named: Option<String>,
}

/// Serves until told to stop, and then until everybody is answered.
pub(crate) async fn serve(listener: TcpListener, doors: Doors, mut stopped: watch::Receiver<bool>) {
    let doors = Arc::new(doors);
    // No routes: a plain URL in the path must arrive as it was sent, and patterns would want to match
    // its parts.
    let connected = service_fn(move |stream: IncomingStream<'_, _>| {
        let (doors, peer) = (Arc::clone(&doors), *stream.remote_addr());
        let answering =
            move |request| answer(Arc::clone(&doors), peer, request).map(Ok::<_, Infallible>);
        ready(Ok::<_, Infallible>(service_fn(answering)))
    });
    // Answers are small and complete: waiting to fill a packet costs 40 ms and gains nothing.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let served = axum::serve(listener, connected).with_graceful_shutdown(async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    });
    if let Err(error) = served.await {
        tracing::error!(%error, "the front door failed");
    }
}

async fn answer(doors: Arc<Doors>, peer: SocketAddr, mut request: Request) -> Response {
    let address = CallerAddress::of(peer.ip());
    request.extensions_mut().insert(address);
    let head = request.method() == Method::HEAD;
    let answered = to_its_end(async move { doors.answer(peer, request).await }).await;
    if head {
        without_body(answered)
    } else {
        answered
    }
}

/// A hit is answered at once. What has to wait goes on in a task of its own: a client that hangs up must
/// not take a claim or a purge with it that is half made.
async fn to_its_end<F>(answering: F) -> Response
where
    F: Future<Output = Response> + Send + 'static,
{
    // As a task would do it: a panic is one request's, and not its connection's.
    let mut answering = Box::pin(AssertUnwindSafe(answering).catch_unwind());
    let answered = match answering.as_mut().now_or_never() {
        Some(answered) => answered.ok(),
        None => tokio::spawn(answering).await.ok().and_then(Result::ok),
    };
    answered.unwrap_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// What a HEAD is told: the same, with the length of the body that a GET would be given. Nobody below
/// takes the body away where the client speaks HTTP/2. A body that is empty already says nothing of a
/// GET's.
fn without_body(mut response: Response) -> Response {
    let length = response.body().size_hint().exact();
    if let Some(length) = length.filter(|length| *length > 0) {
        let headers = response.headers_mut();
        headers
            .entry(CONTENT_LENGTH)
            .or_insert_with(|| length.into());
    }
    response.map(|_| Body::empty())
}

impl Doors {
    /// What is asked for less often than a redirect is boxed, so that no hit carries the room for it
    /// around.
    async fn answer(&self, peer: SocketAddr, request: Request) -> Response {
        let path = request.uri().path();
        if path.starts_with("/v1/purge/") {
            Box::pin(self.purge(peer, request)).await
        } else if path.starts_with("/origin/") {
            Box::pin(self.origin(request)).await
        } else if path.starts_with("/pool/") {
            Box::pin(self.replicas.serve(request)).await
        } else if self.is_named_by(&request) {
            self.redirect.handle(request).await.map(Body::from)
        } else {
            misdirected()
        }
    }

    fn is_named_by(&self, request: &Request) -> bool {
        let ours = self.named.as_deref();
        ours.is_none_or(|ours| guard::names_us(request.headers(), ours))
    }

    async fn purge(&self, peer: SocketAddr, mut request: Request) -> Response {
        match guard::principal(self.purge_token.as_ref(), request.headers(), peer) {
            Some(principal) => {
                request.extensions_mut().insert(principal);
                self.purge.handle(request).await.map(Body::from)
            }
            None => forbidden(),
        }
    }

    async fn origin(&self, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path().strip_prefix("/origin").unwrap_or("/");
        match path.parse() {
            Ok(uri) => parts.uri = uri,
            Err(_) => return StatusCode::NOT_FOUND.into_response(),
        }
        let served = self.samples().oneshot(Request::from_parts(parts, body));
        served
            .await
            .unwrap_or_else(|never: Infallible| match never {})
            .map(Body::new)
    }
}

impl Doors {
    /// Without the redirects from a folder to its slash, which would lead out of `/origin/`.
    fn samples(&self) -> ServeDir {
        ServeDir::new(&self.origin_folder).append_index_html_on_directories(false)
    }
}

fn forbidden() -> Response {
    let body = json!({
        "error": "not-authorised",
        "message": "purge with `Authorization: Bearer …`, or where no token is configured, from this machine",
    });
    let headers = [
        (http::header::CONTENT_TYPE, "application/json"),
        (http::header::CACHE_CONTROL, "no-store"),
        (http::header::WWW_AUTHENTICATE, "Bearer"),
    ];
    (StatusCode::UNAUTHORIZED, headers, format!("{body}\n")).into_response()
}

fn misdirected() -> Response {
    let body = json!({
        "error": "misdirected",
        "message": "this mirror has private sources and does not know the host that the request names; ask it by its address, or name that host with --public-host",
    });
    let headers = [
        (http::header::CONTENT_TYPE, "application/json"),
        (http::header::CACHE_CONTROL, "no-store"),
    ];
    (
        StatusCode::MISDIRECTED_REQUEST,
        headers,
        format!("{body}\n"),
    )
        .into_response()
}
