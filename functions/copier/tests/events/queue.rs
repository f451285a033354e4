//! A queue that notes what it is asked, and Lambda's part: receive, hand on, acknowledge.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::Received;
use cloud_mirror_domain::ports::{CopyQueue, Port, PortError, Reception};
use cloud_mirror_memory::{MemoryQueue, QueueSettings};
use tokio::time::{Instant, timeout_at};

use crate::house::House;

pub(crate) struct RecordingQueue {
    pub(crate) messages: MemoryQueue,
    retries: Mutex<Vec<(String, Duration)>>,
    refuses: AtomicBool,
}

impl RecordingQueue {
    /// A queue as it is deployed: messages stay invisible for 90 minutes, five receptions.
    pub(crate) fn new() -> Self {
        Self {
            messages: MemoryQueue::new(QueueSettings::default()),
            retries: Mutex::default(),
            refuses: AtomicBool::default(),
        }
    }

    /// From now on it takes no message.
    pub(crate) fn refuse(&self) {
        self.refuses.store(true, Ordering::Relaxed);
    }

    /// The receipts that were asked to come back earlier, and after how long.
    pub(crate) fn retries(&self) -> Vec<(String, Duration)> {
        self.retries.lock().unwrap().clone()
    }
}

#[async_trait]
impl CopyQueue for RecordingQueue {
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(PortError::new(Port::Queue, "it was told to refuse"));
        }
        self.messages.send(message, delay).await
    }

    async fn retry_after(
        &self,
        reception: Reception<'_>,
        delay: Duration,
    ) -> Result<(), PortError> {
        let retry = (reception.receipt.to_owned(), delay);
        self.retries.lock().unwrap().push(retry);
        self.messages.retry_after(reception, delay).await
    }
}

impl House {
    /// Puts the bodies of an event's records into the queue.
    pub(crate) fn send(&self, event: &SqsEvent) {
        for record in &event.records {
            let body = record.body.clone().unwrap();
            self.queue.messages.send_text(body, Duration::ZERO).unwrap();
        }
    }

    /// Works the queue off for so long, as Lambda does, and acknowledges what did not fail.
    pub(crate) async fn work_for(&self, time: Duration) {
        let until = Instant::now() + time;
        while let Ok(batch) = timeout_at(until, self.queue.messages.receive(10)).await {
            let failed = self.hand_over(event_of(&batch)).await;
            let done = batch.iter().filter(|one| !failed.contains(&one.message_id));
            done.for_each(|one| self.queue.messages.delete(&one.receipt));
        }
    }
}

/// The event that Lambda would make of these.
pub(crate) fn event_of(batch: &[Received]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = batch.iter().map(record_of).collect();
    event
}

fn record_of(received: &Received) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = Some(received.message_id.clone());
    record.receipt_handle = Some(received.receipt.clone());
    record.event_source_arn = received.queue.clone();
    record.body = Some(received.body.clone());
    let receives = received.receives.to_string();
    record.attributes = [("ApproximateReceiveCount".to_owned(), receives)].into();
    record
}
