//! The parts of AWS that no other server of ours plays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use reqwest::redirect::Policy;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::process::client;

/// Lambda, as far as concurrency goes, of an account with one copier. It ends when it is dropped.
pub(crate) struct Lambda {
    server: Server,
    account: Arc<Account>,
}

struct Account {
    limit: AtomicU64,
    reserved: AtomicU64,
    refusal: AtomicU16,
}

impl Lambda {
    /// An account that may run so many functions at once, of which so many are the copier's own.
    pub(crate) async fn start(limit: u64, reserved: u64) -> Self {
        let account = Arc::new(Account {
            limit: limit.into(),
            reserved: reserved.into(),
            refusal: 0.into(),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&account));
        let server = Server::start(router).await;
        Self { server, account }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url.clone()
    }

    /// So many functions may run at once, of which so many are the copier's own.
    pub(crate) fn limit(&self, limit: u64, reserved: u64) {
        self.account.limit.store(limit, Ordering::SeqCst);
        self.account.reserved.store(reserved, Ordering::SeqCst);
    }

    /// Answers everybody with this status.
    pub(crate) fn refuse(&self, status: u16) {
        self.account.refusal.store(status, Ordering::SeqCst);
    }
}

/// Only what is signed for Lambda is answered.
async fn answer(State(account): State<Arc<Account>>, request: Request) -> Response {
    let signature = request.headers().get("authorization");
    let signature = signature.and_then(|value| value.to_str().ok());
    let signed = signature.is_some_and(|value| value.contains("/us-east-1/lambda/aws4_request"));
    let refusal = account.refusal.load(Ordering::SeqCst);
    if let Some(status) = StatusCode::from_u16(refusal).ok().filter(|_| refusal != 0) {
        return status.into_response();
    }
    let (limit, reserved) = (
        account.limit.load(Ordering::SeqCst),
        account.reserved.load(Ordering::SeqCst),
    );
    let settings = json!({"AccountLimit": {
        "ConcurrentExecutions": limit,
        "UnreservedConcurrentExecutions": limit - reserved,
    }});
    match request.uri().path() {
        "/2016-08-19/account-settings/" if signed => settings.to_string().into_response(),
        "/2019-09-30/functions/copier/concurrency" if signed && reserved == 0 => {
            "{}".into_response()
        }
        "/2019-09-30/functions/copier/concurrency" if signed => {
            json!({"ReservedConcurrentExecutions": reserved})
                .to_string()
                .into_response()
        }
        _ => StatusCode::FORBIDDEN.into_response(),
    }
}

/// A service whose clock is an hour off: it passes everything on and sets the date.
pub(crate) struct OtherTime(Server);

#[derive(Clone)]
struct Behind {
    url: String,
    ahead: bool,
}

impl OtherTime {
    /// In front of the service at that address, an hour ahead or an hour behind.
    pub(crate) async fn in_front_of(url: &str, ahead: bool) -> Self {
        let behind = Behind {
            url: url.to_owned(),
            ahead,
        };
        let router = Router::new().fallback(pass_on).with_state(behind);
        Self(Server::start(router).await)
    }

    pub(crate) fn url(&self) -> String {
        self.0.url.clone()
    }
}

async fn pass_on(State(behind): State<Behind>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = to_bytes(body, usize::MAX).await.unwrap();
    let address = format!("{}{}", behind.url, parts.uri.path());
    let asking = client(Policy::none()).request(parts.method, address);
    let answer = asking
        .headers(parts.headers)
        .body(body)
        .send()
        .await
        .unwrap();
    let (status, mut headers) = (answer.status(), HeaderMap::new());
    for name in ["content-type", "x-amz-crc32"] {
        if let Some(value) = answer.headers().get(name) {
            headers.insert(name, value.clone());
        }
    }
    headers.insert("date", date(behind.ahead).parse().unwrap());
    (status, headers, answer.bytes().await.unwrap()).into_response()
}

#[allow(
    clippy::disallowed_methods,
    reason = "the other clock is off the machine's own"
)]
fn date(ahead: bool) -> String {
    let (now, hour) = (SystemTime::now(), Duration::from_secs(3_600));
    httpdate::fmt_http_date(if ahead { now + hour } else { now - hour })
}

/// Where nobody answers: what connects is cut off. The port stays its own.
pub(crate) struct Nobody {
    url: String,
    hanging_up: JoinHandle<()>,
}

impl Nobody {
    pub(crate) async fn answers() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let hanging_up = tokio::spawn(async move {
            loop {
                drop(listener.accept().await);
            }
        });
        Self { url, hanging_up }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for Nobody {
    fn drop(&mut self) {
        self.hanging_up.abort();
    }
}

/// A server on a free port, until it is dropped.
struct Server {
    url: String,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { url, serving }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
