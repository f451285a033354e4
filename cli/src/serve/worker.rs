//! Feeds the copier from the queues, as Lambda's event source mappings do.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use cloud_mirror_copier::{Copier, TimeLimit};
use cloud_mirror_domain::ports::{CopyInbox, Received};
use cloud_mirror_runtime::Inboxes;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tracing::warn;

/// How many messages of the copy queue are worked on at once: so many sources that hang hold up
/// everybody else until they are given up. The copier itself bounds what they may hold in memory.
const PLACES: usize = 16;

/// How many messages of the bulk queue are worked on at once, beside the others and never in their
/// places. More would share the same line and processor: each would take longer, and none be done
/// sooner; one alone would leave a fast line idle while a slow source drips.
const BULK_PLACES: usize = 2;

/// A queue that failed is asked again after this.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) struct Worker {
    inboxes: Inboxes,
    copier: Arc<Copier>,
    limit: TimeLimit,
}

impl Worker {
    /// At the limit, copies under way are given up and their messages handed back.
    pub(crate) fn new(inboxes: Inboxes, copier: Copier, limit: TimeLimit) -> Self {
        Self {
            inboxes,
            copier: Arc::new(copier),
            limit,
        }
    }

    /// Works until told to end, and then until what it has begun is done.
    pub(crate) async fn run(self, ends: watch::Receiver<bool>) {
        let bulk = async {
            if let Some(inbox) = &self.inboxes.bulk {
                self.feed(inbox, BULK_PLACES, ends.clone()).await;
            }
        };
        let copies = self.feed(&self.inboxes.copies, PLACES, ends.clone());
        tokio::join!(copies, bulk);
    }

    async fn feed(
        &self,
        inbox: &Arc<dyn CopyInbox>,
        places: usize,
        mut ends: watch::Receiver<bool>,
    ) {
        let places = Arc::new(Semaphore::new(places));
        let mut working = JoinSet::new();
        // The place is taken first: a message that was received is worked on at once, or its
        // invisibility would run out while it waits.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let received = tokio::select! {
                received = receive(&**inbox) => received,
                _ = ends.wait_for(|ends| *ends) => break,
            };
            if let Some(message) = received {
                let (inbox, copier) = (Arc::clone(inbox), Arc::clone(&self.copier));
                let limit = self.limit.clone();
                working.spawn(async move {
                    work_on(&*inbox, &copier, message, &limit).await;
                    drop(place);
                });
            }
            while working.try_join_next().is_some() {}
        }
        while working.join_next().await.is_some() {}
    }
}

/// The next message, if one came in a while. A queue that fails is asked again: its failure ends
/// nothing.
async fn receive(inbox: &dyn CopyInbox) -> Option<Received> {
    match inbox.receive(1).await {
        Ok(received) => received.into_iter().next(),
        Err(error) => {
            warn!(%error, "the copy queue will be asked again");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// One message is one event: what fails fails alone.
async fn work_on(inbox: &dyn CopyInbox, copier: &Copier, message: Received, limit: &TimeLimit) {
    let receipt = message.receipt.clone();
    let response = copier.handle(event_of(message), limit).await;
    if !response.batch_item_failures.is_empty() {
        return;
    }
    if let Err(error) = inbox.delete(&receipt).await {
        warn!(%error, "a message that is done comes back, and will be found to be done");
    }
}

/// The event that Lambda would make of one message.
pub fn event_of(message: Received) -> SqsEvent {
    let mut record = SqsMessage::default();
    record.message_id = Some(message.message_id);
    record.receipt_handle = Some(message.receipt);
    record.event_source_arn = message.queue;
    record.body = Some(message.body);
    let receives = Some(("ApproximateReceiveCount", message.receives.to_string()));
    let trace = message
        .trace
        .map(|trace| ("AWSTraceHeader", trace.to_string()));
    let attributes = receives.into_iter().chain(trace);
    record.attributes = attributes
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let mut event = SqsEvent::default();
    event.records = vec![record];
    event
}

#[cfg(test)]
mod tests;
