//! How long an invocation may work.

use std::future::pending;
use std::time::Duration;

use cloud_mirror_domain::time::Timestamp;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};

/// What the end of an invocation is kept for: recording how far a copy is, handing it on and
/// asking for messages again, each of which may need a table or a queue that is slow just then.
const TO_END_WELL: Duration = Duration::from_secs(15);

/// What the parts that are under way have to arrive, once no more are begun: 128 MiB between
/// distant regions take some seconds. Of a short invocation a quarter at most.
const TO_ARRIVE: Duration = Duration::from_secs(30);

/// When work must be given up, so that nothing of it outlives its invocation: a frozen function
/// would go on with it at some later time. Some time before, nothing new is begun. Clones end at
/// the same moments.
#[derive(Clone)]
pub struct TimeLimit {
    winds_down: Moment,
    is_up: Moment,
}

type Moment = Shared<BoxFuture<'static, ()>>;

impl TimeLimit {
    /// There is none.
    pub fn none() -> Self {
        Self::when(pending())
    }

    /// Shortly before the invocation ends.
    pub fn before(end: Timestamp, now: Timestamp) -> Self {
        let is_up = (end - TO_END_WELL).since(now);
        let winds_down = is_up - TO_ARRIVE.min(is_up / 4);
        Self {
            winds_down: tokio::time::sleep(winds_down).boxed().shared(),
            is_up: tokio::time::sleep(is_up).boxed().shared(),
        }
    }

    /// As soon as this is over, without winding down.
    pub fn when(given_up: impl Future<Output = ()> + Send + 'static) -> Self {
        let is_up = given_up.boxed().shared();
        Self {
            winds_down: is_up.clone(),
            is_up,
        }
    }

    /// Nothing new is to be begun from then on.
    pub(crate) async fn winds_down(&self) {
        self.winds_down.clone().await;
    }

    /// Whether nothing new is to be begun.
    pub(crate) fn is_winding_down(&self) -> bool {
        self.winds_down.clone().now_or_never().is_some()
    }

    pub(crate) async fn is_up(&self) {
        self.is_up.clone().await;
    }
}
