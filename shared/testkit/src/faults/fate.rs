//! What befalls one call.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _};

use super::{Call, Faults, Mishap};

/// What befalls one call.
pub(crate) struct Fate {
    pub(super) faults: Faults,
    pub(super) call: Call,
    pub(super) mishap: Option<Mishap>,
    pub(super) broken: bool,
    pub(super) silent: bool,
    pub(super) delay: Duration,
}

impl Fate {
    /// Waits as long as the call is on its way: for ever, if its part is silent. False if it is to
    /// fail then.
    pub(crate) async fn lets_pass(&self) -> bool {
        if self.silent {
            std::future::pending::<()>().await;
        }
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        if self.mishap == Some(Mishap::Delayed)
            && let Some(pass) = self.faults.pass()
        {
            pass().await;
            self.befell();
        }
        let told_to_fail = self.mishap == Some(Mishap::Fails);
        if told_to_fail {
            self.befell();
        }
        !(told_to_fail || self.broken)
    }

    /// True if the answer is to be lost, which is then to be told by [`Fate::befell`].
    pub(crate) fn loses_reply(&self) -> bool {
        self.mishap == Some(Mishap::LosesReply)
    }

    /// What was planned has happened to the call.
    pub(crate) fn befell(&self) {
        self.faults.has_met(&self.call);
    }
}

/// Half of the first bytes of a body, then the error.
pub(crate) fn cut<E>(
    mut body: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
    fate: Fate,
    lost: E,
) -> impl Stream<Item = Result<Bytes, E>> + Send
where
    E: Send,
{
    let begins = async move {
        let first = body.next().await.transpose()?.unwrap_or_default();
        Ok(first.slice(..first.len() / 2))
    };
    let breaks = async move {
        // What was sent before leaves first.
        tokio::task::yield_now().await;
        fate.befell();
        Err(lost)
    };
    stream::once(begins).chain(stream::once(breaks))
}
