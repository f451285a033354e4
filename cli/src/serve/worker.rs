//! Feeds the copier from the queue, as Lambda's event source mapping does.

use std::sync::Arc;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use cloud_mirror_copier::Copier;
use cloud_mirror_memory::{MemoryQueue, Received};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many messages are worked on at once. Each may hold `stream_memory` bytes, so this bounds
/// memory; and so many sources that hang hold up everybody else until they are given up.
const CONCURRENCY: usize = 16;

pub(crate) struct Worker {
    queue: Arc<MemoryQueue>,
    copier: Arc<Copier>,
}

impl Worker {
    pub(crate) fn new(queue: Arc<MemoryQueue>, copier: Copier) -> Self {
        Self {
            queue,
            copier: Arc::new(copier),
        }
    }

    /// Works until told to end, and then until what it has begun is done.
    pub(crate) async fn run(self, mut ends: watch::Receiver<bool>) {
        let mut working = JoinSet::new();
        loop {
            while working.len() >= CONCURRENCY {
                working.join_next().await;
            }
            let received = tokio::select! {
                received = self.queue.receive(1) => received,
                _ = ends.wait_for(|ends| *ends) => break,
            };
            for message in received {
                let (queue, copier) = (Arc::clone(&self.queue), Arc::clone(&self.copier));
                working.spawn(async move { work_on(&queue, &copier, message).await });
            }
        }
        while working.join_next().await.is_some() {}
    }
}

/// One message is one event: what fails fails alone.
async fn work_on(queue: &MemoryQueue, copier: &Copier, message: Received) {
    let receipt = message.receipt.clone();
    let response = copier.handle(event_of(message)).await;
    if response.batch_item_failures.is_empty() {
        queue.delete(&receipt);
    }
}

/// The event that Lambda would make of one message.
pub fn event_of(message: Received) -> SqsEvent {
    let mut record = SqsMessage::default();
    record.message_id = Some(message.message_id);
    record.receipt_handle = Some(message.receipt);
    record.body = Some(message.body);
    record.attributes = [(
        "ApproximateReceiveCount".to_owned(),
        message.receives.to_string(),
    )]
    .into();
    let mut event = SqsEvent::default();
    event.records = vec![record];
    event
}
