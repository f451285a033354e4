//! An origin server inside the test, which counts what it is asked.
//!
//! ```text
//! let origin = Origin::start().await;
//! origin.serve("/a%2Fb", Object::new("bytes").etag("\"1\""));
//! fetch(origin.url("/a%2Fb")).await;
//! assert_eq!(origin.gets("/a%2Fb"), 1);
//! ```

mod answer;
mod book;
mod canary;
mod object;
mod range;

pub use canary::Canary;
pub use object::Object;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::handler::Handler;
use axum::http::{HeaderMap, Method};
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::SourceUrl;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use book::Book;

/// An origin server on a free port of 127.0.0.1. Paths that were not registered are answered 404.
///
/// A path is the raw, percent-encoded one: `/a%2Fb` and `/a/b` are two, so are `/a` and `/a/`. One
/// that was registered with a query string is found by exactly that query string; one without is
/// found whatever the query. A connection ends with its answer, so that [`Origin::down`] holds at
/// once, unless the object has a `Connection` header of its own. The server stops when this is dropped.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    book: Arc<watch::Sender<Book>>,
    server: JoinHandle<()>,
}

impl Origin {
    /// Starts a server that serves nothing yet.
    pub async fn start() -> Self {
        Self::listening(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// The same on a socket of the caller's, such as one of another loopback address.
    pub fn listening(listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let book = Arc::new(watch::Sender::new(Book::default()));
        let service = answer::answer.with_state(Arc::clone(&book));
        let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self {
            address,
            book,
            server,
        }
    }

    /// Stops listening: from now on connections are refused. Answers under way still end. May be
    /// repeated; the server does not come back.
    pub async fn down(&self) {
        self.server.abort();
        while !self.server.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    /// `127.0.0.1:port`, as `redirect_hosts` spells it.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// The URL of a path that begins with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The URL of a path, parsed.
    pub fn source_url(&self, path: &str) -> SourceUrl {
        SourceUrl::parse(&self.url(path)).unwrap()
    }

    /// A rule that allows everything here: plain http and a private address.
    pub fn rule(&self) -> SourceRule {
        let mut rule = SourceRule::new(self.source_url("/"));
        rule.allow_http = true;
        rule.allow_private = true;
        rule
    }

    /// Serves an object, or the bytes of a plain one, from now on; in place of what was there.
    /// Counters go on.
    pub fn serve(&self, path: &str, object: impl Into<Object>) {
        self.book
            .send_modify(|book| book.place(path, object.into()));
    }

    /// Lets go every GET that a held object has waiting, and those to come.
    pub fn release(&self, path: &str) {
        self.book.send_modify(|book| book.release(path));
    }

    /// How many GETs have asked for a path, held ones too.
    pub fn gets(&self, path: &str) -> usize {
        self.book.borrow().count(&Method::GET, path)
    }

    /// How many HEADs have asked for a path.
    pub fn heads(&self, path: &str) -> usize {
        self.book.borrow().count(&Method::HEAD, path)
    }

    /// Waits until a path was asked for by so many GETs.
    pub async fn until_gets(&self, path: &str, count: usize) {
        let mut book = self.book.subscribe();
        book.wait_for(|book| book.count(&Method::GET, path) >= count)
            .await
            .unwrap();
    }

    /// The `Range` of each GET for a path, in the order in which they came.
    pub fn ranges(&self, path: &str) -> Vec<Option<String>> {
        self.book.borrow().ranges(path)
    }

    /// The headers of the last request for a path; none if nobody asked.
    pub fn last_headers(&self, path: &str) -> HeaderMap {
        self.book.borrow().last_headers(path)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.server.abort();
    }
}
