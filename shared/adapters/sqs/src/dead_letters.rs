//! The dead letters of a queue: for an operator, who looks at them and sends them back.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use cloud_mirror_domain::ports::{Port, PortError};
use cloud_mirror_domain::time::Timestamp;
use serde::Deserialize;

use crate::failure::failed;
use crate::queue::MOST_DELAY;
use crate::seconds::whole_seconds;

/// The most letters of one reception.
const MOST_LETTERS: i32 = 10;

/// A reception waits for so many seconds. Without a wait SQS asks only part of its servers, and may
/// overlook a letter that is there.
const WAIT: i32 = 2;

/// The dead letters of one queue, which is their source.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    client: Client,
    source: String,
    letters: String,
}

/// A message that nobody could do the work of, as it was received now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The message's id.
    pub message_id: String,
    /// The handle of this reception.
    pub receipt: String,
    /// The body; empty if there is none.
    pub body: String,
    /// Receptions so far, those of the source queue and this one included. SQS calls the figure
    /// approximate.
    pub receives: u32,
    /// When it was first sent, where SQS says so.
    pub sent: Option<Timestamp>,
}

#[derive(Deserialize)]
struct RedrivePolicy {
    #[serde(rename = "deadLetterTargetArn")]
    target: String,
}

impl DeadLetters {
    /// The longest delay of a letter that is sent back.
    pub const MOST_DELAY: Duration = Duration::from_secs(MOST_DELAY.unsigned_abs() as u64);

    /// Finds the dead letters of the queue of that URL by its own `RedrivePolicy`; none where it has
    /// none, so that a message which fails comes back for ever. Changes nothing.
    /// IAM: `sqs:GetQueueAttributes` on the queue, `sqs:GetQueueUrl` on its dead letters.
    pub async fn of(client: Client, source: &str) -> Result<Option<Self>, PortError> {
        let Some(arn) = target(&client, source).await? else {
            return Ok(None);
        };
        let letters = url_of(&client, &arn).await?;
        let source = source.to_owned();
        Ok(Some(Self {
            client,
            source,
            letters,
        }))
    }

    /// The URL of the dead letters' own queue.
    pub fn url(&self) -> &str {
        &self.letters
    }

    /// Receives up to `most` letters, ten at most, which nobody else sees for `hidden` (whole seconds,
    /// up to twelve hours); none if all that there are are hidden already. IAM: `sqs:ReceiveMessage`.
    pub async fn receive(
        &self,
        most: usize,
        hidden: Duration,
    ) -> Result<Vec<DeadLetter>, PortError> {
        use MessageSystemAttributeName::{ApproximateReceiveCount, SentTimestamp};
        let most = i32::try_from(most).map_or(MOST_LETTERS, |most| most.clamp(1, MOST_LETTERS));
        let receiving = self.client.receive_message().queue_url(&self.letters);
        let answer = receiving
            .max_number_of_messages(most)
            .wait_time_seconds(WAIT)
            .visibility_timeout(whole_seconds(hidden, i32::MAX))
            .message_system_attribute_names(ApproximateReceiveCount)
            .message_system_attribute_names(SentTimestamp)
            .customize()
            .config_override(crate::inbox::longer_by(&self.client, WAIT))
            .send()
            .await
            .map_err(|error| failed("ReceiveMessage", &self.letters, &error))?;
        let letters = answer.messages.unwrap_or_default().into_iter();
        Ok(letters.map(letter).collect())
    }

    /// Sends a body to the source queue, which delivers it after `delay` as a message that was never
    /// received; the letter itself stays. The delay is rounded up to whole seconds and cut to
    /// [`Self::MOST_DELAY`]. Repeated, it sends again, which is harmless: a message is a hint.
    /// IAM: `sqs:SendMessage`.
    pub async fn send_back(&self, body: &str, delay: Duration) -> Result<(), PortError> {
        let sending = self.client.send_message().queue_url(&self.source);
        sending
            .message_body(body)
            .delay_seconds(whole_seconds(delay, MOST_DELAY))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("SendMessage", &self.source, &error))
    }

    /// Deletes a letter. May be repeated. IAM: `sqs:DeleteMessage`.
    pub async fn delete(&self, letter: &DeadLetter) -> Result<(), PortError> {
        let deleting = self.client.delete_message().queue_url(&self.letters);
        deleting
            .receipt_handle(&letter.receipt)
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("DeleteMessage", &self.letters, &error))
    }

    /// Lets a letter be seen again at once, by others and by ourselves.
    /// IAM: `sqs:ChangeMessageVisibility`.
    pub async fn let_go(&self, letter: &DeadLetter) -> Result<(), PortError> {
        let change = self.client.change_message_visibility();
        change
            .queue_url(&self.letters)
            .receipt_handle(&letter.receipt)
            .visibility_timeout(0)
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("ChangeMessageVisibility", &self.letters, &error))
    }
}

/// The ARN in a queue's `RedrivePolicy`.
async fn target(client: &Client, source: &str) -> Result<Option<String>, PortError> {
    let name = QueueAttributeName::RedrivePolicy;
    let asking = client.get_queue_attributes().queue_url(source);
    let asked = asking.attribute_names(name.clone()).send().await;
    let answer = asked.map_err(|error| failed("GetQueueAttributes", source, &error))?;
    let attributes = answer.attributes.unwrap_or_default();
    let Some(policy) = attributes.get(&name).filter(|policy| !policy.is_empty()) else {
        return Ok(None);
    };
    let target = target_in(policy);
    let target =
        target.map_err(|error| failed("GetQueueAttributes RedrivePolicy", source, &error))?;
    Ok(Some(target))
}

/// The ARN in the text of a `RedrivePolicy`.
pub(crate) fn target_in(policy: &str) -> serde_json::Result<String> {
    serde_json::from_str(policy).map(|policy: RedrivePolicy| policy.target)
}

/// `arn:aws:sqs:region:account:name`, asked for its URL: what stands before the account is not the
/// same everywhere.
async fn url_of(client: &Client, arn: &str) -> Result<String, PortError> {
    let mut parts = arn.rsplit(':');
    let (name, account) = (parts.next().unwrap_or_default(), parts.next());
    let asking = client.get_queue_url().queue_name(name);
    let asked = asking.set_queue_owner_aws_account_id(account.map(str::to_owned));
    let answer = asked.send().await;
    let answer = answer.map_err(|error| failed("GetQueueUrl", arn, &error))?;
    let lacks = || PortError::new(Port::Queue, format!("GetQueueUrl at {arn}: no URL"));
    answer.queue_url.ok_or_else(lacks)
}

fn letter(message: Message) -> DeadLetter {
    let attributes = message.attributes.unwrap_or_default();
    let receives = number(
        &attributes,
        MessageSystemAttributeName::ApproximateReceiveCount,
    );
    let sent = number(&attributes, MessageSystemAttributeName::SentTimestamp);
    DeadLetter {
        message_id: message.message_id.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        receives: receives.unwrap_or(1),
        sent: sent.map(Timestamp::from_millis),
    }
}

fn number<N: std::str::FromStr>(
    attributes: &HashMap<MessageSystemAttributeName, String>,
    name: MessageSystemAttributeName,
) -> Option<N> {
    attributes.get(&name)?.parse().ok()
}
