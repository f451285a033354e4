//! The origin of a story, as its mirror reaches it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::origin::{self, Object};
use cloud_mirror_testkit::wire::Proxy;
use tokio::sync::Mutex;
use ulid::Ulid;

/// An origin that counts what it is asked. Paths are a story's own: where stories share one
/// address, each has a folder of its own.
pub struct Origin {
    inner: origin::Origin,
    folder: String,
    /// Where it is reached: `http://host:port`.
    base: String,
    front: Mutex<Option<Proxy>>,
}

impl Origin {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let inner = origin::Origin::start().await;
        Self {
            base: inner.url(""),
            inner,
            folder: String::new(),
            front: Mutex::default(),
        }
    }

    /// Starts one on a free port behind a switchboard.
    pub async fn start_behind(faults: &Faults) -> Self {
        let inner = origin::Origin::start().await;
        let front = Proxy::before(&inner.url(""), faults.clone()).await;
        Self {
            base: front.url(),
            front: Mutex::new(Some(front)),
            inner,
            folder: String::new(),
        }
    }

    /// Starts one at an address that a deployment knows already, in a folder of its own.
    pub async fn start_at(address: SocketAddr) -> Self {
        static STORIES: AtomicU64 = AtomicU64::new(0);
        let inner = origin::Origin::start().await;
        let story = STORIES.fetch_add(1, Ordering::Relaxed);
        let front = Proxy::at(address, &inner.url(""), Faults::default()).await;
        Self {
            base: front.url(),
            front: Mutex::new(Some(front)),
            inner,
            folder: format!("/{}-{story}", Ulid::generate()),
        }
    }

    /// The URL of a path that begins with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{}", self.base, self.path(path))
    }

    /// Serves an object from now on; in place of what was there. Counters go on.
    pub fn serve(&self, path: &str, object: impl Into<Object>) {
        self.inner.serve(&self.path(path), object);
    }

    /// Lets go every GET that a held object has waiting, and those to come.
    pub fn release(&self, path: &str) {
        self.inner.release(&self.path(path));
    }

    /// How many GETs have asked for a path, held ones too.
    pub fn gets(&self, path: &str) -> usize {
        self.inner.gets(&self.path(path))
    }

    /// How many HEADs have asked for a path.
    pub fn heads(&self, path: &str) -> usize {
        self.inner.heads(&self.path(path))
    }

    /// Waits until a path was asked for by so many GETs.
    pub async fn until_gets(&self, path: &str, count: usize) {
        self.inner.until_gets(&self.path(path), count).await;
    }

    /// Stops listening: from now on connections are refused.
    pub async fn down(&self) {
        self.front.lock().await.take();
        self.inner.down().await;
    }

    fn path(&self, path: &str) -> String {
        format!("{}{path}", self.folder)
    }
}
