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

/// A message as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The message's id, the same at every reception.
    pub message_id: String,
    /// The handle of this reception: acknowledges, or asks for an earlier return.
    pub receipt: String,
    /// The body; empty if there is none, which no reader takes for a message.
    pub body: String,
    /// Receptions so far, this one included. SQS calls the figure approximate.
    pub receives: u32,
}

/// The receiving side of the copy queue, for a process that polls it by itself; Lambda's event
/// source mapping does the same for a deployed copier.
#[async_trait]
pub trait CopyInbox: Send + Sync {
    /// Receives up to `most` messages, waiting for one; none where none came in a while. An error
    /// ends nothing: a caller in a loop pauses, and asks again. A message whose reception was
    /// lost comes back when its invisibility is over. IAM: `sqs:ReceiveMessage`.
    async fn receive(&self, most: usize) -> Result<Vec<Received>, PortError>;

    /// Acknowledges: the message does not come back. May be repeated. IAM: `sqs:DeleteMessage`.
    async fn delete(&self, receipt: &str) -> Result<(), PortError>;
}
