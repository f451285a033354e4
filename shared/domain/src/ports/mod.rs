//! The outside world, one verb per step of the protocol.
//!
//! No SDK type crosses a port. Each verb says what it guarantees, whether it may be repeated and
//! which IAM action it needs on AWS. An adapter is finished when it passes the conformance suite
//! that the in-process one passes.

mod copy_queue;
mod look;
mod origin_signer;
mod pool;
mod source;
mod status_table;
mod store_copy;
mod storing;

pub use copy_queue::{CopyInbox, CopyQueue, Received, Reception};
pub use look::LookError;
pub use origin_signer::OriginSigner;
pub use pool::{
    Address, Completion, Method, NewObject, ObjectHeaders, Part, Pool, PoolError, PoolPorts,
    Upload, UploadId, Written,
};
pub use source::{Body, Fetch, Opened, Resume, Source, SourceFacts};
pub use status_table::{Read, StatusTable, When};
pub use store_copy::{CopySource, PartOf, StoreCopy, StoreCopyError};

use std::collections::HashMap;
use std::sync::Arc;

use thiserror::Error;

use crate::place::Geography;
use crate::rules::PoolId;
use crate::time::Timestamp;

/// Everything of the outside world that the three functions share.
#[derive(Clone)]
pub struct Ports {
    /// The status table.
    pub table: Arc<dyn StatusTable>,
    /// The copy queue.
    pub queue: Arc<dyn CopyQueue>,
    /// The pools; one for each pool of the rules.
    pub pools: HashMap<PoolId, PoolPorts>,
    /// Who signs addresses of objects in stores that rules name, by the store's provider: there is one
    /// for each provider of a rule whose `access` is presigned.
    pub signers: HashMap<String, Arc<dyn OriginSigner>>,
    /// Who knows where callers are.
    pub geography: Arc<dyn Geography>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// One of our own parts did not answer. The client goes to the origin and it is counted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{port}: {detail}")]
pub struct PortError {
    /// Which part.
    pub port: Port,
    /// The private cause chain.
    pub detail: String,
}

/// The parts of ours that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// The status table.
    Table,
    /// The copy queue.
    Queue,
    /// The pool.
    Pool,
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Table => "status-table",
            Self::Queue => "copy-queue",
            Self::Pool => "pool",
        })
    }
}

impl PortError {
    /// A failure of that part, with its cause chain.
    pub fn new(port: Port, detail: impl Into<String>) -> Self {
        Self {
            port,
            detail: detail.into(),
        }
    }
}

/// What time it is.
pub trait Clock: Send + Sync {
    /// Now, by this machine's clock.
    fn now(&self) -> Timestamp;
}
