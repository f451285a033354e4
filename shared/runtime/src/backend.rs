//! What a process runs on that copies by itself.

use std::sync::Arc;

use cloud_mirror_domain::ports::{Ports, Source};

pub use cloud_mirror_http::BuildError as SourceError;

use crate::sources::sources_of;
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

impl Aws {
    /// Who is asked for sources: private rules' objects by the stores that the rules name, with our
    /// credentials; all others over HTTP, as a stranger asks. Makes no request.
    pub fn sources(&self) -> Result<Arc<dyn Source>, SourceError> {
        sources_of(&self.config, &self.providers)
    }

    /// The mirror on AWS as one process of several.
    pub fn backend(self) -> Result<Backend, SourceError> {
        Ok(Backend {
            source: self.sources()?,
            ports: self.ports,
            inboxes: self.inboxes,
        })
    }
}
