//! One event, and all of them.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;

use cloud_mirror_domain::route::InvocationEnds;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::trace::Trace;
use futures::FutureExt;
use http::header::HeaderValue;
use http::{Method, Request, Response, StatusCode};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::{error, warn};

use crate::answer::{problem, shaped};
use crate::event::request_of;
use crate::kind::{Kind, NotHttp};

/// Where handlers look for the id by which a request is found again in the logs.
const REQUEST_ID: &str = "x-request-id";

/// Answers every event that the Lambda runtime brings, until the environment ends: [`service`], run.
/// Works in a Lambda environment only.
///
/// # Errors
/// Where the runtime's own interface fails.
///
/// # Panics
/// `lambda_runtime` panics here, before the first event, where the variables that every Lambda
/// environment sets (`AWS_LAMBDA_RUNTIME_API` and others) are missing.
pub async fn serve<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(Request<()>) -> F,
    F: Future<Output = Response<String>>,
{
    let service = service(handler);
    lambda_runtime::run(service_fn(|event| service(event))).await
}

/// What the Lambda runtime is given: an event's answer.
///
/// A request knows when its invocation ends ([`InvocationEnds`]) and to which trace it belongs
/// ([`Trace`]), where Lambda says so; and one that has no
/// `x-request-id` gets Lambda's own, so that an answer and the function's
/// log lines name the same. What [`answer`] refuses fails that one invocation; the function goes on
/// with the next.
pub fn service<H, F>(handler: H) -> impl AsyncFn(LambdaEvent<Value>) -> Result<Value, Error>
where
    H: Fn(Request<()>) -> F,
    F: Future<Output = Response<String>>,
{
    async move |event: LambdaEvent<Value>| {
        let (id, end) = (event.context.request_id, event.context.deadline);
        let trace = event
            .context
            .xray_trace_id
            .as_deref()
            .and_then(Trace::parse);
        let identified = |mut request: Request<()>| {
            let ends = InvocationEnds(Timestamp::from_millis(end));
            request.extensions_mut().insert(ends);
            if let Some(trace) = trace {
                request.extensions_mut().insert(trace);
            }
            handler(identified(request, &id))
        };
        answer(event.payload, identified).await.map_err(Error::from)
    }
}

/// Answers one event, in the shape of its kind.
///
/// The request's extensions hold the [`RawPath`](cloud_mirror_domain::route::RawPath), the
/// [`Caller`](crate::Caller), and where the event tells it the
/// [`CallerAddress`](cloud_mirror_domain::route::CallerAddress). An event that no front door can have sent is answered 400
/// (`invalid-event`) before any handler; a handler's panic is answered 500 (`internal`), because the
/// runtime's own net makes a failed invocation of it, which front doors answer as they like.
///
/// # Errors
/// [`NotHttp`] where the event is no HTTP event, and so has no shape to answer it in.
pub async fn answer<H, F>(event: Value, handler: H) -> Result<Value, NotHttp>
where
    H: FnOnce(Request<()>) -> F,
    F: Future<Output = Response<String>>,
{
    let kind = Kind::of(&event)?;
    let request = match request_of(kind, &event) {
        Ok(request) => request,
        Err(bent) => {
            warn!(?kind, %bent, "an invalid event");
            let refusal = problem(StatusCode::BAD_REQUEST, "invalid-event", &bent.to_string());
            return Ok(shaped(kind, false, refusal));
        }
    };
    let head = request.method() == Method::HEAD;
    // What a handler shares between requests lives behind locks that a panic poisons or frees;
    // nothing half done is looked at here.
    let answering = pin!(async { handler(request).await });
    let answered = AssertUnwindSafe(answering).catch_unwind().await;
    Ok(shaped(kind, head, answered.unwrap_or_else(panicked)))
}

fn identified(mut request: Request<()>, id: &str) -> Request<()> {
    if let (false, Ok(id)) = (
        request.headers().contains_key(REQUEST_ID),
        HeaderValue::from_str(id),
    ) {
        // A full map keeps what it has: the handler then makes an id of its own.
        let _ = request.headers_mut().try_insert(REQUEST_ID, id);
    }
    request
}

fn panicked(cause: Box<dyn Any + Send>) -> Response<String> {
    let said = cause.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| cause.downcast_ref::<&str>().copied());
    error!(
        panic = said.unwrap_or("without words"),
        "a handler panicked"
    );
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "a fault of ours; asking again may help",
    )
}
