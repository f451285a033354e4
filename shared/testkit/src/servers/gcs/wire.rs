//! Connections, and what happens to requests before the protocol is looked at.

use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::access;
use super::answer::{Answer, Refusal, Reply};
use super::arrivals::Ticket;
use super::operations::Operation;
use super::request::Request;
use super::store::Store;
use crate::servers::s3::Fault;

/// Serves until it is dropped, which closes the connections too.
pub(super) async fn serve(listener: TcpListener, store: Arc<Store>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        connections.spawn(connection(stream, Arc::clone(&store)));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, store: Arc<Store>) {
    let answers = service_fn(|request| answer(&store, request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answers);
    tokio::select! {
        // A client that goes away is no concern of the server.
        _ = connection => {}
        () = store.faults.disconnected() => {}
    }
}

/// An error closes the connection without an answer. The body is read to its end first, so that also
/// a refused request gets its answer, whatever its size.
async fn answer(store: &Store, request: http::Request<Incoming>) -> Result<Reply, &'static str> {
    let ticket = store.arrivals.note(&request);
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| "the client went away")?;
    let request = Request::new(head.method, &head.uri, head.headers, body.to_bytes());
    let reply = match Operation::of(&request) {
        Ok(operation) => operated(store, operation, &request, ticket).await?,
        Err(refusal) => refusal.reply(),
    };
    store.arrivals.answered(ticket, &reply);
    Ok(reply)
}

async fn operated(
    store: &Store,
    operation: Operation,
    request: &Request,
    ticket: Ticket,
) -> Result<Reply, &'static str> {
    let name = operation.name();
    store.arrivals.is(ticket, &name, request.body.len());
    let (delay, _under_way) = store.pace.enter(&name);
    let fault = store.faults.due(&name);
    if !delay.is_zero() && !matches!(fault, Some(Fault::Error(..) | Fault::ErrorIn200(_))) {
        tokio::time::sleep(delay).await;
    }
    let answer = match fault {
        None => attempt(store, operation, request),
        Some(Fault::Error(status, code)) => Err(Refusal::new(status, &code, "as the test ordered")),
        Some(Fault::ErrorIn200(code)) => Err(Refusal::new(200, &code, "as the test ordered")),
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::HangUp) => return Err("as the test ordered"),
        Some(Fault::LostReply) => {
            let _lost = attempt(store, operation, request);
            return Err("as the test ordered");
        }
    };
    Ok(answer.unwrap_or_else(|refusal| match operation.is_json() {
        true => refusal.json_reply(),
        false => refusal.reply(),
    }))
}

fn attempt(store: &Store, operation: Operation, request: &Request) -> Answer<Reply> {
    access::admit(store, operation, request)?;
    request.announces_its_length()?;
    operation.perform(store, request)
}
