//! The copier function: makes replicas.
//!
//! An SQS event's records are worked on side by side; what fails is reported as failed, alone.
//! A message is a hint: `begin` decides whether there is anything to do, a lease is kept
//! while the bytes move, and the entry is settled at the end, good or bad.

mod copy;
mod digests;
mod finish;
mod job;
mod lease;
mod run;
mod server_side;
mod stream;
mod upload;
mod verdict;
mod work;

use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use cloud_mirror_domain::message::{Message, MessageError};
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{Ports, Source};
use cloud_mirror_domain::rules::Rules;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_purge::Purger;
use futures::future::join_all;
use tracing::warn;

use verdict::Verdict;

/// The copier function.
pub struct Copier {
    rules: Rules,
    policy: Policy,
    ports: Ports,
    source: Arc<dyn Source>,
    purger: Purger,
}

impl Copier {
    /// The function over these rules, this policy and these ports.
    pub fn new(rules: Rules, policy: Policy, ports: Ports, source: Arc<dyn Source>) -> Self {
        let purger = Purger::new(rules.clone(), policy.lifetimes, ports.clone());
        Self {
            rules,
            policy,
            ports,
            source,
            purger,
        }
    }

    /// Works on every record of an event and names the ones that shall come back, or end as dead
    /// letters. Two deliveries of one message make one copy; the same event may come again.
    ///
    /// Where the invocation has an end, `until` is it: copies that are not done shortly before
    /// are released, and their messages come back at once.
    pub async fn handle(&self, event: SqsEvent, until: Option<Timestamp>) -> SqsBatchResponse {
        let records = event.records.iter().map(|one| self.record(one, until));
        let failed = join_all(records).await.into_iter().flatten();
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = failed.map(failure_of).collect();
        response
    }

    /// The id of the record if it failed.
    async fn record(&self, record: &SqsMessage, until: Option<Timestamp>) -> Option<String> {
        let verdict = match read(record) {
            Ok(message) => self.work_on(&message, until).await,
            Err(error) => {
                warn!(%error, "a message that cannot be understood goes to the dead letters");
                Verdict::Fail
            }
        };
        if let (Verdict::RetryAfter(delay), Some(receipt)) = (verdict, &record.receipt_handle)
            && let Err(error) = self.ports.queue.retry_after(receipt, delay).await
        {
            warn!(%error, "a message comes back after its full invisibility");
        }
        // Without an id the whole batch must come back, which is what an empty id means to SQS.
        (verdict != Verdict::Done).then(|| record.message_id.clone().unwrap_or_default())
    }
}

/// A record without a body is a failure: counting it as success would lose it.
fn read(record: &SqsMessage) -> Result<Message, MessageError> {
    Message::from_json(record.body.as_deref().ok_or(MessageError::Empty)?)
}

fn failure_of(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}
