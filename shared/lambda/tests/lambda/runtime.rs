//! The function's whole life: `serve`, in a process of its own, over a runtime interface of ours.

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use cloud_mirror_domain::trace::Trace;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, mpsc};

use crate::fixtures::event;

/// The trace of every invocation.
const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// What the function says of an event: its id, `response` or `error`, and the words.
type Said = (String, String, Value);

struct Lambda {
    /// Taken from one by one; then the function waits for ever, as in an idle environment.
    events: Mutex<Vec<Value>>,
    said: mpsc::UnboundedSender<Said>,
}

async fn next(State(lambda): State<Arc<Lambda>>) -> impl IntoResponse {
    let (left, event) = {
        let mut events = lambda.events.lock().unwrap();
        (events.len(), events.pop())
    };
    let Some(event) = event else {
        return std::future::pending().await;
    };
    let mut headers = HeaderMap::new();
    let id = format!("invocation-{left}");
    for (name, value) in [
        ("lambda-runtime-aws-request-id", id.as_str()),
        ("lambda-runtime-deadline-ms", "99999999999999"),
        ("lambda-runtime-trace-id", TRACE),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:1:function:f",
        ),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    (headers, event.to_string())
}

async fn said(
    State(lambda): State<Arc<Lambda>>,
    Path((id, how)): Path<(String, String)>,
    words: String,
) -> StatusCode {
    let words = serde_json::from_str(&words).unwrap();
    lambda.said.send((id, how, words)).unwrap();
    StatusCode::ACCEPTED
}

/// An environment with one function in it, ended when dropped.
struct Environment {
    function: Child,
    said: AsyncMutex<mpsc::UnboundedReceiver<Said>>,
}

impl Environment {
    async fn with(events: Vec<Value>) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let events = Mutex::new(events.into_iter().rev().collect());
        let lambda = Arc::new(Lambda {
            events,
            said: sender,
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{how}", post(said))
            .with_state(lambda);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let function = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "runtime::the_function_itself"])
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "f"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = AsyncMutex::new(receiver);
        Self { function, said }
    }

    async fn says(&self) -> Said {
        self.said.lock().await.recv().await.unwrap()
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        let _ = self.function.kill();
        let _ = self.function.wait();
    }
}

/// The process that [`Environment`] starts; no test by itself.
#[tokio::test]
#[ignore = "a function, which other tests start"]
async fn the_function_itself() {
    cloud_mirror_lambda::serve(handler).await.unwrap();
}

/// Panics where it is asked for `/panic`, says the trace where it is asked for `/trace`, else repeats
/// the request's id.
async fn handler(request: Request<()>) -> Response<String> {
    assert!(request.uri().path() != "/panic", "as asked");
    if request.uri().path() == "/trace" {
        let trace = request.extensions().get::<Trace>();
        return Response::new(trace.map(ToString::to_string).unwrap_or_default());
    }
    let id = request.headers().get("x-request-id").unwrap();
    Response::new(id.to_str().unwrap().to_owned())
}

fn asking(path: &str) -> Value {
    let mut event = event("http-v2-base64url");
    event["rawPath"] = path.into();
    event
}

#[tokio::test]
async fn panics_bent_events_and_strangers_leave_the_function_alive() {
    let mut named = asking("/v1/ping");
    named["headers"]["x-request-id"] = "mine".into();
    let bent = asking("nowhere");
    let stranger = json!({ "Records": [] });
    let traced = asking("/trace");
    let ping = asking("/v1/ping");
    let events = vec![asking("/panic"), bent, stranger, ping, named, traced];
    let environment = Environment::with(events).await;

    let mut told = Vec::new();
    for _ in 0..6 {
        let (_, how, words) = environment.says().await;
        let status = words["statusCode"].as_u64();
        told.push((how, status, words));
    }
    let seen: Vec<_> = told
        .iter()
        .map(|(how, status, _)| (how.as_str(), *status))
        .collect();
    assert_eq!(
        seen,
        [
            ("response", Some(500)),
            ("response", Some(400)),
            ("error", None),
            ("response", Some(200)),
            ("response", Some(200)),
            ("response", Some(200)),
        ]
    );
    let said = |n: usize, field: &str| told[n].2[field].as_str().unwrap().to_owned();
    assert!(said(2, "errorMessage").contains("this is no HTTP event"));
    assert_eq!(said(3, "body"), "invocation-3", "Lambda's own id");
    assert_eq!(said(4, "body"), "mine", "the front door's id");
    assert_eq!(said(5, "body"), TRACE, "Lambda's own trace");
}
