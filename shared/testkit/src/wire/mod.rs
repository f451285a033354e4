//! A proxy in front of a server, through which a test sees and disturbs what processes say on the
//! wire.
//!
//! Requests are passed on as they came, `Host` and signature too. Each is named for its
//! [`Faults`]: what DynamoDB and SQS are asked by the names in that module; what S3 is asked with
//! a signature in a header, which only our own processes have, by these:
//!
//! | verb of `pool` | request |
//! |---|---|
//! | `head`, `get`, `put`, `delete` | of an object |
//! | `tag`, `tags` | writes and reads an object's tags |
//! | `copy`, `copy_part` | CopyObject, UploadPartCopy |
//! | `begin`, `part`, `parts`, `complete`, `abort`, `find` | of uploads in parts |
//! | `bucket` | anything else |
//!
//! Azure is asked by [`AZURE_VERBS`], and copies by itself from addresses that it was given, for which it
//! needs no such name. What calls itself by our own name asks a source: `source.head`, `source.get`. Everything else is
//! a client's: `client.get`, `client.head`, `client.other`.

mod azure;
mod forward;
mod messages;
#[cfg(test)]
mod tests;
mod verbs;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::faults::Faults;
pub use azure::VERBS as AZURE_VERBS;

use forward::Route;

/// A proxy in front of one server. It ends, and closes its connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Proxy {
    /// Starts on a free port of 127.0.0.1, in front of a server's URL (`http://host:port`).
    pub async fn before(server: &str, faults: Faults) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), server, faults).await
    }

    /// Starts at an address that others know already, as soon as the last one there has ended.
    pub async fn at(address: SocketAddr, server: &str, faults: Faults) -> Self {
        let listener = bind(address).await;
        let address = listener.local_addr().unwrap();
        let server = server.trim_start_matches("http://").trim_end_matches('/');
        let route = Arc::new(Route {
            server: server.to_owned(),
            faults,
        });
        let serving = tokio::spawn(serve(listener, route));
        Self { address, serving }
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A proxy that was dropped a moment ago may still have the address.
async fn bind(address: SocketAddr) -> TcpListener {
    for _ in 0..100 {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!("somebody else has {address}");
}

async fn serve(listener: TcpListener, route: Arc<Route>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        connections.spawn(connection(stream, Arc::clone(&route)));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, route: Arc<Route>) {
    stream.set_nodelay(true).unwrap();
    let born = route.faults.freezes();
    let answers = service_fn(|request| forward::answer(&route, born, request));
    // A client that goes away is no concern of the proxy.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answers)
        .await;
}
