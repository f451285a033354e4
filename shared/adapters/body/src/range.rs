//! Which part of an object an answer holds.

/// What `Content-Range` says of a part (RFC 9110, section 14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// Where the part begins.
    pub first: u64,
    /// Its last byte.
    pub last: u64,
    /// The size of the whole object, where the source knows it.
    pub total: Option<u64>,
}

impl ContentRange {
    /// `None` for what is no range of bytes, or one that contradicts itself.
    pub fn parse(text: &str) -> Option<Self> {
        let (unit, range) = text.split_once(' ')?;
        let (part, total) = range.split_once('/')?;
        let (first, last) = part.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let total = match total {
            "*" => None,
            total => Some(number(total)?),
        };
        let sound = first <= last && total.is_none_or(|total| last < total);
        let bytes = unit.eq_ignore_ascii_case("bytes");
        (bytes && sound).then_some(Self { first, last, total })
    }

    /// How many bytes are to come. Without a total the part's own end is all that is known; with
    /// one it is the object's end, so that a part which ends before it never ends well.
    pub fn remaining(&self) -> u64 {
        let end = self.total.unwrap_or(self.last.saturating_add(1));
        end - self.first
    }
}

/// The standard library would take a sign, too.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_where_it_begins_and_how_much_remains() {
        for (text, first, total, remaining) in [
            ("bytes 4-9/10", 4, Some(10), 6),
            ("Bytes 0-0/1", 0, Some(1), 1),
            ("bytes 4-5/10", 4, Some(10), 6),
            ("bytes 4-9/*", 4, None, 6),
        ] {
            let range = ContentRange::parse(text).expect(text);
            assert_eq!((range.first, range.total), (first, total), "{text}");
            assert_eq!(range.remaining(), remaining, "{text}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_no_range() {
        for text in [
            "",
            "bytes",
            "bytes */10",
            "bytes 4-/10",
            "bytes 5-4/10",
            "bytes 4-10/10",
            "bytes +4-9/10",
            "bytes 4-9/10 ",
            "bytes 4-9",
            "seconds 4-9/10",
            "bytes 4-99999999999999999999/*",
        ] {
            assert_eq!(ContentRange::parse(text), None, "{text}");
        }
    }
}
