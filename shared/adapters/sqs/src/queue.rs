//! The side that the functions see.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::{CopyQueue, PortError, Reception};
use cloud_mirror_domain::trace::Trace;

use crate::failure::failed;
use crate::seconds::whole_seconds;

/// The longest delay of a message, in seconds.
pub(crate) const MOST_DELAY: i32 = 900;

/// The longest invisibility, in seconds. SQS counts its twelve hours from the reception and refuses
/// what ends later; the back-off that is asked for here ends long before.
const MOST_INVISIBILITY: i32 = 43_200;

/// The copy queue on SQS, and the bulk queue beside it where there is one.
///
/// A receipt belongs to the queue that gave it out: [`CopyQueue::retry_after`] takes receipts of
/// both, told apart by the queue's name. A delay is rounded up to whole seconds and cut to what SQS
/// allows: 15 minutes for a message, 12 hours for a return. No call takes longer than the client's
/// time limits.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    copies: String,
    bulk: Option<String>,
}

impl SqsQueue {
    /// The copy queue of that URL, which is asked for nothing yet.
    pub fn new(client: Client, copies: impl Into<String>) -> Self {
        Self {
            client,
            copies: copies.into(),
            bulk: None,
        }
    }

    /// The same with a bulk queue of that URL, whose name must be another one.
    #[must_use]
    pub fn with_bulk(self, queue_url: impl Into<String>) -> Self {
        Self {
            bulk: Some(queue_url.into()),
            ..self
        }
    }

    /// The queue for a message.
    fn url_for(&self, bulk: bool) -> &str {
        let apart = self.bulk.as_ref().filter(|_| bulk);
        apart.unwrap_or(&self.copies)
    }

    /// The queue of a reception.
    fn url_of(&self, queue: Option<&str>) -> &str {
        let apart = self.bulk.as_deref().map(queue_name);
        self.url_for(apart.is_some() && apart == queue)
    }
}

/// The end of a queue's URL, as of its ARN.
pub(crate) fn queue_name(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap_or_default()
}

/// The trace beside the body, too, where X-Ray looks for it: so that it joins both ends by itself.
fn trace_header(
    trace: Trace,
) -> HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue> {
    let value = MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(trace.to_string());
    // The one thing that the builder may miss is there.
    let value = value.build().ok();
    let header = MessageSystemAttributeNameForSends::AwsTraceHeader;
    value.map(|value| (header, value)).into_iter().collect()
}

#[async_trait]
impl CopyQueue for SqsQueue {
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError> {
        let queue_url = self.url_for(message.bulk);
        let sending = self.client.send_message().queue_url(queue_url);
        sending
            .message_body(message.to_json())
            .set_message_system_attributes(message.trace.map(trace_header))
            .delay_seconds(whole_seconds(delay, MOST_DELAY))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("SendMessage", queue_url, &error))
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
