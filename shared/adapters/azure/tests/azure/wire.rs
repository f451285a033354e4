//! A server that answers what a test tells it to, and keeps what it was asked: for what no emulator
//! can do, and for what goes over the wire.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use cloud_mirror_azure::AzureClients;
use http::{HeaderMap, Method, StatusCode};
use tokio::task::JoinHandle;

use crate::support::clients_of;

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) method: Method,
    /// Escaped, without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Heard {
    /// The value of a header that must be there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .unwrap_or_else(|| panic!("{name} in {self:?}"))
            .to_str()
            .unwrap()
    }

    /// Whether it was signed with the account's key.
    pub(crate) fn is_signed(&self) -> bool {
        let signed = self.header("authorization");
        let signature = signed.strip_prefix(&format!("SharedKey {ACCOUNT}:"));
        signature.is_some_and(|signature| signature.len() == 44)
    }
}

/// What one request is answered.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
    after: Duration,
}

impl Answer {
    pub(crate) fn of(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::empty(),
            after: Duration::ZERO,
        }
    }

    /// The same, that late.
    pub(crate) fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }

    /// A refusal by that word of Azure's.
    pub(crate) fn refusal(status: u16, code: &str) -> Self {
        Self::of(status).header("x-ms-error-code", code)
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Body>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }
}

pub(crate) const ACCOUNT: &str = "acme";
const KEY: &str = "a2V5IG9mIGFjbWU=";

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    heard: Vec<Heard>,
}

/// The server. It ends when it is dropped.
pub(crate) struct Wire {
    url: String,
    script: Arc<Mutex<Script>>,
    serving: JoinHandle<()>,
}

impl Wire {
    /// Answers so many requests, in that order; any more with 400.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Arc::new(Mutex::new(Script {
            answers: answers.into_iter().collect(),
            ..Script::default()
        }));
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            script,
            serving,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Clients of it that hold an account's key.
    pub(crate) fn by_key(&self) -> AzureClients {
        self.clients(&[
            ("AZURE_STORAGE_ACCOUNT", ACCOUNT),
            ("AZURE_STORAGE_ACCOUNT_KEY", KEY),
        ])
    }

    /// Clients of it that hold an identity's token.
    pub(crate) fn by_token(&self) -> AzureClients {
        self.clients(&[("AZURE_STORAGE_TOKEN", "token-of-ours")])
    }

    /// Clients of it in that environment.
    pub(crate) fn clients(&self, variables: &[(&str, &str)]) -> AzureClients {
        clients_of(&self.url, variables)
    }

    /// Answers so many more.
    pub(crate) fn goes_on_with(&self, answers: impl IntoIterator<Item = Answer>) {
        self.script.lock().unwrap().answers.extend(answers);
    }

    /// What was asked since the last time, in order.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.script.lock().unwrap().heard)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let answer = {
        let mut script = script.lock().unwrap();
        script.heard.push(Heard {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
        });
        let unexpected = || Answer::refusal(400, "NobodyExpectedThis");
        script.answers.pop_front().unwrap_or_else(unexpected)
    };
    tokio::time::sleep(answer.after).await;
    let mut response = Response::new(answer.body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
