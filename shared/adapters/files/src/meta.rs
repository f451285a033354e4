//! What is kept beside an object's bytes, so that nothing is lost with the status table.

use std::time::Duration;

use cloud_mirror_domain::entry::{Digests, Replica, Upstream};
use cloud_mirror_domain::ports::{NewObject, ObjectHeaders};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::layout;

/// What is known of an object before its bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    /// The object key, for people: the folder is named by its hash.
    pub(crate) key: String,
    pub(crate) url: SourceUrl,
    pub(crate) headers: ObjectHeaders,
    pub(crate) upstream: Upstream,
    pub(crate) written_by: Ulid,
    pub(crate) via_hosts: Vec<String>,
}

/// The content of `current.json`: the version that counts, and all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Current {
    /// Names the data file, and is the validator: each write has its own, even of equal bytes.
    pub(crate) version: Ulid,
    /// When it was switched to, in milliseconds since the Unix epoch.
    pub(crate) stored: Timestamp,
    /// In bytes.
    pub(crate) size: u64,
    /// None where the bytes did not pass through us.
    pub(crate) digests: Option<Digests>,
    pub(crate) object: Description,
}

impl Description {
    pub(crate) fn new(url: &SourceUrl, object: &NewObject) -> Self {
        Self {
            key: layout::key(url),
            url: url.clone(),
            headers: object.headers.clone(),
            upstream: object.upstream.clone(),
            written_by: object.written_by,
            via_hosts: object.via_hosts.clone(),
        }
    }
}

impl Current {
    /// The validator, as an entity tag.
    pub(crate) fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    /// What the pool says of it.
    pub(crate) fn replica(&self, lifespan: Duration) -> Replica {
        Replica {
            etag: self.etag(),
            size: self.size,
            stored: self.stored,
            expires: Some(self.stored + lifespan),
            written_by: Some(self.object.written_by),
            upstream: Some(self.object.upstream.clone()),
            digests: self.digests.clone(),
            checksum: None,
        }
    }
}
