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
    let object = book.borrow().object(&name).cloned();
    match (object, request.method()) {
        (Some(object), &Method::GET) => respond(&object, object.get_status, uri),
        (Some(object), &Method::HEAD) => respond(&object, object.head_status, uri),
        (Some(_), _) => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        (None, _) => respond(&Object::new("no such object"), 404, uri),
    }
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
        cut_after,
        ..
    } = object.clone();
    let sent = bytes.slice(..cut_after.unwrap_or(bytes.len()));
    let first = stream::once(async move {
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        Ok(sent)
    });
    Body::from_stream(match cut_after {
        Some(_) => first.chain(broken()).boxed(),
        None => first.boxed(),
    })
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
