//! How long an invocation may work.

use std::future::pending;
use std::time::Duration;

use cloud_mirror_domain::time::Timestamp;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};

/// What the end of an invocation is kept for: giving up a lease and asking for the message again,
/// each of which may need a table or a queue that is slow just then.
const TO_END_WELL: Duration = Duration::from_secs(15);

/// When work must be given up, so that nothing of it outlives its invocation: a frozen function
/// would go on with it at some later time. Clones end at the same moment.
#[derive(Clone)]
pub struct TimeLimit(Shared<BoxFuture<'static, ()>>);

impl TimeLimit {
    /// There is none.
    pub fn none() -> Self {
        Self::when(pending())
    }

    /// Shortly before the invocation ends.
    pub fn before(end: Timestamp, now: Timestamp) -> Self {
        Self::when(tokio::time::sleep((end - TO_END_WELL).since(now)))
    }

    /// As soon as this is over.
    pub fn when(given_up: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(given_up.boxed().shared())
    }

    pub(crate) async fn is_up(&self) {
        self.0.clone().await;
    }
}
