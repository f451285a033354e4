//! When a waiter looks again.

use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::entry::{Entry, is_news};
use cloud_mirror_domain::ports::{Clock, PortError};
use cloud_mirror_domain::time::Timestamp;
use tokio::time::Instant;

use crate::looks::Look;

/// Between one look's beginning and the next one's there is at least this. Waiters of one process may
/// share news that is no older.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// And at most this, where looks are quick.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a look may take without being called slow: DynamoDB answers within a few milliseconds, and a
/// function on a small share of a processor needs some more.
const USUAL_LOOK: Duration = Duration::from_millis(25);

/// A look that fails is no news: a herd may have asked for more than one item's share. Whoever waits
/// looks again, until nothing has been seen for so long.
const FAILS_FOR_GOOD: Duration = Duration::from_secs(5);

/// How long after a look began the next one begins, for somebody who had waited that long when it did:
/// a tenth of that, so that a change is heard of late by a tenth at most and what a read takes, and
/// 25 seconds take 52 reads. What the look took is part of it, or slow reads would come on top.
///
/// Where a look takes much longer than 25 ms the table, or this process, has more to do than it can: then
/// waiters take about a tenth of their time for looking, or they would keep the copies from ending that
/// they wait for.
///
/// Public for who counts what waiting costs; a wait itself goes by it.
pub fn pause_after(waited: Duration, look_took: Duration) -> Duration {
    let usual = (waited / 10).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    usual.max(look_took.saturating_sub(USUAL_LOOK) * 10)
}

/// One item, for who waits for news of it.
#[async_trait]
pub trait Looking: Send + Sync {
    /// A strong look at it at that time or later, by this caller or another one of its process.
    async fn look(&self, since: Instant) -> Look<Option<Entry>>;
}

/// Looks at an entry until it is news to somebody who has seen `seen`, at most until `until` by that
/// clock, and answers it as it then is. What a copier notes while it works is no news, so that nobody's
/// pace begins anew with it. An error means that nothing has been seen for five seconds.
///
/// # Errors
/// The last look's.
pub async fn wait_for_change(
    clock: &dyn Clock,
    seen: Option<&Entry>,
    until: Timestamp,
    item: &dyn Looking,
) -> Result<Option<Entry>, PortError> {
    let mut pace = Pace::beginning(Instant::now());
    loop {
        // By the clock as it was before: what is over by then was over for whoever looked.
        let (now, asked) = (clock.now(), Instant::now());
        let is_over = until <= now;
        let since = if is_over {
            asked
        } else {
            pace.content_with(asked)
        };
        let look = item.look(since).await;
        let due = match look.seen {
            Ok(found) => {
                let entry = found.filter(|entry| entry.is_live(now));
                let differs = is_news(entry.as_ref(), seen) && !pace.is_old(look.began);
                if differs || is_over {
                    return Ok(entry);
                }
                pace.saw_nothing(look.began, look.took)
            }
            Err(error) => match pace.failed(look.began, look.took) {
                Some(due) if !is_over => due,
                _ => return Err(error),
            },
        };
        let ends = Instant::now() + until.since(clock.now());
        tokio::time::sleep_until(due.min(ends)).await;
    }
}

/// One waiter's pace.
struct Pace {
    began: Instant,
    /// When the look began that it knows the item by.
    looked: Option<Instant>,
    failing: Option<Instant>,
}

impl Pace {
    /// Waiting begins.
    fn beginning(now: Instant) -> Self {
        Self {
            began: now,
            looked: None,
            failing: None,
        }
    }

    /// Whose look, of this process, saves one's own: one that began at that time or later. What a refused
    /// claim was answered a moment before waiting began is such a look.
    fn content_with(&self, now: Instant) -> Instant {
        let recent = now.checked_sub(SHORTEST_PAUSE).unwrap_or(now);
        // Later than what is known already, or it would be heard again and again.
        let newer = |looked: Instant| recent.max(looked + Duration::from_nanos(1));
        self.looked.map_or(recent, newer)
    }

    /// Whether a look is older than the wait, so that what differs in it may be what was before.
    fn is_old(&self, look_began: Instant) -> bool {
        look_began < self.began
    }

    /// Nothing has changed by a look that began then and took that long. When the next one is due.
    fn saw_nothing(&mut self, look_began: Instant, look_took: Duration) -> Instant {
        self.failing = None;
        self.next(look_began, look_took)
    }

    /// A look has failed that began then. When the next one is due, if there is hope.
    fn failed(&mut self, look_began: Instant, look_took: Duration) -> Option<Instant> {
        let failing_since = *self.failing.get_or_insert(look_began);
        let due = self.next(look_began, look_took);
        (failing_since.elapsed() < FAILS_FOR_GOOD).then_some(due)
    }

    fn next(&mut self, look_began: Instant, look_took: Duration) -> Instant {
        self.looked = Some(look_began);
        let waited = look_began.saturating_duration_since(self.began);
        look_began + pause_after(waited, look_took)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Before the last one, at the end.
    fn reads(waited: Duration, look_takes: Duration) -> usize {
        let (mut at, mut reads) = (Duration::ZERO, 0);
        while at < waited {
            at += pause_after(at, look_takes);
            reads += 1;
        }
        reads
    }

    #[test]
    fn twenty_five_seconds_of_waiting_take_52_reads_however_long_one_takes() {
        for milliseconds in [0, 5, 25, 30] {
            let takes = Duration::from_millis(milliseconds);
            assert_eq!(reads(Duration::from_secs(25), takes), 52);
        }
    }

    #[test]
    fn who_waits_for_a_slow_table_asks_it_less() {
        let took = Duration::from_millis(425);
        let pause = Duration::from_secs(4);
        assert_eq!(pause_after(Duration::from_secs(3), took), pause);
    }
}
