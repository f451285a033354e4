//! Pools on S3, and on services that speak its protocol.
//!
//! An [`S3Pool`] keeps the replicas of one service and region in one bucket. Replicas are written
//! under conditions, so any number of processes may share a bucket.
//!
//! | look in | for |
//! |---|---|
//! | `clients`, `credentials` | one SDK client per region, and when their credentials end |
//! | `dialect`, `content_md5` | what may be asked of S3 itself, and what of services that speak its protocol |
//! | `failure` | what the SDK's errors mean |
//! | `headers`, `tags` | what is kept beside an object's bytes, beside its metadata |
//! | `pool`, `address` | the `Pool` port: looking, deleting, addressing |
//! | `upload`, `whole` | the `Upload` port: whole objects and parts |
//! | `store_copy`, `upload_copy` | the `StoreCopy` port: copies that S3 makes itself, or such a service |
//! | `source`, `source_head` | the `Source` port: objects of stores that private rules name |
//! | `signer` | the `OriginSigner` port: addresses of these objects |
//! | `listing` | the keys of any bucket, for an operator |
//! | `bucket` | what `prepare` changes, [`S3Pool::plan`] and [`S3Pool::health`] |
//! | `source_health` | whether a source's bucket can be read |

mod address;
mod bucket;
mod clients;
mod content_md5;
mod credentials;
mod dialect;
mod failure;
mod headers;
mod listing;
mod pool;
mod signer;
mod source;
mod source_head;
mod source_health;
mod store_copy;
mod tags;
mod upload;
mod upload_copy;
mod whole;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_s3::Client;
use cloud_mirror_domain::ports::{Clock, PoolPorts};
use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key};
use tokio::sync::OnceCell;

pub use cloud_mirror_domain::rules::Access;

pub use bucket::{BucketHealth, BucketSettings};
pub use clients::{CompatibleService, S3Clients};
pub use listing::Listing;
pub use signer::S3Signer;
pub use source::S3Source;
pub use source_health::{SourceHealth, source_health};

use dialect::Dialect;

/// A pool's bucket, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3PoolSettings {
    /// The bucket's name.
    pub bucket: String,
    /// The bucket's region.
    pub region: String,
    /// Who may read the replicas.
    pub access: Access,
    /// How long a replica lives: the lifecycle deletes it after as many whole days, rounded up.
    pub lifespan: Duration,
    /// How objects are named. Keys in the `Url` style may be longer than the 1,024 bytes that S3
    /// takes; it then refuses every write.
    pub key_style: KeyStyle,
}

/// A pool in a bucket. Clones share its clients.
#[derive(Clone)]
pub struct S3Pool {
    settings: Arc<S3PoolSettings>,
    clients: S3Clients,
    /// The client of the bucket's own region.
    client: Client,
    /// The same, with more patience, made when it is first needed: a function that only looks needs none,
    /// and it brings connections and trusted certificates of its own.
    mover: Arc<OnceLock<Client>>,
    /// What stands before the key in public addresses, once one was asked for.
    public: Arc<OnceCell<String>>,
    clock: Arc<dyn Clock>,
}

impl S3Pool {
    /// A pool in the bucket of `settings`, reached through `clients`; `clock` says when signed
    /// addresses begin and end. Makes no request: `prepare` creates the bucket.
    pub fn new(settings: S3PoolSettings, clients: S3Clients, clock: Arc<dyn Clock>) -> Self {
        let client = clients.in_region(&settings.region);
        Self {
            settings: Arc::new(settings),
            clients,
            client,
            mover: Arc::default(),
            public: Arc::default(),
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

    fn mover(&self) -> &Client {
        let region = &self.settings.region;
        self.mover.get_or_init(|| self.clients.moving_bytes(region))
    }

    fn dialect(&self) -> Dialect {
        self.clients.dialect()
    }

    fn bucket(&self) -> &str {
        &self.settings.bucket
    }

    fn key(&self, url: &SourceUrl) -> String {
        object_key(url, self.settings.key_style)
    }
}
