//! Which part of an object an answer holds.

use cloud_mirror_http::sent::ContentRange;

use crate::input::text;

/// The value of a `Content-Range`.
///
/// Promised: what counts is what RFC 9110 writes, by its unit, its numbers and nothing else; it
/// does not contradict itself; and it reads the same when it is written again.
pub fn ranges(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Some(range) = ContentRange::parse(text) else {
        return;
    };
    let ContentRange { first, last, total } = range;
    assert!(first <= last, "{text:?}");
    assert!(total.is_none_or(|total| last < total), "{text:?}");
    let size = total.map_or("*".to_owned(), |total| total.to_string());
    let written = format!("bytes {first}-{last}/{size}");
    assert_eq!(ContentRange::parse(&written), Some(range), "{text:?}");
    assert_eq!(without_zeros(text), written, "{text:?}");
    // A size of 2^64 has no number: the last byte is then one too few.
    let end = total.unwrap_or(last.saturating_add(1));
    assert_eq!(range.remaining(), end - first, "{text:?}");
}

/// The same with its unit in small letters and its numbers as short as they can be.
fn without_zeros(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut short = String::new();
    let mut digits = String::new();
    for c in lower.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            let significant = digits.trim_start_matches('0');
            short += if significant.is_empty() {
                "0"
            } else {
                significant
            };
            digits.clear();
        }
        short.push(c);
    }
    short.trim_end_matches('\n').to_owned()
}
