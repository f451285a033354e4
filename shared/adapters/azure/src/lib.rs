//! Pools and sources on Azure Blob Storage.
//!
//! An [`AzurePool`] keeps the replicas of one service and region in one container of one account.
//! Replicas are written under conditions, so any number of processes may share a container.
//! Credentials and the signing of requests are the `object_store` crate's; the requests are our own,
//! because it offers neither metadata and conditions with a block list, nor a deletion with a condition.
//!
//! | look in | for |
//! |---|---|
//! | `call`, `client`, `transport`, `credentials` | requests to containers, their limits, and who signs them |
//! | `failure` | what Azure's answers mean |
//! | `names`, `headers` | what blobs are named, and what is kept beside their bytes |
//! | `pool`, `container` | the `Pool` port; what `prepare` changes, [`AzurePool::plan`] and [`AzurePool::health`] |
//! | `upload`, `blocks`, `commit` | the `Upload` port: whole blobs, and parts as blocks |
//! | `store_copy` | the `StoreCopy` port: copies that Azure makes itself |
//! | `source`, `signer` | the `Source` and `OriginSigner` ports: private sources, and signed addresses |
//! | `stores`, `sas`, `source_failure` | the containers that rules name, how others read them, and what their refusals mean |

mod blocks;
mod call;
mod client;
mod commit;
mod container;
mod credentials;
mod failure;
mod headers;
mod names;
mod pool;
mod sas;
mod signer;
mod source;
mod source_failure;
mod store_copy;
mod stores;
mod transport;
mod upload;

use std::sync::Arc;

use cloud_mirror_domain::ports::{Clock, PoolPorts};
use cloud_mirror_domain::url::SourceUrl;

pub use cloud_mirror_domain::rules::Access;

pub use client::{AzureClients, BuildError};
pub use container::ContainerHealth;
pub use signer::AzureSigner;
pub use source::AzureSource;

/// A pool's container, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzurePoolSettings {
    /// The storage account's name.
    pub account: String,
    /// The container's name.
    pub container: String,
    /// Who may read the replicas.
    pub access: Access,
}

/// A pool in a container. Clones share its clients.
#[derive(Clone)]
pub struct AzurePool {
    settings: Arc<AzurePoolSettings>,
    container: client::Container,
    stores: stores::Stores,
    clock: Arc<dyn Clock>,
}

impl AzurePool {
    /// A pool in the container of `settings`, reached through `clients`; `clock` says when signed
    /// addresses end. Makes no request: `prepare` creates the container.
    ///
    /// # Errors
    /// Where the account's name makes no address.
    pub fn new(
        settings: AzurePoolSettings,
        clients: &AzureClients,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BuildError> {
        Ok(Self {
            container: clients.container(&settings.account, &settings.container)?,
            settings: Arc::new(settings),
            stores: stores::Stores::new(clients.clone()),
            clock,
        })
    }

    /// The pool as the ports of the domain.
    pub fn ports(&self) -> PoolPorts {
        PoolPorts {
            pool: Arc::new(self.clone()),
            upload: Arc::new(self.clone()),
            store_copy: Some(Arc::new(self.clone())),
        }
    }

    fn blob(&self, url: &SourceUrl) -> String {
        names::blob_name(url)
    }
}
