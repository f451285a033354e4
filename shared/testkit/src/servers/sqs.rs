//! SQS.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use rustack_sqs_core::config::SqsConfig;
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_http::service::{SqsHttpConfig, SqsHttpService};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

type Service = SqsHttpService<RustackSqsHandler>;

/// An SQS server on a free port of 127.0.0.1, without queues at first; the URLs of queues lead to
/// that port. Region `us-east-1`, account `000000000000`, any credentials.
///
/// Right: delays, visibility, receive counts, long polling, dead letters with their
/// ids, the errors of a missing queue and of a receipt whose visibility has been changed or is over.
///
/// What it does not do, and AWS does; promises that stand on it need a test elsewhere:
///
/// - numbers outside their limits are not refused: `DelaySeconds` above 900, `WaitTimeSeconds`
///   above 20, `VisibilityTimeout` above 43,200 (or twelve hours after the reception),
///   `MaxNumberOfMessages` outside 1 to 10, which is clamped;
/// - a receipt that never was one deletes nothing, as success; messages are never lost, repeated or
///   out of order of their own accord; retention and the 120,000 messages in flight do not end;
/// - signatures and policies are not looked at, and the redrive of dead letters
///   (`StartMessageMoveTask`) is missing;
/// - messages end at 256 KiB (1 MiB on AWS), and a long poll learns of a delayed or returning
///   message up to a second late.
pub struct SqsServer {
    address: SocketAddr,
    /// Held while the server is down, so that nobody else is given the port.
    listener: Arc<TcpListener>,
    service: Service,
    answering: JoinHandle<()>,
}

impl SqsServer {
    /// Starts a server without queues.
    pub async fn start() -> Self {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let service = service_at(address);
        let answering = tokio::spawn(serve(Arc::clone(&listener), service.clone()));
        Self {
            address,
            listener,
            service,
            answering,
        }
    }

    /// The endpoint's URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Goes down: connections are cut, also the ones under way, and every new one is closed without
    /// an answer. Queues and messages stay, and their clocks go on. May be repeated.
    pub async fn go_down(&mut self) {
        self.end().await;
        self.answering = tokio::spawn(refuse(Arc::clone(&self.listener)));
    }

    /// Comes back, on the same port and with the same queues. May be repeated.
    pub async fn come_back(&mut self) {
        self.end().await;
        let service = self.service.clone();
        self.answering = tokio::spawn(serve(Arc::clone(&self.listener), service));
    }

    async fn end(&mut self) {
        self.answering.abort();
        let ended = (&mut self.answering).await;
        assert!(
            ended.is_err_and(|error| error.is_cancelled()),
            "the server ended by itself"
        );
    }
}

impl Drop for SqsServer {
    fn drop(&mut self) {
        self.answering.abort();
    }
}

fn service_at(address: SocketAddr) -> Service {
    let config = SqsConfig {
        host: address.ip().to_string(),
        port: address.port(),
        ..SqsConfig::default()
    };
    let handler = RustackSqsHandler::new(Arc::new(RustackSqs::new(config)));
    SqsHttpService::new(Arc::new(handler), SqsHttpConfig::default())
}

/// Its connections end with it.
async fn serve(listener: Arc<TcpListener>, service: Service) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
        connections.spawn(connection);
    }
}

async fn refuse(listener: Arc<TcpListener>) {
    loop {
        drop(listener.accept().await.unwrap());
    }
}
