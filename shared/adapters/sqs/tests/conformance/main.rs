//! What this adapter promises, over the real SDK and a server that speaks SQS's wire protocol.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod dead_letters;
mod delays;
mod outages;
mod receiving;
mod support;
mod traces;

use cloud_mirror_testkit::emulator;
use cloud_mirror_testkit::queue_suite::{self, MAX_RECEIVES, VISIBILITY};
use cloud_mirror_testkit::servers::sqs::SqsServer;

use support::{Mailbox, Redrive, client, create_queue};

#[tokio::test]
async fn it_is_a_copy_queue() {
    let server = SqsServer::start().await;
    conforms_at(&server.url()).await;
}

#[tokio::test]
async fn with_a_bulk_queue_it_keeps_huge_copies_apart() {
    let server = SqsServer::start().await;
    conforms_with_bulk_at(&server.url()).await;
}

#[tokio::test]
#[ignore = "needs an emulator: scripts/emulator-suites runs it"]
async fn it_is_one_at_an_emulator_too() {
    conforms_at(&emulator::url()).await;
    conforms_with_bulk_at(&emulator::url()).await;
}

async fn conforms_at(url: &str) {
    let client = client(url);
    let dead = create_queue(&client, "dead", VISIBILITY, None).await;
    let redrive = Redrive {
        dead_queue: "dead",
        max_receives: MAX_RECEIVES,
    };
    let queue = create_queue(&client, "copies", VISIBILITY, Some(redrive)).await;
    queue_suite::conforms(&queue.outbox(), &Mailbox { queue, dead }).await;
}

async fn conforms_with_bulk_at(url: &str) {
    let client = client(url);
    let mailbox = async |name| Mailbox {
        queue: create_queue(&client, name, VISIBILITY, None).await,
        dead: create_queue(&client, "nowhere", VISIBILITY, None).await,
    };
    let (copies, bulk) = (mailbox("small-copies").await, mailbox("bulk").await);
    let queue = copies.queue.outbox().with_bulk(&bulk.queue.url);
    queue_suite::conforms_with_bulk(&queue, &copies, &bulk).await;
}
