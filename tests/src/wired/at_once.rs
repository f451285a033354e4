//! A copier that is there as soon as a message is.

use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::{CopyQueue, PortError, Reception};
use cloud_mirror_sqs::SqsQueue;

use super::Wired;

/// A queue whose messages are worked on before their sender goes on, so that it waits for nothing and
/// looks once.
pub(super) struct AtOnce {
    pub(super) queue: SqsQueue,
    pub(super) mirror: Wired,
}

#[async_trait]
impl CopyQueue for AtOnce {
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError> {
        self.queue.send(message, delay).await?;
        self.mirror.work_off().await;
        Ok(())
    }

    async fn retry_after(
        &self,
        reception: Reception<'_>,
        delay: Duration,
    ) -> Result<(), PortError> {
        self.queue.retry_after(reception, delay).await
    }
}
