//! Waiting for parts of ours that may say nothing.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::poll;
use tokio::time::timeout;

/// What that becomes, if it does so in time. Whose answer is at hand, as it is for a hit, waits for
/// nothing and needs no timer.
pub(crate) async fn within<F: Future>(limit: Duration, asked: F) -> Option<F::Output> {
    let mut asked = pin!(asked);
    if let Poll::Ready(answer) = poll!(asked.as_mut()) {
        return Some(answer);
    }
    timeout(limit, asked).await.ok()
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures::FutureExt as _;

    use super::*;

    /// Nobody keeps the time here: whoever makes a timer panics.
    #[test]
    fn what_is_at_hand_needs_no_timer() {
        let answer = within(Duration::ZERO, ready("here")).now_or_never();
        assert_eq!(answer, Some(Some("here")));
    }

    #[tokio::test]
    async fn what_says_nothing_is_waited_for_no_longer_than_its_limit() {
        let limit = Duration::from_millis(1);
        assert_eq!(within(limit, pending::<()>()).await, None);
    }
}
