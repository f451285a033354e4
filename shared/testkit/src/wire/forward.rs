//! One request on its way.

use bytes::Bytes;
use futures::stream::{StreamExt as _, TryStreamExt as _};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{messages, verbs};
use crate::faults::{Fate, Faults, cut};

/// Where requests go, and what may befall them.
pub(super) struct Route {
    /// `host:port`
    pub(super) server: String,
    pub(super) faults: Faults,
}

pub(super) type Reply = Response<UnsyncBoxBody<Bytes, Failure>>;
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
    if !fate.lets_pass().await {
        return Ok(said(StatusCode::SERVICE_UNAVAILABLE, Bytes::new()));
    }
    let reply = match verb {
        "queue.send" => send(route, request).await?,
        "queue.receive" => receive(route, request).await?,
        _ => pass_on(route, request).await?,
    };
    match fate.loses_reply() {
        true => lost(verb, fate, reply),
        false => Ok(reply),
    }
}

/// A source's body breaks off, and its connection with it; of any other reply nothing arrives.
fn lost(verb: &str, fate: Fate, reply: Reply) -> Result<Reply, Failure> {
    let lost: Failure = "the reply was to be lost".into();
    if verb != "source.get" || reply.body().is_end_stream() {
        fate.befell();
        return Err(lost);
    }
    Ok(reply.map(|body| {
        let half = cut(body.into_data_stream(), fate, lost);
        StreamBody::new(half.map_ok(Frame::data).boxed()).boxed_unsync()
    }))
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

/// Messages that come are a call for themselves.
async fn receive(route: &Route, request: Request<Incoming>) -> Result<Reply, Failure> {
    let (head, body) = pass_on(route, request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    if messages::brings_any(&body) {
        let fate = route.faults.meet("queue.reception");
        if !fate.lets_pass().await || fate.loses_reply() {
            fate.befell();
            return Err("the messages were to be lost".into());
        }
    }
    Ok(Response::from_parts(head, whole(body)))
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
    Ok(reply.map(|body| body.map_err(Into::into).boxed_unsync()))
}

fn said(status: StatusCode, body: Bytes) -> Reply {
    let mut reply = Response::new(whole(body));
    *reply.status_mut() = status;
    reply
}

fn whole(body: Bytes) -> UnsyncBoxBody<Bytes, Failure> {
    Full::new(body)
        .map_err(|never| match never {})
        .boxed_unsync()
}
