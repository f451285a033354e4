//! A proxy in front of Azurite that counts what passes through us.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use cloud_mirror_testkit::emulator;
use http::header;
use tokio::task::JoinHandle;

use crate::support::reader;

/// What passed through us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    /// The requests, each as `METHOD comp status`.
    pub(crate) requests: Vec<String>,
    /// The bytes of all bodies, both ways.
    pub(crate) bytes: usize,
}

/// The proxy. It ends when it is dropped.
pub(crate) struct Recorder {
    url: String,
    passed: Arc<Mutex<Passed>>,
    serving: JoinHandle<()>,
}

impl Recorder {
    pub(crate) async fn before_azurite() -> Self {
        let passed = Arc::default();
        let app = Router::new()
            .fallback(pass_on)
            .with_state(Arc::clone(&passed));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            passed,
            serving,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What has passed since the last time.
    pub(crate) fn passed(&self) -> Passed {
        std::mem::take(&mut *self.passed.lock().unwrap())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// As it came, `Host` and signature too: Azurite copies from nowhere but the host that it was asked by.
async fn pass_on(State(passed): State<Arc<Mutex<Passed>>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let sent = to_bytes(body, usize::MAX).await.unwrap();
    let sent_bytes = sent.len();
    parts.headers.remove(header::TRANSFER_ENCODING);
    let to = format!("{}{}", emulator::azurite(), parts.uri);
    let asked = reader()
        .request(parts.method.clone(), to)
        .headers(parts.headers);
    let answer = asked.body(sent).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let got = answer.bytes().await.unwrap();
    let query = parts.uri.query().unwrap_or_default();
    let comp = query.split('&').find_map(|pair| pair.strip_prefix("comp="));
    let request = format!(
        "{} {} {}",
        parts.method,
        comp.unwrap_or("-"),
        status.as_u16()
    );
    let mut passed = passed.lock().unwrap();
    passed.requests.push(request);
    passed.bytes += sent_bytes + got.len();
    let mut response = Response::new(Body::from(got));
    *response.status_mut() = status;
    for (name, value) in &headers {
        if name != header::TRANSFER_ENCODING && name != header::CONNECTION {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
