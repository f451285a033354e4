//! Values with units: durations, sizes, throughputs, counts.
//!
//! Each function here reads one value for serde's `deserialize_with`, so that an error carries the
//! key and the line of the value it is about.

use std::fmt;
use std::time::Duration;

use bytesize::ByteSize;
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// Longer than anything here may sensibly last, and short enough that nobody who multiplies it
/// by a small number overflows.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A duration, `"0s"` included.
pub(crate) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    from.deserialize_str(Text {
        expected: "a duration like \"60s\"",
        read: read_duration,
    })
}

/// A duration that lasts.
pub(crate) fn positive_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    from.deserialize_str(Text {
        expected: "a duration like \"60s\"",
        read: read_positive,
    })
}

/// The shortest and the longest pause, `"1s..60s"`.
pub(crate) fn backoff<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<(Duration, Duration), D::Error> {
    from.deserialize_str(Text {
        expected: "two durations like \"1s..60s\"",
        read: read_backoff,
    })
}

/// A size in bytes, more than none.
pub(crate) fn size<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    from.deserialize_str(Text {
        expected: "a size like \"16MiB\"",
        read: read_size,
    })
}

/// Bytes per second, more than none.
pub(crate) fn throughput<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    from.deserialize_str(Text {
        expected: "a throughput like \"40MiB/s\"",
        read: read_throughput,
    })
}

/// A number of things, at least one.
pub(crate) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let number = i64::deserialize(from)?;
    usize::try_from(number)
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(|| de::Error::custom(format!("{number} is too few; write 1 or more")))
}

/// A string that `read` understands.
pub(crate) struct Text<T> {
    /// What stands here, for one who wrote a number instead.
    pub(crate) expected: &'static str,
    /// Reads it, or says what is wrong and what to write.
    pub(crate) read: fn(&str) -> Result<T, String>,
}

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).map_err(E::custom)
    }
}

fn read_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| format!("{text:?} is no duration; write one like \"60s\""))?;
    if duration > LONGEST {
        return Err(format!("{text:?} is too long; write at most \"100 years\""));
    }
    Ok(duration)
}

fn read_positive(text: &str) -> Result<Duration, String> {
    match read_duration(text)? {
        Duration::ZERO => Err(format!("{text:?} is too short; write more than \"0s\"")),
        duration => Ok(duration),
    }
}

fn read_backoff(text: &str) -> Result<(Duration, Duration), String> {
    let (shortest, longest) = text.split_once("..").ok_or_else(|| {
        format!(
            "{text:?} is no pair of durations; write the shortest and the longest like \"1s..60s\""
        )
    })?;
    // Pauses double: one of nothing would stay nothing for ever.
    let (shortest, longest) = (
        read_positive(shortest.trim())?,
        read_duration(longest.trim())?,
    );
    if shortest > longest {
        return Err(format!(
            "{text:?} is the wrong way round; write the shortest pause first"
        ));
    }
    Ok((shortest, longest))
}

fn read_size(text: &str) -> Result<u64, String> {
    let size: ByteSize = text
        .parse()
        .map_err(|_| format!("{text:?} is no size; write one like \"16MiB\""))?;
    match size.as_u64() {
        0 => Err(format!(
            "{text:?} is too small; write a size like \"16MiB\""
        )),
        bytes => Ok(bytes),
    }
}

fn read_throughput(text: &str) -> Result<u64, String> {
    text.strip_suffix("/s")
        .and_then(|size| read_size(size.trim_end()).ok())
        .ok_or_else(|| format!("{text:?} is no throughput; write one like \"40MiB/s\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn durations_are_written_as_people_write_them() {
        for (text, millis) in [
            ("0s", 0),
            ("250ms", 250),
            ("25s", 25_000),
            ("1m 30s", 90_000),
            ("6h", 6 * 3_600_000),
            ("1d", 24 * 3_600_000),
        ] {
            assert_eq!(
                read_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn sizes_know_binary_and_decimal_units() {
        for (text, bytes) in [
            ("1", 1),
            ("16MiB", 16 * MIB),
            ("16 MiB", 16 * MIB),
            ("1.5MiB", MIB + MIB / 2),
            ("16MB", 16_000_000),
            ("5TiB", 5 * MIB * MIB),
        ] {
            assert_eq!(read_size(text), Ok(bytes), "{text}");
        }
        assert_eq!(read_throughput("40MiB/s"), Ok(40 * MIB));
        assert_eq!(read_throughput("40 MiB /s"), Ok(40 * MIB));
    }

    #[test]
    fn a_backoff_is_a_range_of_two_durations() {
        let pauses = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(read_backoff("1s..60s"), Ok(pauses));
        assert_eq!(read_backoff("1s .. 1m"), Ok(pauses));
        assert_eq!(read_backoff("2s..2s"), Ok((2 * pauses.0, 2 * pauses.0)));
    }
}
