//! The interface that Lambda has for a function's process, on a free port of 127.0.0.1.
//! [What it is](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html): the process asks for the
//! next event, which is answered when there is one, and posts what came of it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use cloud_mirror_domain::ports::Clock as _;
use cloud_mirror_runtime::SystemClock;
use http::StatusCode;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::Outcome;

/// A process that says nothing for so long says nothing any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// As `Timeout` of the template says.
const DEADLINE_MILLISECONDS: u64 = 30_000;

/// The interface for one process. It ends when it is dropped.
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    calls: mpsc::UnboundedReceiver<Call>,
    serving: JoinHandle<()>,
}

/// A process that waits for an event, and since when.
pub(crate) struct Waiting {
    pub(crate) since: Instant,
    event: oneshot::Sender<String>,
}

/// What came of an event, and when it was posted.
pub(crate) struct Answered {
    pub(crate) at: Instant,
    pub(crate) answer: Value,
}

enum Call {
    Next(Waiting),
    Answer(Instant, Bytes),
    Failure(Bytes),
}

type Calls = mpsc::UnboundedSender<Call>;

impl RuntimeApi {
    pub(crate) async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (calls, received) = mpsc::unbounded_channel();
        let serving = tokio::spawn(async move {
            // Ends with the task.
            let _ = axum::serve(listener, routes(calls)).await;
        });
        Ok(Self {
            address,
            calls: received,
            serving,
        })
    }

    /// The process asks for its next event.
    pub(crate) async fn waiting(&mut self) -> Outcome<Waiting> {
        match self.call().await? {
            Call::Next(waiting) => Ok(waiting),
            Call::Answer(..) => Err("an answer to no event".into()),
            Call::Failure(why) => Err(failed(&why)),
        }
    }

    /// Hands the process an event, and hears what comes of it.
    pub(crate) async fn answered(&mut self, waiting: Waiting, event: &str) -> Outcome<Answered> {
        let sent = waiting.event.send(event.to_owned());
        sent.map_err(|_| "the process has gone before its event")?;
        match self.call().await? {
            Call::Answer(at, body) => Ok(Answered {
                at,
                answer: serde_json::from_slice(&body)?,
            }),
            Call::Next(_) => Err("the process wants another event before it has answered".into()),
            Call::Failure(why) => Err(failed(&why)),
        }
    }

    async fn call(&mut self) -> Outcome<Call> {
        let call = timeout(PATIENCE, self.calls.recv()).await;
        let call = call.map_err(|_| "the process says nothing")?;
        Ok(call.ok_or("the interface has ended")?)
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn failed(why: &[u8]) -> Box<dyn std::error::Error + Send + Sync> {
    format!("the function failed: {}", String::from_utf8_lossy(why)).into()
}

fn routes(calls: Calls) -> Router {
    const VERSION: &str = "/2018-06-01/runtime";
    let path = |rest| format!("{VERSION}/{rest}");
    Router::new()
        .route(&path("invocation/next"), get(next))
        .route(&path("invocation/{id}/response"), post(response))
        .route(&path("invocation/{id}/error"), post(failure))
        .route(&path("init/error"), post(failure))
        .with_state(calls)
}

async fn next(State(calls): State<Calls>) -> Response {
    let (event, told) = oneshot::channel();
    let since = Instant::now();
    let _ = calls.send(Call::Next(Waiting { since, event }));
    let Ok(event) = told.await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemClock.now().as_millis() + DEADLINE_MILLISECONDS;
    let headers = [
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        ),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:measured".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
    ];
    (headers, event).into_response()
}

async fn response(State(calls): State<Calls>, body: Bytes) -> StatusCode {
    let _ = calls.send(Call::Answer(Instant::now(), body));
    StatusCode::ACCEPTED
}

async fn failure(State(calls): State<Calls>, body: Bytes) -> StatusCode {
    let _ = calls.send(Call::Failure(body));
    StatusCode::ACCEPTED
}
