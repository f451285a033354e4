//! What every copy queue must do.

use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::ports::{CopyQueue, Received};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::trace::Trace;
use cloud_mirror_domain::url::SourceUrl;
use ulid::Ulid;

/// The receiving side of a queue under test, which has a visibility of [`VISIBILITY`] and lets a
/// message be received twice.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Receives one message; `None` if none becomes visible within `patience`.
    async fn receive(&self, patience: Duration) -> Option<Received>;
    /// Acknowledges a message.
    async fn delete(&self, receipt: &str);
    /// The bodies of the dead letters.
    async fn dead_letters(&self) -> Vec<String>;
}

/// The visibility that the queue under test must have.
pub const VISIBILITY: Duration = Duration::from_secs(2);
/// The receptions after which a message is a dead letter in the queue under test.
pub const MAX_RECEIVES: u32 = 2;

const SOON: Duration = Duration::from_secs(10);
const A_MOMENT: Duration = Duration::from_millis(300);

/// Runs the whole suite over an empty queue without a bulk queue beside it.
pub async fn conforms(queue: &dyn CopyQueue, inbox: &dyn Inbox) {
    what_is_sent_is_received(queue, inbox).await;
    a_delayed_message_comes_later(queue, inbox).await;
    what_nobody_acknowledges_comes_back_and_then_is_dead(queue, inbox).await;
    a_message_comes_back_early_where_asked(queue, inbox).await;
    without_a_bulk_queue_a_bulk_message_is_like_any_other(queue, inbox).await;
}

/// Runs the suite of a copy queue with a bulk queue beside it, both empty, over their two receiving
/// sides.
pub async fn conforms_with_bulk(queue: &dyn CopyQueue, copies: &dyn Inbox, bulk: &dyn Inbox) {
    each_message_arrives_at_its_own_inbox_only(queue, copies, bulk).await;
    a_retry_stays_in_its_queue(queue, copies, bulk).await;
    receipts_of_both_queues_are_told_apart(queue, copies, bulk).await;
}

fn message(n: u64) -> Message {
    let url = SourceUrl::parse(&format!("https://example.com/{n}")).unwrap();
    Message {
        replica: ReplicaId {
            pool: PoolId::new("s3", "eu-central-1"),
            url,
        },
        action: Action::Put,
        attempt: Some(Ulid::from(u128::from(n))),
        seen: None,
        bulk: false,
        upload: None,
        trace: Some(Trace::fresh(Ulid::from(u128::from(n) << 64))),
    }
}

fn bulk_message(n: u64) -> Message {
    Message {
        bulk: true,
        ..message(n)
    }
}

fn read(body: &str) -> Message {
    Message::from_json(body).expect("our own message")
}

async fn what_is_sent_is_received(queue: &dyn CopyQueue, inbox: &dyn Inbox) {
    queue.send(&message(1), Duration::ZERO).await.unwrap();
    let received = inbox.receive(SOON).await.expect("the message");
    assert_eq!(read(&received.body), message(1));
    assert_eq!(
        inbox.receive(A_MOMENT).await,
        None,
        "it is invisible while it is worked on"
    );
    inbox.delete(&received.receipt).await;
    assert_eq!(
        inbox.receive(VISIBILITY + A_MOMENT).await,
        None,
        "what is acknowledged is gone"
    );
}

async fn a_delayed_message_comes_later(queue: &dyn CopyQueue, inbox: &dyn Inbox) {
    queue
        .send(&message(2), Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(inbox.receive(A_MOMENT).await, None, "not yet");
    let received = inbox.receive(SOON).await.expect("the message, later");
    inbox.delete(&received.receipt).await;
}

async fn what_nobody_acknowledges_comes_back_and_then_is_dead(
    queue: &dyn CopyQueue,
    inbox: &dyn Inbox,
) {
    queue.send(&message(3), Duration::ZERO).await.unwrap();
    for reception in 1..=MAX_RECEIVES {
        let received = inbox.receive(SOON).await;
        assert!(received.is_some(), "reception {reception}");
    }
    assert_eq!(
        inbox.receive(VISIBILITY + A_MOMENT).await,
        None,
        "it is dead"
    );
    let dead: Vec<_> = inbox
        .dead_letters()
        .await
        .iter()
        .map(|body| read(body))
        .collect();
    assert_eq!(dead, [message(3)], "and not lost");
}

async fn a_message_comes_back_early_where_asked(queue: &dyn CopyQueue, inbox: &dyn Inbox) {
    queue.send(&message(4), Duration::ZERO).await.unwrap();
    let received = inbox.receive(SOON).await.expect("the message");
    comes_back_at_once(queue, &received).await;
    let again = inbox.receive(A_MOMENT).await.expect("the message, at once");
    assert_eq!(read(&again.body), message(4));
    inbox.delete(&again.receipt).await;
}

async fn comes_back_at_once(queue: &dyn CopyQueue, received: &Received) {
    let reception = received.reception();
    queue.retry_after(reception, Duration::ZERO).await.unwrap();
}

async fn without_a_bulk_queue_a_bulk_message_is_like_any_other(
    queue: &dyn CopyQueue,
    inbox: &dyn Inbox,
) {
    queue.send(&bulk_message(5), Duration::ZERO).await.unwrap();
    let received = inbox.receive(SOON).await.expect("the message");
    assert_eq!(read(&received.body), bulk_message(5));
    inbox.delete(&received.receipt).await;
}

async fn each_message_arrives_at_its_own_inbox_only(
    queue: &dyn CopyQueue,
    copies: &dyn Inbox,
    bulk: &dyn Inbox,
) {
    for (sent, own, other) in [(bulk_message(1), bulk, copies), (message(2), copies, bulk)] {
        queue.send(&sent, Duration::ZERO).await.unwrap();
        assert_eq!(other.receive(A_MOMENT).await, None, "{sent:?}");
        let received = own.receive(SOON).await.expect("the message");
        assert_eq!(read(&received.body), sent);
        own.delete(&received.receipt).await;
    }
}

async fn a_retry_stays_in_its_queue(queue: &dyn CopyQueue, copies: &dyn Inbox, bulk: &dyn Inbox) {
    for (sent, own, other) in [(bulk_message(3), bulk, copies), (message(4), copies, bulk)] {
        queue.send(&sent, Duration::ZERO).await.unwrap();
        let received = own.receive(SOON).await.expect("the message");
        comes_back_at_once(queue, &received).await;
        assert_eq!(other.receive(A_MOMENT).await, None, "{sent:?}");
        let again = own.receive(A_MOMENT).await.expect("the message, at once");
        assert_eq!(again.message_id, received.message_id);
        own.delete(&again.receipt).await;
    }
}

/// Both queues may give out the same words.
async fn receipts_of_both_queues_are_told_apart(
    queue: &dyn CopyQueue,
    copies: &dyn Inbox,
    bulk: &dyn Inbox,
) {
    queue.send(&bulk_message(5), Duration::ZERO).await.unwrap();
    queue.send(&message(6), Duration::ZERO).await.unwrap();
    let huge = bulk.receive(SOON).await.expect("the bulk message");
    let small = copies.receive(SOON).await.expect("the other one");
    assert_ne!(huge.queue, small.queue, "they say where they are from");
    comes_back_at_once(queue, &huge).await;
    assert_eq!(copies.receive(A_MOMENT).await, None, "still worked on");
    let again = bulk.receive(A_MOMENT).await.expect("the bulk message");
    bulk.delete(&again.receipt).await;
    copies.delete(&small.receipt).await;
}
