//! The machine's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use cloud_mirror_domain::ports::Clock;
use cloud_mirror_domain::time::Timestamp;

/// The machine's wall clock. The only one of production code.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::default() + since_epoch
    }
}
