//! A queue that cannot be reached is an error, soon, and no more than that.

use std::time::{Duration, Instant};

use cloud_mirror_domain::message::{Message, Seen};
use cloud_mirror_domain::ports::{CopyInbox as _, CopyQueue as _, Port, PortError};
use cloud_mirror_sqs::{SqsInbox, SqsQueue};
use cloud_mirror_testkit::servers::sqs::SqsServer;
use tokio::net::TcpListener;

use crate::support::{client, client_with_limit, create_queue, message, of};

const AN_HOUR: Duration = Duration::from_secs(3600);
const LIMIT: Duration = Duration::from_millis(300);
/// Far more than the limit; without one the SDK would wait for an answer for ever.
const BOUND: Duration = Duration::from_secs(10);

fn names_the_queue(error: &PortError, action: &str, url: &str) {
    assert_eq!(error.port, Port::Queue);
    let beginning = format!("{action} at {url}: ");
    let cause = error.detail.strip_prefix(&beginning);
    assert!(cause.is_some_and(|cause| cause.contains(": ")), "{error}");
}

#[tokio::test]
async fn a_queue_that_is_down_is_an_error_that_names_it() {
    let mut server = SqsServer::start().await;
    let queue = create_queue(&client(&server.url()), "copies", AN_HOUR, None).await;
    server.go_down().await;
    let begin = Instant::now();

    let sent = queue.outbox().send(&message(), Duration::ZERO).await;
    names_the_queue(&sent.unwrap_err(), "SendMessage", &queue.url);
    let changed = queue
        .outbox()
        .retry_after(of("receipt"), Duration::ZERO)
        .await;
    names_the_queue(&changed.unwrap_err(), "ChangeMessageVisibility", &queue.url);
    let received = queue.inbox().receive(1).await;
    names_the_queue(&received.unwrap_err(), "ReceiveMessage", &queue.url);
    let deleted = queue.inbox().delete("receipt").await;
    names_the_queue(&deleted.unwrap_err(), "DeleteMessage", &queue.url);
    assert!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_queue_that_never_answers_is_given_up_within_the_clients_limits() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let url = format!("{endpoint}/000000000000/copies");
    let client = client_with_limit(&endpoint, LIMIT);
    let begin = Instant::now();

    let queue = SqsQueue::new(client.clone(), &url);
    let sent = queue.send(&message(), Duration::ZERO).await;
    names_the_queue(&sent.unwrap_err(), "SendMessage", &url);
    let inbox = SqsInbox::new(client, &url).waiting(Duration::ZERO);
    let received = inbox.receive(1).await;
    names_the_queue(&received.unwrap_err(), "ReceiveMessage", &url);
    assert!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn what_sqs_refuses_is_told_with_its_own_words() {
    let server = SqsServer::start().await;
    let client = client(&server.url());
    let url = format!("{}/000000000000/copies", server.url());
    let queue = SqsQueue::new(client.clone(), &url);
    let nowhere = queue.send(&message(), Duration::ZERO).await.unwrap_err();
    names_the_queue(&nowhere, "SendMessage", &url);
    assert!(nowhere.detail.contains("QueueDoesNotExist"), "{nowhere}");

    create_queue(&client, "copies", AN_HOUR, None).await;
    let huge = Message {
        seen: Some(Seen::Etag("e".repeat(300_000))),
        ..message()
    };
    let refused = queue.send(&huge, Duration::ZERO).await.unwrap_err();
    names_the_queue(&refused, "SendMessage", &url);
    assert!(refused.detail.contains("must be shorter"), "{refused}");
}

/// In the Node original one error of the queue ended the copier.
#[tokio::test]
async fn the_inbox_answers_again_after_the_queue_was_down() {
    let mut server = SqsServer::start().await;
    let queue = create_queue(&client(&server.url()), "copies", AN_HOUR, None).await;
    let (outbox, inbox) = (queue.outbox(), queue.inbox());
    let waiting = tokio::spawn({
        let inbox = inbox.clone();
        async move { inbox.receive(1).await }
    });

    server.go_down().await;
    assert!(waiting.await.unwrap().is_err());
    assert!(inbox.receive(1).await.is_err());
    assert!(outbox.send(&message(), Duration::ZERO).await.is_err());
    server.come_back().await;

    outbox.send(&message(), Duration::ZERO).await.unwrap();
    let received = inbox.receive(1).await.unwrap();
    assert_eq!(received[0].body, message().to_json());
}
