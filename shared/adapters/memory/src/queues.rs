//! The copy queue with the bulk queue beside it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::{CopyQueue, PortError, Reception};

use crate::{MemoryQueue, QueueSettings};

const COPIES: &str = "copies";
const BULK: &str = "bulk";

/// Two queues in one process: messages that say `bulk` travel apart from the others, so that small
/// copies never wait behind huge ones. A receipt finds its way back by its queue's name.
#[derive(Clone)]
pub struct MemoryQueues {
    /// Small copies, and everything else that somebody may wait for.
    pub copies: Arc<MemoryQueue>,
    /// Large copies and continuations.
    pub bulk: Arc<MemoryQueue>,
}

impl MemoryQueues {
    /// Two empty queues of the same settings.
    pub fn new(settings: QueueSettings) -> Self {
        let queue = |name| Arc::new(MemoryQueue::new(settings).named(name));
        Self {
            copies: queue(COPIES),
            bulk: queue(BULK),
        }
    }

    fn of(&self, bulk: bool) -> &MemoryQueue {
        if bulk { &self.bulk } else { &self.copies }
    }
}

#[async_trait]
impl CopyQueue for MemoryQueues {
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError> {
        self.of(message.bulk).send(message, delay).await
    }

    async fn retry_after(
        &self,
        reception: Reception<'_>,
        delay: Duration,
    ) -> Result<(), PortError> {
        let queue = self.of(reception.queue == Some(BULK));
        queue.retry_after(reception, delay).await
    }
}
