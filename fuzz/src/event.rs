//! Lambda's HTTP events.

use std::cell::RefCell;
use std::time::Duration;

use cloud_mirror_domain::asked::Asked;
use cloud_mirror_domain::route::RawPath;
use cloud_mirror_lambda::answer;
use futures::FutureExt as _;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Response, Uri};
use serde_json::Value;

use crate::input::text;

/// Events as front doors send them, to be bent: `{fixture}` in an input stands for one.
const FIXTURES: &[&str] = &[
    include_str!("../../events/http/rest-query.json"),
    include_str!("../../events/http/rest-purge-iam.json"),
    include_str!("../../events/http/http-v1-plain.json"),
    include_str!("../../events/http/http-v2-hop.json"),
    include_str!("../../events/http/http-v2-purge-iam.json"),
    include_str!("../../events/http/function-url-query.json"),
    include_str!("../../events/http/alb-query.json"),
];

/// An event, as JSON; or lines that bend a fixture: its number, and then
/// `{pointer} {JSON}` for each field that is replaced (no JSON: taken away).
///
/// Promised: nothing panics; an event is either answered 400 before any handler, or handled once;
/// what cannot have come from a front door is never handled, what can is; and then the path is the
/// one that stands in the event, byte by byte, and the request's URI, headers and answer are sound.
pub fn events(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let event = match serde_json::from_str::<Value>(text) {
        Ok(event) if event.is_object() => event,
        _ => bent(text),
    };
    let handled: RefCell<Vec<Handled>> = RefCell::default();
    let handler = |request: http::Request<()>| {
        let (parts, ()) = request.into_parts();
        let path = parts.extensions.get::<RawPath>().unwrap().0.clone();
        handled.borrow_mut().push(Handled {
            path,
            uri: parts.uri,
            headers: parts.headers,
        });
        async { Response::new("answered".to_owned()) }
    };
    let answered = answer(event.clone(), handler).now_or_never().unwrap();
    let handled = handled.into_inner();
    assert!(!is_only_elsewhere(text) || handled.len() == 1, "{event}");
    match answered {
        Ok(answer) => assert_answered(&event, &answer, &handled),
        Err(_) => assert!(handled.is_empty(), "{event}"),
    }
}

struct Handled {
    path: String,
    uri: Uri,
    headers: HeaderMap,
}

fn bent(text: &str) -> Value {
    let mut lines = text.lines();
    let which: usize = lines.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut event: Value = serde_json::from_str(FIXTURES[which % FIXTURES.len()]).unwrap();
    for line in lines {
        let (pointer, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = match value {
            "" => None,
            value => Some(serde_json::from_str(value).unwrap_or_else(|_| value.into())),
        };
        put(&mut event, pointer, value);
    }
    event
}

/// Whether a fixture was bent in nothing but its stage, and in its path by another one: such an event
/// is as good as it was.
fn is_only_elsewhere(text: &str) -> bool {
    let mut lines = text.lines();
    let which = lines.next().and_then(|n| n.parse::<usize>().ok());
    let Some(fixture) = which.map(|n| FIXTURES[n % FIXTURES.len()]) else {
        return false;
    };
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    let good = |line: &str| match line.split_once(' ') {
        Some(("/requestContext/stage", stage)) => !stage.is_empty(),
        Some((pointer @ ("/path" | "/rawPath"), path)) => {
            let path = serde_json::from_str::<String>(path);
            path.is_ok_and(|path| path.starts_with('/')) && fixture.pointer(pointer).is_some()
        }
        _ => false,
    };
    lines.all(good)
}

fn put(event: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let Some(Value::Object(map)) = event.pointer_mut(parent) else {
        return;
    };
    match value {
        Some(value) => map.insert(name.to_owned(), value),
        None => map.remove(name),
    };
}

fn assert_answered(event: &Value, answer: &Value, handled: &[Handled]) {
    let status = answer["statusCode"].as_u64().unwrap();
    assert_eq!(
        status,
        if handled.is_empty() { 400 } else { 200 },
        "{event}"
    );
    assert!(handled.len() < 2, "{event}");
    assert!(answer["body"].is_string(), "{event}");
    assert_eq!(answer["isBase64Encoded"], false);
    assert!(answer["headers"].is_object() || answer["multiValueHeaders"].is_object());
    if let [handled] = handled {
        assert!(path_in(event).contains(&handled.path), "{event}");
        assert!(handled.path.starts_with('/'), "{event}");
        assert!(handled.uri.to_string().parse::<Uri>().is_ok());
        let host = handled.headers.get("host");
        let names_a_host = |host: &HeaderValue| Authority::try_from(host.as_bytes()).is_ok();
        assert!(host.is_none_or(names_a_host), "{event}");
        assert!(has_a_method(event), "{event}");
        assert_can_hop(&handled.uri);
    }
}

/// Whoever is sent on a hop must be told where.
fn assert_can_hop(uri: &Uri) {
    let asked = Asked::read(uri.query(), std::iter::empty(), std::iter::empty());
    let location = asked.hop_location(Duration::from_secs(1));
    assert!(HeaderValue::from_str(&location).is_ok(), "{location:?}");
}

/// What the path may be: as it stands, or without the stage at its beginning.
fn path_in(event: &Value) -> Vec<String> {
    let stage = event
        .pointer("/requestContext/stage")
        .and_then(Value::as_str);
    let paths = ["rawPath", "path"]
        .into_iter()
        .filter_map(|name| event[name].as_str());
    let mut possible = Vec::new();
    for path in paths {
        possible.push(path.to_owned());
        let staged = stage.map(|stage| format!("/{stage}"));
        if let Some(rest) = staged.and_then(|staged| path.strip_prefix(&*staged)) {
            let whole = rest.is_empty() || rest.starts_with('/');
            possible.extend(whole.then(|| if rest.is_empty() { "/" } else { rest }.to_owned()));
        }
    }
    possible
}

fn has_a_method(event: &Value) -> bool {
    let method = event.pointer("/requestContext/http/method");
    [method, event.get("httpMethod")]
        .into_iter()
        .flatten()
        .any(|method| method.as_str().is_some_and(|method| !method.is_empty()))
}
