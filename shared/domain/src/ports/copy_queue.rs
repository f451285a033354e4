//! The copy queue.

use std::time::Duration;

use async_trait::async_trait;

use super::PortError;
use crate::message::Message;

/// The copy queue: at least once, in no order, and a message that nobody acknowledges comes back
/// until it is a dead letter.
#[async_trait]
pub trait CopyQueue: Send + Sync {
    /// Sends a message that becomes visible after `delay` (at most 15 minutes). May be repeated:
    /// `begin` makes one copy of two messages. IAM: `sqs:SendMessage`.
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError>;

    /// Has a received message come back after `delay` instead of its full invisibility. The
    /// caller still reports it as failed. IAM: `sqs:ChangeMessageVisibility`.
    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<(), PortError>;
}
