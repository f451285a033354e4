//! How an origin answers one request.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::sync::watch;

use super::Object;
use super::book::Book;
use super::object::Ending;
use super::range::Asked;

pub(super) async fn answer(
    State(book): State<Arc<watch::Sender<Book>>>,
    request: Request,
) -> Response {
    let uri = request.uri();
    let path_and_query = raw(uri);
    let name = book.borrow().name_of(uri.path(), path_and_query).to_owned();
    book.send_modify(|book| book.note(request.method(), &name, request.headers()));
    if request.method() == Method::GET {
        until_released(&book, &name).await;
    }
    match *request.method() {
        Method::GET => get(&book, &name, &request),
        Method::HEAD => head(&book, &name, uri),
        _ if book.borrow().object(&name).is_none() => missing(uri),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn get(book: &watch::Sender<Book>, name: &str, request: &Request) -> Response {
    let mut taken = None;
    book.send_modify(|book| taken = book.take(name));
    match taken {
        Some(object) => answer_get(&object, request),
        None => missing(request.uri()),
    }
}

fn head(book: &watch::Sender<Book>, name: &str, uri: &Uri) -> Response {
    match book.borrow().object(name) {
        Some(object) => respond(object, object.head_status, uri),
        None => missing(uri),
    }
}

fn missing(uri: &Uri) -> Response {
    respond(&Object::new("no such object"), 404, uri)
}

fn answer_get(object: &Object, request: &Request) -> Response {
    let size = object.bytes.len();
    let (status, bytes, content_range) = match object.asked(request.headers()) {
        Asked::Whole => return respond(object, object.get_status, request.uri()),
        Asked::Part(part) => {
            let last = part.end - 1;
            let content_range = format!("bytes {}-{last}/{size}", part.start);
            (206, object.bytes.slice(part), content_range)
        }
        Asked::Nothing => (416, Bytes::new(), format!("bytes */{size}")),
    };
    let part = Object {
        bytes,
        ..object.clone()
    };
    // What the object says of itself goes first: a test may want to lie here, too.
    let mut response = respond(&part, status, request.uri());
    response
        .headers_mut()
        .entry(header::CONTENT_RANGE)
        .or_insert(content_range.parse().unwrap());
    response
}

fn raw(uri: &Uri) -> &str {
    uri.path_and_query().map_or(uri.path(), |raw| raw.as_str())
}

async fn until_released(book: &watch::Sender<Book>, name: &str) {
    let mut book = book.subscribe();
    let free = |book: &Book| book.object(name).is_none_or(|object| !object.held);
    // The sender is borrowed from our caller, so it cannot have gone.
    let _ = book.wait_for(free).await;
}

/// HEAD gets the same response: the server itself leaves the body out.
fn respond(object: &Object, status: u16, uri: &Uri) -> Response {
    let mut response = Response::new(body(object));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let headers = response.headers_mut();
    headers.extend(object.headers.clone());
    headers
        .entry(header::CONNECTION)
        .or_insert(HeaderValue::from_static("close"));
    if !object.without_length {
        headers.insert(header::CONTENT_LENGTH, object.bytes.len().into());
    }
    if object.redirects_to_itself {
        headers.insert(header::LOCATION, raw(uri).parse().unwrap());
    }
    response
}

/// Always a stream: a body of known size would have its length announced, wanted or not.
fn body(object: &Object) -> Body {
    let Object {
        bytes,
        delay,
        ending,
        ..
    } = object.clone();
    let (sent, rest) = match ending {
        Ending::Whole => (bytes, stream::empty().boxed()),
        Ending::Cut(after) => (bytes.slice(..after.min(bytes.len())), broken()),
        Ending::Stall(after) => (
            bytes.slice(..after.min(bytes.len())),
            stream::pending().boxed(),
        ),
    };
    let first = stream::once(async move {
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        Ok(sent)
    });
    Body::from_stream(first.chain(rest))
}

/// An error makes the server break the connection. It pauses first, so that what was sent before
/// leaves the server.
fn broken() -> BoxStream<'static, io::Result<Bytes>> {
    stream::once(async {
        tokio::task::yield_now().await;
        Err(io::ErrorKind::ConnectionAborted.into())
    })
    .boxed()
}
