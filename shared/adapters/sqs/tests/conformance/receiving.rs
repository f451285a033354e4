//! The receiving side.

use std::time::Duration;

use cloud_mirror_domain::ports::{CopyInbox as _, CopyQueue as _};
use cloud_mirror_sqs::{SqsInbox, SqsQueue};
use cloud_mirror_testkit::servers::sqs::SqsServer;

use crate::support::{client, client_with_limit, create_queue, message, of};

const AN_HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn the_inbox_waits_for_longer_than_its_client_waits_for_anything_else() {
    let server = SqsServer::start().await;
    let queue = create_queue(&client(&server.url()), "copies", AN_HOUR, None).await;
    let impatient = client_with_limit(&server.url(), Duration::from_millis(900));
    let inbox = SqsInbox::new(impatient, &queue.url);

    let delay = Duration::from_secs(2);
    queue.outbox().send(&message(), delay).await.unwrap();

    let received = inbox.receive(1).await.unwrap();
    assert_eq!(received[0].body, message().to_json());
}

#[tokio::test]
async fn where_nothing_comes_the_answer_is_empty() {
    let server = SqsServer::start().await;
    let queue = create_queue(&client(&server.url()), "copies", AN_HOUR, None).await;
    let inbox = queue.inbox().waiting(Duration::from_millis(100));
    assert_eq!(inbox.receive(10).await.unwrap(), []);
}

#[tokio::test]
async fn no_more_messages_come_than_were_asked_for() {
    let server = SqsServer::start().await;
    let queue = create_queue(&client(&server.url()), "copies", AN_HOUR, None).await;
    for _ in 0..13 {
        let outbox = queue.outbox();
        outbox.send(&message(), Duration::ZERO).await.unwrap();
    }
    let inbox = queue.inbox();
    assert_eq!(inbox.receive(2).await.unwrap().len(), 2);
    assert_eq!(inbox.receive(0).await.unwrap().len(), 1, "at least one");
    assert_eq!(
        inbox.receive(99).await.unwrap().len(),
        10,
        "as many as SQS gives"
    );
}

/// Where a copy outlives its message's invisibility, a second copier is given the message.
#[tokio::test]
async fn a_receipt_changes_nothing_after_the_message_was_received_again() {
    let server = SqsServer::start().await;
    let queue = create_queue(&client(&server.url()), "copies", AN_HOUR, None).await;
    let (outbox, inbox) = (queue.outbox(), queue.inbox());
    outbox.send(&message(), Duration::ZERO).await.unwrap();
    let first = queue.look_for_one(SOON).await.expect("the message");
    comes_back(&outbox, &first.receipt).await;
    let second = queue.look_for_one(SOON).await.expect("the message again");

    let late = outbox.retry_after(first.reception(), Duration::ZERO).await;
    assert!(late.unwrap_err().detail.contains("not available"));
    inbox.delete(&first.receipt).await.unwrap();

    comes_back(&outbox, &second.receipt).await;
    let third = queue.look_for_one(SOON).await.expect("it is still there");
    assert_eq!(third.receives, 3);
}

async fn comes_back(outbox: &SqsQueue, receipt: &str) {
    outbox
        .retry_after(of(receipt), Duration::ZERO)
        .await
        .unwrap();
}
