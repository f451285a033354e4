//! What the sources have, and had: the bytes that a replica may have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloud_mirror_domain::ports::Method;
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key};
use cloud_mirror_testkit::origin::{self, Object};
use cloud_mirror_testkit::servers::s3::S3Server;
use tokio::net::TcpListener;

use crate::client::direct;
use crate::deployment::Deployment;
use crate::origin::Origin;
use crate::own_store::bucket;

/// A source may redirect so often.
const MOST_REDIRECTS: usize = 12;

/// What the sources have, and had. An origin counts what it is asked, and stories count on that: so
/// every object of it is kept at another one, where it can be read at any time.
pub(crate) struct Truth {
    deployment: Arc<dyn Deployment>,
    origin: Arc<Origin>,
    kept: origin::Origin,
    client: reqwest::Client,
    /// By the path at the origin: the paths of what it had there, in their order.
    versions: Mutex<BTreeMap<String, Vec<String>>>,
    /// The sources whose replicas a story deleted behind the mirror's back.
    deleted: Mutex<BTreeSet<String>>,
}

impl Truth {
    pub(crate) fn new(deployment: Arc<dyn Deployment>, origin: Arc<Origin>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let none = reqwest::redirect::Policy::none();
        Self {
            deployment,
            origin,
            kept: origin::Origin::listening(TcpListener::from_std(listener).unwrap()),
            client: direct().redirect(none).build().unwrap(),
            versions: Mutex::default(),
            deleted: Mutex::default(),
        }
    }

    pub(super) fn learns(&self, path: &str, object: &Object) {
        let mut versions = locked(&self.versions);
        let known = versions.entry(path.to_owned()).or_default();
        let kept = format!("/{}{path}", known.len());
        self.kept.serve(&kept, object.clone());
        self.kept.release(&kept);
        known.push(kept);
    }

    /// The paths at which the origin is known to have had something.
    pub(crate) fn paths(&self) -> Vec<String> {
        locked(&self.versions).keys().cloned().collect()
    }

    pub(super) fn learns_of_deletion(&self, url: &SourceUrl) {
        locked(&self.deleted).insert(url.to_string());
    }

    /// Whether the replica was deleted behind the mirror's back, which notices at its next look.
    pub(crate) fn was_deleted(&self, id: &ReplicaId) -> bool {
        locked(&self.deleted).contains(id.url.as_str())
    }

    /// Whether a replica has bytes that its source has or had; none where there is no replica.
    pub(crate) async fn is_right(&self, id: &ReplicaId) -> Option<bool> {
        let replica = (bucket(&id.pool.region), object_key(&id.url, KeyStyle::Host));
        let Some(s3) = self.deployment.s3() else {
            let bytes = self.served_here(id).await?;
            return Some(self.are_right(&id.url, &bytes).await);
        };
        s3.size(&replica.0, &replica.1)?;
        if let Some((bucket, key)) = stored_at(s3, &id.url) {
            let source = (bucket.as_str(), key.as_str());
            return Some(s3.same_bytes(source, (&replica.0, &replica.1)));
        }
        let bytes = s3.object(&replica.0, &replica.1)?;
        Some(self.are_right(&id.url, &bytes).await)
    }

    /// Whether the source has or had these bytes.
    pub(super) async fn are_right(&self, url: &SourceUrl, bytes: &[u8]) -> bool {
        let stored = self.deployment.s3().and_then(|s3| {
            let (bucket, key) = stored_at(s3, url)?;
            s3.object(&bucket, &key)
        });
        if let Some(stored) = stored {
            return stored == bytes;
        }
        let kept = self.kept_of(url.as_str());
        if kept.is_empty() {
            // Nobody said what the origin has: it tells by itself, uncounted stories only.
            return self
                .fetched(url.as_str())
                .await
                .is_some_and(|has| has == bytes);
        }
        for kept in kept {
            if self.read(url, kept).await.is_some_and(|had| had == bytes) {
                return true;
            }
        }
        false
    }

    async fn fetched(&self, url: &str) -> Option<bytes::Bytes> {
        let answer = self.client.get(url).send().await.ok()?;
        match answer.status().is_success() {
            true => answer.bytes().await.ok(),
            false => None,
        }
    }

    /// Where all that it had is kept; one that was served without a query string, whatever it is.
    fn kept_of(&self, url: &str) -> Vec<String> {
        let Some(path) = url.strip_prefix(&self.origin.url("")) else {
            return Vec::new();
        };
        let versions = locked(&self.versions);
        let bare = path.split('?').next().unwrap_or_default();
        let found = versions.get(path).or_else(|| versions.get(bare));
        found.cloned().unwrap_or_default()
    }

    /// The bytes of one version, if it was a good one. A redirect leads to the last of another's.
    async fn read(&self, url: &SourceUrl, kept: String) -> Option<bytes::Bytes> {
        let (mut url, mut kept) = (url.clone(), kept);
        for _ in 0..MOST_REDIRECTS {
            let answer = self.client.get(self.kept.url(&kept)).send().await.ok()?;
            if answer.status().is_success() {
                return answer.bytes().await.ok();
            }
            let location = answer.headers().get("location")?.to_str().ok()?;
            url = url.join(location).ok()?;
            kept = self.kept_of(url.as_str()).pop()?;
        }
        None
    }

    /// The replica that an address is that of: a rule may drop the query string.
    pub(crate) async fn replica_at(&self, id: &ReplicaId, location: &str) -> Option<ReplicaId> {
        let ports = self.deployment.pool(&id.pool);
        for url in [id.url.clone(), id.url.without_query()] {
            let address = ports.pool.address(&url, Method::Get).await;
            if address.is_ok_and(|address| path_of(&address.url) == path_of(location)) {
                let pool = id.pool.clone();
                return Some(ReplicaId { pool, url });
            }
        }
        None
    }

    /// A replica that the mirror serves itself.
    async fn served_here(&self, id: &ReplicaId) -> Option<bytes::Bytes> {
        let pool = self.deployment.pool(&id.pool).pool;
        let address = pool.address(&id.url, Method::Get).await.ok()?;
        self.fetched(&address.url).await
    }
}

fn path_of(address: &str) -> Option<String> {
    let url = reqwest::Url::parse(address).ok()?;
    Some(url.path().to_owned())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bucket and the key of a source in the store of the test's own.
pub(crate) fn stored_at(s3: &S3Server, url: &SourceUrl) -> Option<(String, String)> {
    let path = url.as_str().strip_prefix(&format!("{}/", s3.url()))?;
    let (bucket, key) = path.split_once('/')?;
    Some((bucket.to_owned(), percent_decoded(key)))
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}
