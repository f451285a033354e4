//! The copy queue.

use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::{CopyQueue, PortError, Reception};

use super::Watched;

#[async_trait]
impl CopyQueue for Watched<dyn CopyQueue> {
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError> {
        let accepts = async {
            if self.faults.keeps(message, delay) {
                return Ok(());
            }
            self.inner.send(message, delay).await
        };
        self.faults.call("queue.send", accepts).await
    }

    async fn retry_after(
        &self,
        reception: Reception<'_>,
        delay: Duration,
    ) -> Result<(), PortError> {
        let call = self.inner.retry_after(reception, delay);
        self.faults.call("queue.retry_after", call).await
    }
}
