//! Lambda's part in the copy queues: it receives messages, and acknowledges what the copier is done
//! with.

use cloud_mirror_copier::TimeLimit;
use cloud_mirror_domain::ports::CopyInbox as _;
use cloud_mirror_sqs::{SqsInbox, SqsQueue};

use super::{Who, Wired};
use crate::aws;

impl Wired {
    /// The sending side of the queues, for one function.
    pub(super) fn queue(&self, who: Who) -> SqsQueue {
        let counting = self.0.calls.of(who);
        let client = aws::sqs_counted(&self.0.sqs.url(), counting);
        self.0.queues.queue(&client)
    }

    /// The next message of the copy queue, to its end.
    pub async fn work_off(&self) {
        self.work_off_within(&TimeLimit::none()).await;
    }

    /// The same, by an invocation that ends then.
    pub async fn work_off_within(&self, limit: &TimeLimit) {
        self.next_of(&self.0.queues.copies, limit).await;
    }

    /// The next message of the bulk queue, to its end.
    pub async fn work_off_bulk(&self) {
        self.next_of(&self.0.queues.bulk, &TimeLimit::none()).await;
    }

    async fn next_of(&self, queue_url: &str, limit: &TimeLimit) {
        let counting = self.0.calls.of(Who::Poller);
        let client = aws::sqs_counted(&self.0.sqs.url(), counting);
        let inbox = SqsInbox::new(client, queue_url);
        let message = inbox.receive(1).await.unwrap().remove(0);
        let receipt = message.receipt.clone();
        if self.copy(message, limit).await {
            inbox.delete(&receipt).await.unwrap();
        }
    }
}
