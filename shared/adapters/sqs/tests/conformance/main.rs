//! What this adapter promises, over the real SDK and a server that speaks SQS's wire protocol.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod delays;
mod outages;
mod receiving;
mod support;

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
#[ignore = "needs an emulator: scripts/emulator-suites runs it"]
async fn it_is_one_at_an_emulator_too() {
    conforms_at(&emulator::url()).await;
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
