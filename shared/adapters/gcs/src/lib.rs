//! Pools and sources on Google Cloud Storage.
//!
//! A [`GcsPool`] keeps the replicas of one service and region in one bucket. Replicas are written under
//! conditions on their generation, so any number of processes may share a bucket. A [`GcsSource`] reads
//! private objects with our credentials, and a [`GcsSigner`] signs addresses of them.
//!
//! Credentials, tokens and signatures are `object_store`'s. The requests are our own, as it has no
//! conditional deletion or composition, keeps metadata only of what it uploads itself, and cannot
//! name every object (`a//b`): Google's XML API, and its JSON API for what the XML API has not.
//!
//! | look in | for |
//! |---|---|
//! | `clients` | credentials, connections and their limits |
//! | `place`, `request` | one request: its URL, its token, how often it is tried |
//! | `failure` | what Google's errors mean |
//! | `headers` | what is kept beside an object's bytes, and conditions |
//! | `found` | what an answer's headers say of an object |
//! | `pool`, `address` | the `Pool` port: looking, deleting, addressing |
//! | `upload`, `staging` | the `Upload` port: whole objects, parts, and how these are published |
//! | `listing` | unfinished uploads and their parts |
//! | `store_copy` | the `StoreCopy` port: copies that Google makes itself |
//! | `source` | the `Source` port: private objects |
//! | `bucket` | what `prepare` changes, and [`GcsPool::plan`] |

mod address;
mod bucket;
mod clients;
mod failure;
mod found;
mod headers;
mod listing;
mod place;
mod pool;
mod request;
mod source;
mod staging;
mod store_copy;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::ports::{Clock, PoolPorts};
use cloud_mirror_domain::rules::Access;
use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key};

pub use address::GcsSigner;
pub use clients::{GcsClients, OpenError};
pub use source::GcsSource;

use place::Place;

/// A pool's bucket, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GcsPoolSettings {
    /// The bucket's name.
    pub bucket: String,
    /// The bucket's location, `europe-west3` say.
    pub region: String,
    /// Who may read the replicas.
    pub access: Access,
    /// How long a replica lives: the lifecycle deletes it after as many whole days, rounded up.
    pub lifespan: Duration,
    /// How objects are named. Keys in the `Url` style may be longer than the 1,024 bytes that Google
    /// takes; it then refuses every write.
    pub key_style: KeyStyle,
}

/// A pool in a bucket. Clones share its clients.
///
/// The pool's validator is the object's generation, in decimal digits: that is what Google's
/// conditions on writes compare. Entity tags serve for reading only.
#[derive(Clone)]
pub struct GcsPool {
    settings: Arc<GcsPoolSettings>,
    clients: GcsClients,
    clock: Arc<dyn Clock>,
}

impl GcsPool {
    /// A pool in the bucket of `settings`, reached through `clients`; `clock` says when replicas were
    /// stored and when signed addresses end. Makes no request: `prepare` creates the bucket.
    pub fn new(settings: GcsPoolSettings, clients: GcsClients, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings: Arc::new(settings),
            clients,
            clock,
        }
    }

    /// The pool as the ports of the domain.
    pub fn ports(&self) -> PoolPorts {
        PoolPorts {
            pool: Arc::new(self.clone()),
            upload: Arc::new(self.clone()),
            store_copy: Some(Arc::new(self.clone())),
        }
    }

    fn bucket(&self) -> &str {
        &self.settings.bucket
    }

    fn key(&self, url: &SourceUrl) -> String {
        object_key(url, self.settings.key_style)
    }

    fn place<'a>(&'a self, key: &'a str) -> Place<'a> {
        Place {
            bucket: self.bucket(),
            key,
        }
    }
}
