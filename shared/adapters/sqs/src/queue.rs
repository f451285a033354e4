//! The side that the functions see.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::{CopyQueue, PortError, Reception};

use crate::failure::failed;
use crate::seconds::whole_seconds;

/// The longest delay of a message, in seconds.
const MOST_DELAY: i32 = 900;

/// The longest invisibility, in seconds. SQS counts its twelve hours from the reception and refuses
/// what ends later; the back-off that is asked for here ends long before.
const MOST_INVISIBILITY: i32 = 43_200;

/// One queue of SQS for sending, and with others for asking for an earlier return.
///
/// A receipt belongs to the queue that gave it out: [`CopyQueue::retry_after`] takes receipts of
/// this one and of those in [`SqsQueue::beside`], told apart by the queue's name. A delay is rounded up to whole seconds and cut to what SQS allows: 15
/// minutes for a message, 12 hours for a return. No call takes longer than the client's time limits.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    queue_url: String,
    beside: Vec<String>,
}

impl SqsQueue {
    /// The queue of that URL, which is asked for nothing yet.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self {
            client,
            queue_url: queue_url.into(),
            beside: Vec::new(),
        }
    }

    /// The same, which also takes receipts of the queue of that URL.
    #[must_use]
    pub fn beside(mut self, queue_url: impl Into<String>) -> Self {
        self.beside.push(queue_url.into());
        self
    }

    fn url_of(&self, queue: Option<&str>) -> &str {
        let named = |url: &&String| queue == Some(queue_name(url));
        self.beside.iter().find(named).unwrap_or(&self.queue_url)
    }
}

/// The end of a queue's URL, as of its ARN.
pub(crate) fn queue_name(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap_or_default()
}

#[async_trait]
impl CopyQueue for SqsQueue {
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError> {
        let sending = self.client.send_message().queue_url(&self.queue_url);
        sending
            .message_body(message.to_json())
            .delay_seconds(whole_seconds(delay, MOST_DELAY))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("SendMessage", &self.queue_url, &error))
    }

    async fn retry_after(
        &self,
        reception: Reception<'_>,
        delay: Duration,
    ) -> Result<(), PortError> {
        let queue_url = self.url_of(reception.queue);
        let change = self.client.change_message_visibility();
        change
            .queue_url(queue_url)
            .receipt_handle(reception.receipt)
            .visibility_timeout(whole_seconds(delay, MOST_INVISIBILITY))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("ChangeMessageVisibility", queue_url, &error))
    }
}
