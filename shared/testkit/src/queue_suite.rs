//! What every copy queue must do.

use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::ports::{CopyQueue, Reception};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::url::SourceUrl;
use ulid::Ulid;

/// The receiving side of a queue under test, which has a visibility of [`VISIBILITY`] and lets a
/// message be received twice.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Receives one message as (receipt, body); `None` if none becomes visible within `patience`.
    async fn receive(&self, patience: Duration) -> Option<(String, String)>;
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

/// Runs the whole suite over an empty queue.
pub async fn conforms(queue: &dyn CopyQueue, inbox: &dyn Inbox) {
    what_is_sent_is_received(queue, inbox).await;
    a_delayed_message_comes_later(queue, inbox).await;
    what_nobody_acknowledges_comes_back_and_then_is_dead(queue, inbox).await;
    a_message_comes_back_early_where_asked(queue, inbox).await;
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
    }
}

fn read(body: &str) -> Message {
    Message::from_json(body).expect("our own message")
}

async fn what_is_sent_is_received(queue: &dyn CopyQueue, inbox: &dyn Inbox) {
    queue.send(&message(1), Duration::ZERO).await.unwrap();
    let (receipt, body) = inbox.receive(SOON).await.expect("the message");
    assert_eq!(read(&body), message(1));
    assert_eq!(
        inbox.receive(A_MOMENT).await,
        None,
        "it is invisible while it is worked on"
    );
    inbox.delete(&receipt).await;
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
    let (receipt, _) = inbox.receive(SOON).await.expect("the message, later");
    inbox.delete(&receipt).await;
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
    let (receipt, _) = inbox.receive(SOON).await.expect("the message");
    let reception = Reception {
        receipt: &receipt,
        queue: None,
    };
    queue.retry_after(reception, Duration::ZERO).await.unwrap();
    let (receipt, body) = inbox.receive(A_MOMENT).await.expect("the message, at once");
    assert_eq!(read(&body), message(4));
    inbox.delete(&receipt).await;
}
