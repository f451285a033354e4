//! The copier function: makes replicas.
//!
//! An SQS event's records are worked on side by side; what fails is reported as failed, alone.
//! A message is a hint: `begin` decides whether there is anything to do, a lease is kept
//! while the bytes move, and the entry is settled at the end, good or bad.

mod copy;
mod cutter;
mod digests;
mod finish;
mod hand_on;
mod job;
mod lease;
mod pace;
mod progress;
mod reader;
mod run;
mod server_side;
mod storing;
mod stream;
mod time_limit;
mod told;
mod upload;
mod verdict;
mod work;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use cloud_mirror_domain::message::{Message, MessageError};
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::{Ports, Reception, Source};
use cloud_mirror_domain::rules::Rules;
use cloud_mirror_domain::trace::Trace;
use cloud_mirror_purge::Purger;
use futures::FutureExt as _;
use futures::future::join_all;
use tokio::sync::Semaphore;
use tracing::{Instrument as _, error, warn};
use ulid::Ulid;

pub use digests::Digesting;
pub use time_limit::TimeLimit;

use pace::Paces;
use verdict::Verdict;

/// How many copies in parts may stream at once in one process: each may hold `stream_memory`
/// bytes, and ten records of one batch would not fit a function's memory. The others wait, with
/// their leases alive.
const STREAMS: usize = 4;

/// The copier function.
pub struct Copier {
    rules: Rules,
    policy: Policy,
    ports: Ports,
    source: Arc<dyn Source>,
    purger: Purger,
    streams: Semaphore,
    paces: Paces,
}

impl Copier {
    /// The function over these rules, this policy and these ports.
    pub fn new(rules: Rules, policy: Policy, ports: Ports, source: Arc<dyn Source>) -> Self {
        let purger = Purger::new(rules.clone(), policy.lifetimes, ports.clone());
        Self {
            rules,
            paces: Paces::new(policy.copy.parts_in_flight),
            policy,
            ports,
            source,
            purger,
            streams: Semaphore::new(STREAMS),
        }
    }

    /// Works on every record of an event and names the ones that shall come back, or end as dead
    /// letters. Two deliveries of one message make one copy; the same event may come again.
    /// Before the time limit no more parts are begun; what is not done then is handed on to the
    /// bulk queue, and goes on from the parts that are there.
    pub async fn handle(&self, event: SqsEvent, limit: &TimeLimit) -> SqsBatchResponse {
        let work = |one| self.record(one, limit).instrument(told::span());
        let records = event.records.iter().map(work);
        let failed = join_all(records).await.into_iter().flatten();
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = failed.map(failure_of).collect();
        response
    }

    /// The id of the record if it failed. A panic fails it alone: its neighbours know nothing of it.
    async fn record(&self, record: &SqsMessage, limit: &TimeLimit) -> Option<String> {
        let worked = AssertUnwindSafe(self.verdict(record, limit)).catch_unwind();
        let verdict = worked.await.unwrap_or_else(|_| {
            error!(message_id = ?record.message_id, "a message made the copier panic");
            Verdict::Fail
        });
        let delay = match verdict {
            Verdict::Done => return None,
            Verdict::RetryAfter(delay) => delay,
            // With its full invisibility an operator would hear of it hours later.
            Verdict::Fail => self.policy.lifetimes.error_memory,
        };
        if let Some(reception) = reception(record)
            && let Err(error) = self.ports.queue.retry_after(reception, delay).await
        {
            warn!(%error, "a message comes back after its full invisibility");
        }
        // Without an id the whole batch must come back, which is what an empty id means to SQS.
        Some(record.message_id.clone().unwrap_or_default())
    }

    async fn verdict(&self, record: &SqsMessage, limit: &TimeLimit) -> Verdict {
        match read(record) {
            Ok((message, trace)) => {
                told::traced(trace);
                let delivery = Delivery {
                    message,
                    trace,
                    redelivered: was_received_before(record),
                    limit,
                };
                self.work_on(&delivery).await
            }
            Err(error) => {
                warn!(%error, "a message that cannot be understood goes to the dead letters");
                Verdict::Fail
            }
        }
    }
}

/// A message, and how it came.
pub(crate) struct Delivery<'a> {
    pub(crate) message: Message,
    /// The trace to which it belongs.
    pub(crate) trace: Trace,
    /// Somebody has received it before, and has not acknowledged it.
    pub(crate) redelivered: bool,
    pub(crate) limit: &'a TimeLimit,
}

fn was_received_before(record: &SqsMessage) -> bool {
    let receptions = record.attributes.get("ApproximateReceiveCount");
    receptions.is_some_and(|count| count != "1")
}

/// A record without a body is a failure: counting it as success would lose it. A message that does not
/// say its trace has the one beside its body, else its own from here on.
fn read(record: &SqsMessage) -> Result<(Message, Trace), MessageError> {
    let message = Message::from_json(record.body.as_deref().ok_or(MessageError::Empty)?)?;
    let beside = record.attributes.get("AWSTraceHeader").map(String::as_str);
    let trace = Trace::of(message.trace, beside, Ulid::generate);
    Ok((message, trace))
}

/// The queue's name is the end of its ARN.
fn reception(record: &SqsMessage) -> Option<Reception<'_>> {
    let source = record.event_source_arn.as_deref();
    Some(Reception {
        receipt: record.receipt_handle.as_deref()?,
        queue: source.and_then(|arn| arn.rsplit(':').next()),
    })
}

fn failure_of(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}
