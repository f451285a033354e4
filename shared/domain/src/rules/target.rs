//! What a request resolves to, or why it is refused.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{PoolId, StoredObject};
use crate::url::{SourceUrl, UrlError};

/// Which replica is meant: one source URL in one pool. The key of the status table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReplicaId {
    /// The pool.
    pub pool: PoolId,
    /// The canonical source URL.
    pub url: SourceUrl,
}

/// What a well-formed request for an allowed object resolves to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The replica that is wanted. Where no pool takes the caller ([`Standing::NoPool`],
    /// [`Standing::Drained`]) there is none, and its pool is only what was asked for.
    pub id: ReplicaId,
    /// The source URL as it was asked for: the answer when the mirror cannot serve.
    pub origin: SourceUrl,
    /// Whether it is mirrored at all.
    pub standing: Standing,
    /// How long a replica lives in that pool.
    pub lifespan: std::time::Duration,
    /// The object whose address we sign where the origin is the answer: its rule says that the plain
    /// URL is of no use.
    pub signed_origin: Option<StoredObject>,
}

/// Whether an allowed object is mirrored, and if not, why the origin is the better answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is mirrored.
    Mirrored,
    /// The source already lies in the pool's provider and region, or in the caller's region, in
    /// which no pool is: there is nothing to gain.
    SamePlace,
    /// The URL carries a signature: it is a secret and dies soon.
    Signed,
    /// The URL has a query string, and its rule does not say what that means.
    Query,
    /// The pool was left to us, and none takes the caller.
    NoPool,
    /// The pool that was asked for is being evacuated, and none near it takes its callers.
    Drained,
}

/// Why a request is refused. The message is shown to the client.
#[derive(Clone, Debug, Error, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The URL cannot be read: 400, or 414 where it is too long.
    #[error("{0}")]
    Url(#[from] UrlError),
    /// No source rule allows the URL: 403.
    #[error(
        "no source rule allows this URL; the operator lists what may be mirrored under [[source]] in mirror.toml"
    )]
    NotAllowed,
    /// There is no such pool: 404.
    #[error("there is no pool {wanted}; the pools are: {}", .known.join(", "))]
    UnknownPool {
        /// The `service/region` that was asked for.
        wanted: String,
        /// Every `service/region` that exists.
        known: Vec<String>,
    },
    /// Which pool is meant was left to us where only the caller can know: 404.
    #[error(
        "`auto` says where a caller is sent; here the pool must be named, and the pools are: {}",
        .known.join(", ")
    )]
    NotNamed {
        /// Every `service/region` that exists.
        known: Vec<String>,
    },
}

impl Refusal {
    /// The HTTP status and the word for the body's `error`.
    pub fn status(&self) -> (u16, &'static str) {
        match self {
            Self::Url(UrlError::TooLong) => (414, "url-too-long"),
            Self::Url(_) => (400, "invalid-url"),
            Self::NotAllowed => (403, "source-not-allowed"),
            Self::UnknownPool { .. } | Self::NotNamed { .. } => (404, "unknown-pool"),
        }
    }
}
