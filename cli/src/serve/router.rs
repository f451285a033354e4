//! The front door: which part of the process answers which path.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use cloud_mirror_config::Secret;
use cloud_mirror_domain::route::CallerAddress;
use cloud_mirror_purge::Purge;
use cloud_mirror_redirect::Redirect;
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt as _;
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
    // One fallback instead of routes: a plain URL in the path must arrive as it was sent, and
    // patterns would want to match its parts.
    let app = Router::new().fallback(answer).with_state(Arc::new(doors));
    // Answers are small and complete: waiting to fill a packet costs 40 ms and gains nothing.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let served = axum::serve(
        listener,
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    })
    .await;
    if let Err(error) = served {
        tracing::error!(%error, "the front door failed");
    }
}

/// In a task of its own: a client that hangs up must not take a claim or a purge with it that
/// is half made.
async fn answer(
    State(doors): State<Arc<Doors>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    let address = CallerAddress::of(peer.ip());
    request.extensions_mut().insert(address);
    let answered = tokio::spawn(async move { doors.answer(peer, request).await }).await;
    answered.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

impl Doors {
    async fn answer(&self, peer: SocketAddr, request: Request) -> Response {
        let path = request.uri().path();
        if path.starts_with("/v1/purge/") {
            self.purge(peer, request).await
        } else if path.starts_with("/origin/") {
            self.origin(request).await
        } else if path.starts_with("/pool/") {
            self.replicas.serve(request).await
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
