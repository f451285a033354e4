//! The files of `events/http`, and what becomes of an event.

use std::path::PathBuf;
use std::sync::Mutex;

use cloud_mirror_domain::route::RawPath;
use cloud_mirror_lambda::answer;
use http::{Request, Response};
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/http")
}

/// One event per shape, for promises that every shape must keep.
pub(crate) const ONE_OF_EACH: [&str; 5] = [
    "rest-base64url",
    "http-v1-base64url",
    "http-v2-base64url",
    "alb-percent-encoded",
    "function-url-percent-encoded",
];

pub(crate) fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names
        .map(|name| name.strip_suffix(".json").unwrap().to_owned())
        .collect();
    names.sort();
    names
}

pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap()
}

pub(crate) fn event(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

/// The event with something else at a place that exists.
pub(crate) fn with(name: &str, place: &str, value: impl Into<Value>) -> Value {
    let mut event = event(name);
    *event.pointer_mut(place).unwrap() = value.into();
    event
}

/// The request that the handler meets.
pub(crate) async fn request(event: Value) -> Request<()> {
    let met = Mutex::new(None);
    let meet = async |request| {
        *met.lock().unwrap() = Some(request);
        Response::new(String::new())
    };
    answer(event, meet).await.unwrap();
    met.into_inner().unwrap().unwrap()
}

pub(crate) fn raw_path(request: &Request<()>) -> &str {
    &request.extensions().get::<RawPath>().unwrap().0
}

/// A handler that is content.
pub(crate) async fn content(_: Request<()>) -> Response<String> {
    Response::new("fine".into())
}
