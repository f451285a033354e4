//! The receiving sides of the copy queues.

use std::sync::Arc;

use cloud_mirror_domain::ports::CopyInbox;

/// The receiving sides of the copy queues, for a process that polls them by itself. Each wants
/// places of its own: huge copies that take a small one's place are what the bulk queue is against.
#[derive(Clone)]
pub struct Inboxes {
    /// Small copies, and everything else that somebody may wait for. Without a bulk queue
    /// everything comes here.
    pub copies: Arc<dyn CopyInbox>,
    /// Large copies and continuations, where a deployment has a queue for them.
    pub bulk: Option<Arc<dyn CopyInbox>>,
}
