//! What a process runs on that copies by itself.

use std::sync::Arc;

use cloud_mirror_domain::ports::{Ports, Source};
use cloud_mirror_http::{HttpSource, Limits};

pub use cloud_mirror_http::BuildError as SourceError;

use crate::{Aws, Inboxes};

/// Everything that the three functions run on as one process.
pub struct Backend {
    /// The ports.
    pub ports: Ports,
    /// Sources.
    pub source: Arc<dyn Source>,
    /// The receiving sides of the copy queues.
    pub inboxes: Inboxes,
}

/// Sources over HTTP, with the limits that are the same everywhere.
pub fn sources() -> Result<Arc<dyn Source>, SourceError> {
    Ok(Arc::new(HttpSource::new(Limits::default())?))
}

impl Aws {
    /// The mirror on AWS as one process of several.
    pub fn backend(self) -> Result<Backend, SourceError> {
        Ok(Backend {
            ports: self.ports,
            source: sources()?,
            inboxes: self.inboxes,
        })
    }
}
