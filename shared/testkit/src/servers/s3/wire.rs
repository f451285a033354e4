//! Connections, and what happens to requests before S3's protocol is looked at.

use std::sync::Arc;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::Body;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::access::{Fate, Gate};
use super::hosts::Hosts;
use super::operations::Operations;
use super::store::Store;

/// Serves until it is dropped, which closes the connections too.
pub(super) async fn serve(listener: TcpListener, store: Arc<Store>) {
    let service = service(&store);
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        connections.spawn(connection(stream, Arc::clone(&store), service.clone()));
        while connections.try_join_next().is_some() {}
    }
}

fn service(store: &Arc<Store>) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Operations(Arc::clone(store)));
    let (access_key, secret_key) = store.settings.keys;
    builder.set_auth(SimpleAuth::from_single(access_key, secret_key));
    builder.set_host(Hosts);
    builder.set_access(Gate(Arc::clone(store)));
    builder.build()
}

async fn connection(stream: TcpStream, store: Arc<Store>, service: S3Service) {
    let answers = service_fn(|request| answer(&store, &service, request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answers);
    tokio::select! {
        // A client that goes away is no concern of the server.
        _ = connection => {}
        () = store.faults.disconnected() => {}
    }
}

/// An error closes the connection without an answer. The body is read to its end first, so that also
/// a refused request gets its answer, whatever its size.
async fn answer(
    store: &Store,
    service: &S3Service,
    request: Request<Incoming>,
) -> Result<Response<Body>, &'static str> {
    let ticket = store.arrivals.note(&request);
    let fate = Fate::default();
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| "the client went away")?;
    let body = body.to_bytes();
    store.arrivals.received(ticket, body.len());
    let mut request = Request::from_parts(head, Body::from(body));
    request.extensions_mut().insert(ticket);
    request.extensions_mut().insert(fate.clone());
    let response = service.call(request).await;
    if fate.is_sealed() {
        return Err("as the test ordered");
    }
    let response = response.map_err(|_| "no answer")?;
    store.arrivals.answered(ticket, &response);
    Ok(response)
}
