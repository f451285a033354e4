//! Clocks for tests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloud_mirror_domain::ports::Clock;
use cloud_mirror_domain::time::Timestamp;
use tokio::time::Instant;

/// Some moment in 2026, where the clocks of these tests begin.
pub const BEGINNING: Timestamp = Timestamp::from_millis(1_780_000_000_000);

/// A clock that stands still until it is moved.
pub struct ManualClock(AtomicU64);

impl Default for ManualClock {
    fn default() -> Self {
        Self(AtomicU64::new(BEGINNING.as_millis()))
    }
}

impl ManualClock {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A clock that follows the runtime's: with tokio's time paused, a simulated one.
pub struct RuntimeClock(Instant);

impl Default for RuntimeClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        BEGINNING + self.0.elapsed()
    }
}

/// The machine's clock, moved forward as far as a story wants.
#[derive(Default)]
pub struct ShiftedClock(AtomicU64);

impl ShiftedClock {
    /// That much time passes.
    pub fn pass(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test's clock begins with the machine's"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::default()
            + since_epoch.unwrap()
            + Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}
