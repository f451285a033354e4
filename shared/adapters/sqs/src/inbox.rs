//! The receiving side.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{Builder, Config};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use cloud_mirror_domain::ports::{CopyInbox, PortError, Received};
use cloud_mirror_domain::trace::Trace;

use crate::failure::failed;
use crate::queue::queue_name;
use crate::seconds::whole_seconds;

/// The longest wait of one reception, in seconds.
const MOST_WAIT: i32 = 20;

/// The most messages of one reception.
const MOST_MESSAGES: i32 = 10;

/// Receives from one queue of SQS by long polling, up to ten messages at once.
///
/// An error ends nothing: the same inbox answers again as soon as the queue does. A reception takes
/// at most its wait longer than the client's time limits. Where its answer is lost, or its
/// future dropped, messages may have become invisible, and come back when that is over.
#[derive(Clone, Debug)]
pub struct SqsInbox {
    client: Client,
    queue_url: String,
    /// In seconds.
    wait: i32,
}

impl SqsInbox {
    /// Receives from the queue of that URL, waiting for up to 20 seconds each time.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self {
            client,
            queue_url: queue_url.into(),
            wait: MOST_WAIT,
        }
    }

    /// The same with another wait: whole seconds, rounded up, at most 20. Zero asks only part of
    /// SQS's servers, and may overlook a message that is there.
    #[must_use]
    pub fn waiting(self, wait: Duration) -> Self {
        Self {
            wait: whole_seconds(wait, MOST_WAIT),
            ..self
        }
    }
}

#[async_trait]
impl CopyInbox for SqsInbox {
    async fn receive(&self, most: usize) -> Result<Vec<Received>, PortError> {
        let most = i32::try_from(most).map_or(MOST_MESSAGES, |most| most.clamp(1, MOST_MESSAGES));
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(most)
            .wait_time_seconds(self.wait)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader)
            .customize()
            .config_override(longer_by(&self.client, self.wait))
            .send()
            .await
            .map_err(|error| failed("ReceiveMessage", &self.queue_url, &error))?;
        let queue = queue_name(&self.queue_url);
        let messages = answer.messages.unwrap_or_default().into_iter();
        Ok(messages.map(|message| received(message, queue)).collect())
    }

    async fn delete(&self, receipt: &str) -> Result<(), PortError> {
        self.client
            .delete_message()
            .queue_url(&self.queue_url)
            .receipt_handle(receipt)
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("DeleteMessage", &self.queue_url, &error))
    }
}

/// The client's limits, each longer by that many seconds: an answer is not late because nothing came.
pub(crate) fn longer_by(client: &Client, wait: i32) -> Builder {
    let wait = Duration::from_secs(wait.unsigned_abs().into());
    let longer = |limit: Option<Duration>| limit.map(|limit| limit.saturating_add(wait));
    let builder = match client.config().timeout_config() {
        Some(limits) => {
            let mut builder = limits.to_builder();
            builder
                .set_read_timeout(longer(limits.read_timeout()))
                .set_operation_attempt_timeout(longer(limits.operation_attempt_timeout()))
                .set_operation_timeout(longer(limits.operation_timeout()));
            builder
        }
        None => TimeoutConfig::builder(),
    };
    Config::builder().timeout_config(builder.build())
}

/// SQS always gives an id, a receipt and a count. Nothing is dropped where one is missing:
/// the copier reports what it cannot read as failed, and a dead letter is where that ends.
fn received(message: Message, queue: &str) -> Received {
    let attribute = |name| Some(message.attributes.as_ref()?.get(&name)?.as_str());
    let receives = attribute(MessageSystemAttributeName::ApproximateReceiveCount)
        .and_then(|count| count.parse().ok());
    let trace = attribute(MessageSystemAttributeName::AwsTraceHeader).and_then(Trace::parse);
    Received {
        message_id: message.message_id.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        receives: receives.unwrap_or(1),
        queue: Some(queue.to_owned()),
        trace,
    }
}
