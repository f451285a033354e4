//! S3, as AWS documents it, in this process: one server plays every region.
//!
//! ```text
//! let s3 = S3Server::start().await;
//! s3.create_bucket("pool-eu", "eu-west-1");
//! s3.put("pool-eu", "a", "bytes", &[("content-type", "text/plain")]);
//! // … a client of the AWS SDK: s3.url(), path style, ACCESS_KEY and SECRET_KEY …
//! assert_eq!(s3.count("GetObject"), 0);
//! ```
//!
//! Signatures are checked, by the crate that speaks the protocol; the store behind it is our own and
//! holds everything in memory, or forgets the bytes ([`Settings::forgets_bytes`]). Storage classes,
//! encryption with own keys, delete markers and requester-pays buckets are a test's to order
//! (`archive`, `encrypt_with_kms_denied`, …). It has no versions, no ACLs and no object lock. What a
//! request asks of all these is not refused, it has no effect.

mod access;
mod arrivals;
mod buckets;
mod checksums;
mod conditions;
mod content;
mod copies;
mod custody;
mod direct;
mod faults;
mod hosts;
mod lifecycle;
mod listings;
mod object;
mod objects;
mod operations;
mod pace;
mod parts;
mod settings;
mod store;
mod tags;
mod uploads;
mod wire;

pub use arrivals::Arrival;
pub use faults::Fault;
pub(in crate::servers) use faults::Faults;
pub(in crate::servers) use pace::Pace;
pub use settings::Settings;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use store::Store;

/// The access key that the server knows unless its settings name another; requests signed with one
/// that it does not know are refused (403).
pub const ACCESS_KEY: &str = "AKIDTESTKIT";

/// The secret that belongs to [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "testkit-secret";

/// An S3 server on a free port of 127.0.0.1: buckets stand in a URL's path, or before `.localhost` in
/// its host. It stops, and closes its connections,
/// when this is dropped.
#[derive(Debug)]
pub struct S3Server {
    address: SocketAddr,
    store: Arc<Store>,
    server: JoinHandle<()>,
}

impl S3Server {
    /// Starts a server without buckets, with S3's own limits.
    pub async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    /// Starts a server without buckets that deviates from S3 as the settings say.
    pub async fn start_with(settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let store = Arc::new(Store::new(settings));
        let server = tokio::spawn(wire::serve(listener, Arc::clone(&store)));
        Self {
            address,
            store,
            server,
        }
    }

    /// The endpoint, of every region: `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The endpoint for who writes a bucket before the host: `http://localhost:port`. Not every
    /// machine resolves `bucket.localhost`: a client resolves it to [`Self::address`] by itself.
    pub fn url_for_hosts(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.server.abort();
    }
}
