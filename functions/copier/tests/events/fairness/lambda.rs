//! Lambda's part: receive, invoke, acknowledge.

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_copier::{Copier, TimeLimit};
use cloud_mirror_domain::ports::{Clock as _, Received};
use cloud_mirror_memory::MemoryQueue;
use cloud_mirror_testkit::clock::RuntimeClock;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::queue::event_of;

/// The function's time limit.
const INVOCATION: Duration = Duration::from_secs(900);

/// An event source mapping of `template.yaml`.
pub(super) struct Mapping {
    queue: Arc<MemoryQueue>,
    batch_size: usize,
    maximum_concurrency: usize,
}

impl Mapping {
    pub(super) fn of_copies(queue: Arc<MemoryQueue>) -> Self {
        Self {
            queue,
            batch_size: 10,
            maximum_concurrency: 10,
        }
    }

    pub(super) fn of_bulk(queue: Arc<MemoryQueue>) -> Self {
        Self {
            queue,
            batch_size: 1,
            maximum_concurrency: 4,
        }
    }

    /// Starts as many environments as may work at once. Each goes on until it is aborted.
    pub(super) fn start(
        &self,
        clock: Arc<RuntimeClock>,
        copier: impl Fn() -> Copier,
    ) -> Vec<JoinHandle<()>> {
        let environment = |_| {
            let (queue, copier, most) = (self.queue.clone(), copier(), self.batch_size);
            let clock = clock.clone();
            tokio::spawn(async move {
                loop {
                    let batch = queue.receive(most).await;
                    invoke(&copier, &queue, &batch, &clock).await;
                }
            })
        };
        (0..self.maximum_concurrency).map(environment).collect()
    }
}

/// What did not fail is acknowledged once the whole batch is done.
async fn invoke(copier: &Copier, queue: &MemoryQueue, batch: &[Received], clock: &RuntimeClock) {
    let limit = TimeLimit::before(clock.now() + INVOCATION, clock.now());
    let answered = timeout(INVOCATION, copier.handle(event_of(batch), &limit)).await;
    let failed = answered.expect("it ends in time").batch_item_failures;
    let has_failed = |one: &Received| failed.iter().any(|it| it.item_identifier == one.message_id);
    let done = batch.iter().filter(|one| !has_failed(one));
    done.for_each(|one| queue.delete(&one.receipt));
}
