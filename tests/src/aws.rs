//! The test's own clients of AWS's services, and what the template makes with them.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_http_client::Builder as HttpBuilder;
use cloud_mirror_sqs::SqsQueue;
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, SECRET_KEY};

use crate::mirror::eventually;

/// The status table's name.
pub(crate) const TABLE: &str = "status";

/// The region in which table and queue are.
pub(crate) const REGION: &str = "us-east-1";

/// The queue of the dead letters.
const DEAD: &str = "dead";

/// After so many receptions a message is a dead letter.
const MAX_RECEIVES: u32 = 5;

/// What every client is made with. A macro, because each SDK crate has types of its own.
macro_rules! config {
    ($sdk:ident, $url:expr) => {
        $sdk::config::Builder::new()
            .behavior_version($sdk::config::BehaviorVersion::v2026_01_12())
            .region($sdk::config::Region::new(REGION))
            .credentials_provider($sdk::config::Credentials::new(
                ACCESS_KEY, SECRET_KEY, None, None, "tests",
            ))
            .http_client(HttpBuilder::new().build_http())
            .endpoint_url($url)
    };
}

/// A client of the DynamoDB at that URL.
pub(crate) fn dynamodb(url: &str) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::from_conf(config!(aws_sdk_dynamodb, url).build())
}

/// A client of the SQS at that URL.
pub(crate) fn sqs(url: &str) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::from_conf(config!(aws_sdk_sqs, url).build())
}

/// The same, each of whose calls something hears of.
pub(crate) fn dynamodb_counted(
    url: &str,
    counting: impl aws_sdk_dynamodb::config::Intercept + 'static,
) -> aws_sdk_dynamodb::Client {
    let config = config!(aws_sdk_dynamodb, url).interceptor(counting);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// The same for SQS.
pub(crate) fn sqs_counted(
    url: &str,
    counting: impl aws_sdk_sqs::config::Intercept + 'static,
) -> aws_sdk_sqs::Client {
    let config = config!(aws_sdk_sqs, url).interceptor(counting);
    aws_sdk_sqs::Client::from_conf(config.build())
}

/// What clients of the S3 at that URL are made from.
pub(crate) fn s3(url: &str) -> aws_sdk_s3::config::Builder {
    config!(aws_sdk_s3, url).force_path_style(true)
}

/// Makes the status table.
pub(crate) async fn create_table(client: &aws_sdk_dynamodb::Client) {
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash);
    let string = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S);
    let table = client.create_table().table_name(TABLE);
    table
        .key_schema(key.build().unwrap())
        .attribute_definitions(string.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

/// The URLs of the copy queue and the bulk queue.
pub(crate) struct QueueUrls {
    pub(crate) copies: String,
    pub(crate) bulk: String,
}

impl QueueUrls {
    /// Both as one queue.
    pub(crate) fn queue(&self, client: &aws_sdk_sqs::Client) -> SqsQueue {
        SqsQueue::new(client.clone(), &self.copies).with_bulk(&self.bulk)
    }

    pub(crate) async fn messages(&self, client: &aws_sdk_sqs::Client) -> usize {
        messages(client, &self.copies).await + messages(client, &self.bulk).await
    }

    pub(crate) async fn until_worked_off(&self, client: &aws_sdk_sqs::Client) {
        // A huge copy is sent on from the first to the second.
        for url in [&self.copies, &self.bulk] {
            until_worked_off(client, url).await;
        }
    }
}

/// How many messages a queue has: visible, invisible and delayed ones.
async fn messages(client: &aws_sdk_sqs::Client, queue_url: &str) -> usize {
    let asking = client.get_queue_attributes().queue_url(queue_url);
    let answer = asking
        .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
        .attribute_names(QueueAttributeName::ApproximateNumberOfMessagesNotVisible)
        .attribute_names(QueueAttributeName::ApproximateNumberOfMessagesDelayed)
        .send()
        .await
        .unwrap();
    let counts = answer.attributes().unwrap().values();
    counts.map(|count| count.parse::<usize>().unwrap()).sum()
}

/// The bodies of the dead letters, which stay where they are.
pub(crate) async fn dead_letters(client: &aws_sdk_sqs::Client) -> Vec<String> {
    let url = client.get_queue_url().queue_name(DEAD).send();
    let url = url.await.unwrap().queue_url.unwrap();
    let asking = client.receive_message().queue_url(url);
    let asking = asking.max_number_of_messages(10).visibility_timeout(0);
    let received = asking.send().await.unwrap().messages.unwrap_or_default();
    received.into_iter().filter_map(|one| one.body).collect()
}

/// Makes both queues, with one queue for their dead letters.
pub(crate) async fn create_queues(client: &aws_sdk_sqs::Client, visibility: Duration) -> QueueUrls {
    let dead = client.create_queue().queue_name(DEAD).send();
    dead.await.unwrap();
    QueueUrls {
        copies: create_queue(client, "copies", visibility).await,
        bulk: create_queue(client, "bulk", visibility).await,
    }
}

async fn create_queue(client: &aws_sdk_sqs::Client, name: &str, visibility: Duration) -> String {
    let redrive = format!(
        r#"{{"deadLetterTargetArn":"arn:aws:sqs:{REGION}:000000000000:dead","maxReceiveCount":{MAX_RECEIVES}}}"#
    );
    let visibility = visibility.as_secs().to_string();
    let created = client
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::VisibilityTimeout, visibility)
        .attributes(QueueAttributeName::RedrivePolicy, redrive)
        .send()
        .await;
    created.unwrap().queue_url.unwrap()
}

/// From now on messages of a queue that are received stay invisible for so long, in whole seconds.
pub(crate) async fn set_visibility(
    client: &aws_sdk_sqs::Client,
    queue_url: &str,
    visibility: Duration,
) {
    let seconds = visibility.as_secs().to_string();
    let setting = client.set_queue_attributes().queue_url(queue_url);
    let setting = setting.attributes(QueueAttributeName::VisibilityTimeout, seconds);
    setting.send().await.unwrap();
}

/// Deletes every item of a table.
pub(crate) async fn empty_table(client: &aws_sdk_dynamodb::Client, table: &str) {
    let found = client.scan().table_name(table).send().await.unwrap();
    for mut item in found.items.unwrap_or_default() {
        let deleting = client.delete_item().table_name(table);
        let deleting = deleting.key("id", item.remove("id").unwrap());
        deleting.send().await.unwrap();
    }
}

/// Sends any text to a queue. SQS takes none without a body, so that one never comes to be
/// delivered.
pub(crate) async fn deliver(client: &aws_sdk_sqs::Client, queue_url: &str, message: String) {
    let sending = client.send_message().queue_url(queue_url);
    if !message.is_empty() {
        sending.message_body(message).send().await.unwrap();
    }
}

/// Deletes every message of a queue, the invisible ones too.
pub(crate) async fn empty_queue(client: &aws_sdk_sqs::Client, queue_url: &str) {
    let emptying = client.purge_queue().queue_url(queue_url);
    emptying.send().await.unwrap();
}

/// Waits until a queue has no message, neither a visible nor an invisible one.
pub(crate) async fn until_worked_off(client: &aws_sdk_sqs::Client, queue_url: &str) {
    use QueueAttributeName::{ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible};
    eventually("the queue is worked off", || async {
        let asking = client.get_queue_attributes().queue_url(queue_url);
        let answer = asking
            .attribute_names(ApproximateNumberOfMessages)
            .attribute_names(ApproximateNumberOfMessagesNotVisible)
            .send()
            .await
            .unwrap();
        let mut counts = answer.attributes().unwrap().values();
        counts.all(|count| count == "0")
    })
    .await;
}
