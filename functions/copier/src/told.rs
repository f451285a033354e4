//! What is told of a message: its span, and the lines of a copy's life.

use std::time::Duration;

use cloud_mirror_domain::claim::Answer;
use cloud_mirror_domain::entry::{Entry, Replica, State};
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::rules::Standing;
use cloud_mirror_domain::trace::Trace;
use tracing::field::{Empty, display};
use tracing::{Span, error_span, info, warn};
use ulid::Ulid;

use crate::Delivery;
use crate::copy::How;
use crate::job::Job;
use crate::work::work_of;

/// What every line about a message has, whatever level the logs are filtered by. It is filled as
/// things get known, so that no line need repeat them.
pub(crate) fn span() -> Span {
    error_span!(
        "message",
        trace_id = Empty,
        pool = Empty,
        url = Empty,
        attempt = Empty,
        run = Empty,
    )
}

pub(crate) fn traced(trace: Trace) {
    Span::current().record("trace_id", display(trace.id()));
}

/// A signed URL is a secret, which is neither recorded nor logged.
pub(crate) fn asked_for(job: &Job<'_>) {
    let span = Span::current();
    span.record("pool", display(&job.id.pool));
    if job.standing != Standing::Signed {
        span.record("url", display(job.id.url.without_query()));
    }
}

/// A claim of the copier's own, if it was won, or was the last one of several that nobody ended.
pub(crate) fn claimed(answer: &Answer, attempt: Ulid) {
    match answer {
        Answer::Done(entry) => {
            attempted(entry);
            info!(
                event = "claimed",
                tries = entry.tries,
                renewal = is_present(entry)
            );
        }
        Answer::Refused(Some(entry)) => match &entry.state {
            State::Error(error) if error.settled_by == attempt => failed(&error.failure),
            _ => {}
        },
        Answer::Refused(None) => {}
    }
}

pub(crate) fn begun(entry: &Entry, run: Ulid, delivery: &Delivery<'_>) {
    attempted(entry);
    Span::current().record("run", display(run));
    let (bulk, redelivered) = (delivery.message.bulk, delivery.redelivered);
    info!(event = "begun", tries = entry.tries, bulk, redelivered);
}

/// A replica that this run has made, or found. `Found` costs no bytes and counts as no copy.
pub(crate) fn done(own: &Entry, replica: &Replica, how: How, (took, settled): (Duration, bool)) {
    match how {
        How::Copied(plan) => info!(
            event = "copied",
            plan,
            copied_bytes = replica.size,
            copy_milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            renewal = is_present(own),
            settled,
        ),
        How::Found => info!(event = "found", size_bytes = replica.size),
    }
}

pub(crate) fn failed(failure: &Failure) {
    warn!(event = "failed", kind = %failure.kind, detail = failure.detail);
}

/// Of a renewal: the entry stays present.
fn is_present(entry: &Entry) -> bool {
    matches!(entry.state, State::Present(_))
}

fn attempted(entry: &Entry) {
    if let Some(work) = work_of(entry) {
        Span::current().record("attempt", display(work.attempt));
    }
}
