//! The receiving sides of the copy queues.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_mirror_domain::ports::{CopyInbox, PortError, Received};

use super::Watched;

/// One receiving side, with names of its own for what it is asked.
pub(super) struct Inbox {
    watched: Arc<Watched<dyn CopyInbox>>,
    receive: &'static str,
    reception: &'static str,
    delete: &'static str,
}

impl Inbox {
    pub(super) fn of_copies(watched: Arc<Watched<dyn CopyInbox>>) -> Arc<dyn CopyInbox> {
        Arc::new(Self {
            watched,
            receive: "queue.receive",
            reception: "queue.reception",
            delete: "queue.delete",
        })
    }

    pub(super) fn of_bulk(watched: Arc<Watched<dyn CopyInbox>>) -> Arc<dyn CopyInbox> {
        Arc::new(Self {
            watched,
            receive: "bulk.receive",
            reception: "bulk.reception",
            delete: "bulk.delete",
        })
    }
}

#[async_trait]
impl CopyInbox for Inbox {
    async fn receive(&self, most: usize) -> Result<Vec<Received>, PortError> {
        let Watched { faults, inner } = &*self.watched;
        let received = faults.call(self.receive, inner.receive(most)).await?;
        if received.is_empty() {
            return Ok(received);
        }
        faults.call(self.reception, async { Ok(received) }).await
    }

    async fn delete(&self, receipt: &str) -> Result<(), PortError> {
        let Watched { faults, inner } = &*self.watched;
        faults.call(self.delete, inner.delete(receipt)).await
    }
}
