//! Lines for a person.

use std::io::Write as _;

use cloud_mirror_domain::time::Timestamp;
use tracing::Level;

use super::fields::{Fields, says_what};
use super::lines::rfc3339;
use super::plain;

/// When, how bad, what, its `name=value`s, and at the end those of what is around it: the library's own
/// formats begin with the spans, so that what happened is out of sight.
pub(super) fn line(level: Level, fields: &Fields, ansi: bool, now: Timestamp, to: &mut Vec<u8>) {
    rfc3339(now, to);
    // Into a vector: there is nothing in it that could fail.
    let _ = match colour(level).filter(|_| ansi) {
        Some(colour) => write!(to, " \x1b[{colour}m{level:>5}\x1b[0m"),
        None => write!(to, " {level:>5}"),
    };
    fields.write(to);
    to.push(b'\n');
}

fn colour(level: Level) -> Option<u8> {
    match level {
        Level::ERROR => Some(31),
        Level::WARN => Some(33),
        Level::INFO => Some(32),
        _ => None,
    }
}

/// What happened stands by itself, an event's word as well as a sentence.
pub(super) fn name(name: &str, to: &mut Vec<u8>) {
    to.push(b' ');
    if !says_what(name) {
        to.extend_from_slice(name.as_bytes());
        to.push(b'=');
    }
}

/// A text, with quotes unless it stands by itself.
pub(super) fn text(name: &str, text: &str, to: &mut Vec<u8>) {
    if says_what(name) {
        words(text, to);
    } else if !plain::quote(text, to) {
        let _ = write!(to, "{text:?}");
    }
}

/// Words without quotes. Control characters are escaped: a store's error page must neither begin a line
/// that looks like ours nor tell the terminal what to do.
pub(super) fn words(words: &str, to: &mut Vec<u8>) {
    if !words.contains(char::is_control) {
        return to.extend_from_slice(words.as_bytes());
    }
    for char in words.chars() {
        // Into a vector: there is nothing in it that could fail.
        let _ = if char.is_control() {
            write!(to, "{}", char.escape_debug())
        } else {
            write!(to, "{char}")
        };
    }
}
