//! SQS counts in whole seconds.

use std::time::Duration;

/// So many whole seconds, at most `most`. Rounded up: a message that comes early meets the very
/// lease or back-off that it was delayed for.
pub(crate) fn whole_seconds(time: Duration, most: i32) -> i32 {
    let part = u64::from(time.subsec_nanos() > 0);
    let seconds = time.as_secs().saturating_add(part);
    i32::try_from(seconds).map_or(most, |seconds| seconds.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_of_a_second_counts_as_a_whole_one_and_limits_are_kept() {
        for (time, seconds) in [
            (Duration::ZERO, 0),
            (Duration::from_nanos(1), 1),
            (Duration::from_secs(1), 1),
            (Duration::from_millis(1_001), 2),
            (Duration::from_millis(899_999), 900),
            (Duration::from_secs(900), 900),
            (Duration::from_millis(900_001), 900),
            (Duration::MAX, 900),
        ] {
            assert_eq!(whole_seconds(time, 900), seconds, "{time:?}");
        }
    }
}
