//! Google Cloud Storage, as Google documents it, in this process: its XML API, and of its JSON API
//! what this project asks for. One server plays every location.
//!
//! ```text
//! let gcs = GcsServer::start().await;
//! gcs.create_bucket("pool-eu", "europe-west3");
//! gcs.put("pool-eu", "a", "bytes", &[("content-type", "text/plain")]);
//! // … a client with gcs.url(), path style, and gcs.service_account() or TOKEN …
//! assert_eq!(gcs.count("GetObject"), 0);
//! ```
//!
//! Nobody publishes a server of the XML API that a test could install, so this is ours, and knows
//! only what it was told: no claim about Google's own servers stands on it alone. It checks
//! credentials (tokens, tokens that the account signs for itself, and signed URLs of version 4),
//! generations, checksums and the limits of multipart uploads. What it deviates in, it says where it
//! does: search for "Google" here. It has no versions, no access lists, no holds and no encryption
//! with own keys.

mod access;
mod account;
mod answer;
mod arrivals;
mod buckets;
mod checksums;
mod composed;
mod copies;
mod direct;
mod object;
mod objects;
mod operations;
mod request;
mod signed_url;
mod store;
mod uploads;
mod wire;
mod xml;

pub use super::s3::Fault;
pub use account::{ACCOUNT, TOKEN};
pub use arrivals::{Arrival, Credential};
pub use store::Settings;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use store::Store;

/// A server of Google Cloud Storage on a free port of 127.0.0.1, path style only. It stops, and
/// closes its connections, when this is dropped.
#[derive(Debug)]
pub struct GcsServer {
    address: SocketAddr,
    store: Arc<Store>,
    server: JoinHandle<()>,
}

impl GcsServer {
    /// Starts a server without buckets, with Google's own limits.
    pub async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    /// Starts a server without buckets that deviates from Google's as the settings say.
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

    /// The endpoint, of every location: `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The text of a key file of [`ACCOUNT`], as Google's console gives one out, that names this
    /// server as `gcs_base_url`.
    pub fn service_account(&self) -> String {
        self.store.account.key_file(&self.url())
    }

    /// A token that [`ACCOUNT`] has signed for itself, issued that long after 1970 began, and good
    /// for an hour.
    pub fn self_signed_token(&self, issued: Duration) -> String {
        self.store.account.token(issued)
    }
}

impl Drop for GcsServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}
