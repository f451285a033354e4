//! How many parts are under way at once between two regions.
//!
//! Stores answer `SlowDown` where a prefix or a line between regions is busy. Whoever goes on at
//! the same pace is refused ever more often, so the number in flight is halved at each such moment
//! and grows again by one for every round that went well: additive increase, multiplicative
//! decrease, as TCP does it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cloud_mirror_domain::error::{Failure, Kind};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::TimeLimit;

/// How often a part is tried that meets `SlowDown`. With the pauses between them these are
/// three minutes: what lasts longer is for the queue.
const MOST_SLOW_DOWNS: u32 = 10;

/// How often a part is tried that meets any other passing failure.
const MOST_FAILURES: u32 = 3;

/// The pauses after a `SlowDown`: doubling between these.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// From where to where parts travel: a store's region or a source's host, and a pool's region.
type Pair = (String, String);

/// The paces of all pairs that this process has copied between.
pub(crate) struct Paces {
    most: usize,
    pairs: Mutex<HashMap<Pair, Arc<Pace>>>,
}

/// The pace of one pair.
pub(crate) struct Pace {
    most: usize,
    /// Whoever waits for a place waits here, in the order of coming: of several copies at once none
    /// is left without a part.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    /// How many may be under way; its fraction grows with every one that went well.
    allowed: f64,
    under_way: usize,
    slow_downs_in_a_row: u32,
    paused_until: Instant,
}

impl Paces {
    /// At most so many parts between any two places.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            pairs: Mutex::default(),
        }
    }

    pub(crate) fn of(&self, from: &str, to: &str) -> Arc<Pace> {
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = pairs.entry((from.to_owned(), to.to_owned()));
        Arc::clone(pace.or_insert_with(|| Arc::new(Pace::new(self.most))))
    }
}

impl Pace {
    fn new(most: usize) -> Self {
        let state = State {
            allowed: most as f64,
            under_way: 0,
            slow_downs_in_a_row: 0,
            paused_until: Instant::now(),
        };
        Self {
            most,
            turn: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    /// Tries until it succeeds, at the pace that the pair bears; nothing, where the time is over
    /// before a place is free. What will not pass by itself, and what did not pass after some
    /// tries, is the failure.
    pub(crate) async fn carry<T, F>(
        &self,
        limit: &TimeLimit,
        mut once: impl FnMut() -> F,
    ) -> Result<Option<T>, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let (mut slow_downs, mut failures) = (0, 0);
        loop {
            let place = tokio::select! {
                place = self.admitted() => place,
                () = limit.winds_down() => return Ok(None),
            };
            let failure = match once().await {
                Ok(done) => {
                    self.went_well();
                    return Ok(Some(done));
                }
                Err(failure) => failure,
            };
            match failure.kind {
                Kind::Throttled if slow_downs + 1 < MOST_SLOW_DOWNS => {
                    slow_downs += 1;
                    self.slow_down();
                }
                Kind::PoolFailed | Kind::SourceFailed | Kind::SourceUnreachable
                    if failures + 1 < MOST_FAILURES =>
                {
                    failures += 1;
                    drop(place);
                    sleep(SHORTEST * failures).await;
                }
                _ => return Err(failure),
            }
        }
    }

    async fn admitted(&self) -> Place<'_> {
        let _turn = self.turn.lock().await;
        loop {
            let changed = self.changed.notified();
            let paused_until = match self.lock().admit(Instant::now()) {
                Admission::Granted => return Place(self),
                Admission::Full => None,
                Admission::Paused(until) => Some(until),
            };
            match paused_until {
                Some(until) => sleep_until(until).await,
                None => changed.await,
            }
        }
    }

    fn went_well(&self) {
        let mut state = self.lock();
        state.slow_downs_in_a_row = 0;
        state.allowed = (state.allowed + 1.0 / state.allowed).min(self.most as f64);
    }

    /// Those that were under way together say the same thing together: it counts once.
    fn slow_down(&self) {
        let (mut state, now) = (self.lock(), Instant::now());
        if now >= state.paused_until {
            state.allowed = (state.allowed / 2.0).max(1.0);
            let pause = SHORTEST * (1 << state.slow_downs_in_a_row.min(10));
            state.paused_until = now + pause.min(LONGEST);
            state.slow_downs_in_a_row += 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Admission {
    Granted,
    Full,
    Paused(Instant),
}

impl State {
    fn admit(&mut self, now: Instant) -> Admission {
        if now < self.paused_until {
            Admission::Paused(self.paused_until)
        } else if self.under_way as f64 + 1.0 > self.allowed {
            Admission::Full
        } else {
            self.under_way += 1;
            Admission::Granted
        }
    }
}

/// A part that is under way; given back when dropped, also with its copy.
struct Place<'a>(&'a Pace);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.lock().under_way -= 1;
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use futures::future::join_all;

    use super::*;

    /// A store that bears so many requests at once, each of which takes a second.
    struct Store {
        bears: usize,
        now: AtomicUsize,
        most: AtomicUsize,
        refused: AtomicUsize,
    }

    impl Store {
        fn that_bears(bears: usize) -> Self {
            Self {
                bears,
                now: AtomicUsize::new(0),
                most: AtomicUsize::new(0),
                refused: AtomicUsize::new(0),
            }
        }

        async fn part(&self) -> Result<(), Failure> {
            let now = self.now.fetch_add(1, Relaxed) + 1;
            self.most.fetch_max(now, Relaxed);
            let answer = if now > self.bears {
                self.refused.fetch_add(1, Relaxed);
                Err(Failure::new(Kind::Throttled, "SlowDown"))
            } else {
                sleep(Duration::from_secs(1)).await;
                Ok(())
            };
            self.now.fetch_sub(1, Relaxed);
            answer
        }

        async fn copies(&self, pace: &Pace, parts: usize) -> Result<(), Failure> {
            let limit = TimeLimit::none();
            let parts = (0..parts).map(|_| pace.carry(&limit, || self.part()));
            let mut done = join_all(parts).await.into_iter();
            done.try_for_each(|part| part.map(drop))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_parts_are_under_way_than_are_allowed() {
        let (store, pace) = (Store::that_bears(100), Pace::new(16));
        store.copies(&pace, 100).await.unwrap();
        assert_eq!(store.most.load(Relaxed), 16);
        assert_eq!(pace.lock().under_way, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_says_slow_down_is_asked_less_and_everything_arrives() {
        let (store, pace) = (Store::that_bears(4), Pace::new(16));
        store.copies(&pace, 400).await.unwrap();
        let refused = store.refused.load(Relaxed);
        assert!(refused < 100, "one in five at most: {refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_pace_grows_again_when_the_store_is_well() {
        let (busy, pace) = (Store::that_bears(1), Pace::new(16));
        busy.copies(&pace, 20).await.unwrap();
        assert!(pace.lock().allowed < 4.0);
        let well = Store::that_bears(100);
        well.copies(&pace, 400).await.unwrap();
        assert_eq!(well.most.load(Relaxed), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_says_nothing_but_slow_down_is_given_up() {
        let (store, pace) = (Store::that_bears(0), Pace::new(16));
        let began = Instant::now();
        let failure = store.copies(&pace, 1).await.unwrap_err();
        assert_eq!(failure.kind, Kind::Throttled);
        assert_eq!(store.refused.load(Relaxed), MOST_SLOW_DOWNS as usize);
        assert!(began.elapsed() > Duration::from_secs(3 * 60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_is_given_up_gives_its_place_back() {
        let (store, pace) = (Store::that_bears(100), Pace::new(1));
        let given_up = tokio::time::timeout(Duration::from_millis(1), store.copies(&pace, 1));
        assert!(given_up.await.is_err());
        store.copies(&pace, 1).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn copies_that_share_a_pace_take_turns() {
        let (store, pace) = (Store::that_bears(100), Pace::new(1));
        let limit = TimeLimit::none();
        let copy = async |done: &AtomicUsize| {
            loop {
                pace.carry(&limit, || store.part()).await.unwrap();
                done.fetch_add(1, Relaxed);
            }
        };
        let counts = [(); 5].map(|()| AtomicUsize::new(0));
        let copies = join_all(counts.iter().map(copy));
        let time = Duration::from_millis(50_500);
        assert!(tokio::time::timeout(time, copies).await.is_err());
        assert_eq!(counts.map(AtomicUsize::into_inner), [10; 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_part_begins_once_the_time_winds_down() {
        let (store, pace) = (Store::that_bears(100), Pace::new(1));
        let limit = TimeLimit::when(sleep(Duration::from_millis(2500)));
        let parts = (0..10).map(|_| pace.carry(&limit, || store.part()));
        let done = join_all(parts).await;
        let done = done.into_iter().filter(|part| matches!(part, Ok(Some(()))));
        assert_eq!(done.count(), 3, "two, and the one that was under way");
    }

    #[tokio::test(start_paused = true)]
    async fn each_pair_has_its_own_pace() {
        let paces = Paces::new(4);
        paces.of("us-west-2", "eu-central-1").slow_down();
        assert_eq!(paces.of("us-west-2", "eu-central-1").lock().allowed, 2.0);
        assert_eq!(paces.of("us-east-1", "eu-central-1").lock().allowed, 4.0);
    }
}
