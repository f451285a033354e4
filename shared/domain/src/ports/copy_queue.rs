//! The copy queue.

use std::time::Duration;

use async_trait::async_trait;

use super::PortError;
use crate::message::Message;
use crate::trace::Trace;

/// The copy queue: at least once, in no order, and a message that nobody acknowledges comes back
/// until it is a dead letter.
#[async_trait]
pub trait CopyQueue: Send + Sync {
    /// Sends a message that becomes visible after `delay` (at most 15 minutes), through the bulk
    /// queue if the message says so and there is one. May be repeated: `begin` makes one copy of
    /// two messages. IAM: `sqs:SendMessage`.
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError>;

    /// Has a received message come back after `delay` instead of its full invisibility. The
    /// caller still reports it as failed. IAM: `sqs:ChangeMessageVisibility`.
    async fn retry_after(&self, reception: Reception<'_>, delay: Duration)
    -> Result<(), PortError>;
}

/// One reception of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reception<'a> {
    /// The handle that the queue gave out with it.
    pub receipt: &'a str,
    /// The name of that queue, where it is known: a receipt is worth nothing to another one.
    pub queue: Option<&'a str>,
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
    /// The name of the queue that it came from, where there are several.
    pub queue: Option<String>,
    /// The trace that stands beside the body, where its sender has said one there: a message of ours
    /// has it in its body too.
    pub trace: Option<Trace>,
}

impl Received {
    /// This reception.
    pub fn reception(&self) -> Reception<'_> {
        Reception {
            receipt: &self.receipt,
            queue: self.queue.as_deref(),
        }
    }
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
