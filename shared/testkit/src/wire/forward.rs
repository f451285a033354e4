//! One request on its way.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{messages, verbs};
use crate::faults::Faults;

/// Where requests go, and what may befall them.
pub(super) struct Route {
    /// `host:port`
    pub(super) server: String,
    pub(super) faults: Faults,
}

pub(super) type Reply = Response<BoxBody<Bytes, hyper::Error>>;
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The answer to one request on a connection that is as old as so many freezes. An error closes
/// the connection without an answer.
pub(super) async fn answer(
    route: &Route,
    born: usize,
    request: Request<Incoming>,
) -> Result<Reply, Failure> {
    if route.faults.freezes() != born {
        std::future::pending::<()>().await;
    }
    let verb = verbs::of(&request);
    let fate = route.faults.meet(verb);
    fate.undergo().await;
    if fate.broken {
        return Ok(said(StatusCode::SERVICE_UNAVAILABLE, Bytes::new()));
    }
    let reply = match verb {
        "queue.send" => send(route, request).await?,
        _ => pass_on(route, request).await?,
    };
    if fate.loses_reply {
        return Err("the reply was to be lost".into());
    }
    Ok(reply)
}

/// A message, which may be accepted and kept back.
async fn send(route: &Route, request: Request<Incoming>) -> Result<Reply, Failure> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let sent = messages::read(&body);
    if let Some((message, delay)) = &sent.message
        && route.faults.keeps(message, *delay)
    {
        return Ok(said(StatusCode::OK, sent.accepted()));
    }
    pass_on(route, Request::from_parts(head, Full::new(body))).await
}

/// Every request has a connection of its own to the server, so that nothing is ever in the way.
async fn pass_on<B>(route: &Route, request: Request<B>) -> Result<Reply, Failure>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Failure>,
{
    let stream = TcpStream::connect(&route.server).await?;
    stream.set_nodelay(true)?;
    let (mut server, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let reply = server.send_request(request).await?;
    Ok(reply.map(http_body_util::BodyExt::boxed))
}

fn said(status: StatusCode, body: Bytes) -> Reply {
    let body = Full::new(body).map_err(|never| match never {});
    let mut reply = Response::new(body.boxed());
    *reply.status_mut() = status;
    reply
}
