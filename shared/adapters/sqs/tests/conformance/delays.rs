//! SQS knows only whole seconds, and nothing may come early.

use std::time::{Duration, Instant};

use cloud_mirror_domain::ports::CopyQueue as _;
use cloud_mirror_testkit::servers::sqs::SqsServer;

use crate::support::{client, create_queue, message};

const AN_HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_message_that_is_delayed_by_part_of_a_second_comes_after_a_whole_one() {
    let server = SqsServer::start().await;
    let queue = create_queue(&client(&server.url()), "copies", AN_HOUR, None).await;
    let begin = Instant::now();

    let delay = Duration::from_millis(1_100);
    queue.outbox().send(&message(), delay).await.unwrap();

    queue.look_for_one(SOON).await.expect("the message");
    assert!(begin.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_message_that_comes_back_after_part_of_a_second_waits_for_a_whole_one() {
    let server = SqsServer::start().await;
    let queue = create_queue(&client(&server.url()), "copies", AN_HOUR, None).await;
    let outbox = queue.outbox();
    outbox.send(&message(), Duration::ZERO).await.unwrap();
    let first = queue.look_for_one(SOON).await.expect("the message");
    let begin = Instant::now();

    let delay = Duration::from_millis(100);
    outbox.retry_after(first.reception(), delay).await.unwrap();

    let second = queue.look_for_one(SOON).await.expect("the message again");
    assert!(begin.elapsed() >= Duration::from_secs(1));
    assert_eq!(second.message_id, first.message_id);
    assert_eq!((first.receives, second.receives), (1, 2));
    assert_ne!(
        second.receipt, first.receipt,
        "a receipt is of one reception"
    );
}
