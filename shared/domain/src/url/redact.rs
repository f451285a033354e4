//! Text without the secrets that may stand in it, for logs.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use super::signature::SECRETS;

/// What stands in a secret's place.
pub const REDACTED: &str = "[redacted]";

/// Headers whose whole line is a secret.
const SECRET_HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "x-amz-security-token",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-ms-copy-source-authorization",
    "x-ms-encryption-key",
    "x-ms-source-encryption-key",
];

/// The text with every secret replaced that is known by its name: what the parameters of signed
/// URLs hold (however often the URL is percent-encoded), what `Authorization` and its like hold,
/// bearer and basic credentials, and the user information of URLs. Everything else is as it was; text
/// without any is borrowed. Done twice it is as done once.
///
/// Names, because a secret looks like nothing in particular: guessing by entropy would take digests
/// and ids for secrets, which are what a log is read for.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut redacted = String::new();
    let mut kept = 0;
    while let Some(secret) = next_secret(text.as_bytes(), kept) {
        redacted.push_str(&text[kept..secret.start]);
        redacted.push_str(REDACTED);
        kept = secret.end;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    redacted.push_str(&text[kept..]);
    Cow::Owned(redacted)
}

/// The beginning of a text, of at most so many bytes before what is secret in it is replaced as by
/// [`redact`]. A secret that is cut in two is still behind its name; only a URL's user information is
/// known by what follows it, so that an authority which the end would cut is left out.
pub fn redact_beginning(text: &str, most_bytes: usize) -> Cow<'_, str> {
    let mut beginning = &text[..text.floor_char_boundary(most_bytes)];
    if beginning.len() < text.len()
        && let Some(mark) = beginning.rfind("://")
    {
        let authority = mark + "://".len();
        if !beginning[authority..].bytes().any(ends_an_authority) {
            beginning = &beginning[..authority];
        }
    }
    redact(beginning)
}

/// Where the next secret stands, from there on. Each kind begins behind a mark, and is recognised
/// by what stands before that mark: text without a mark, as most is, costs a look at each byte.
///
/// Bytes and not characters: whatever is looked for is ASCII, and so stands between characters.
fn next_secret(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while let Some(mark) = text[at..].iter().position(|byte| is_mark(*byte)) {
        at += mark;
        let secret = match text[at] {
            b':' => of_header(text, at).or_else(|| of_user_info(text, at)),
            b' ' => of_credentials(text, at),
            _ => of_parameter(text, at),
        };
        let is_new = |secret: &Range<usize>| {
            secret.start >= from
                && !secret.is_empty()
                && &text[secret.clone()] != REDACTED.as_bytes()
        };
        if let Some(secret) = secret.filter(is_new) {
            return Some(secret);
        }
        at += 1;
    }
    None
}

fn is_mark(byte: u8) -> bool {
    MARKS[usize::from(byte)]
}

/// A table, because comparing with each costs three times as much, on every byte that is logged.
const MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    marks[b' ' as usize] = true;
    marks[b'%' as usize] = true;
    marks[b':' as usize] = true;
    marks[b'=' as usize] = true;
    marks
};

/// `X-Amz-Signature=…`, also as `X-Amz-Signature%3D…`, `%253D…`, and with blanks or quotes around.
fn of_parameter(text: &[u8], at: usize) -> Option<Range<usize>> {
    let begins = at + equals_sign(&text[at..])?;
    is_named(&text[..at], &SECRETS).then(|| value(text, begins, ends_a_parameter))
}

/// `Authorization: …` up to the end of the line: what follows has blanks and commas in it.
fn of_header(text: &[u8], at: usize) -> Option<Range<usize>> {
    let is_line_end = |rest: &[u8]| matches!(rest, [b'\n' | b'\r', ..]);
    is_named(&text[..at], &SECRET_HEADERS).then(|| value(text, at + 1, is_line_end))
}

/// `https://name:password@host`: what stands before the last `@` of the authority.
fn of_user_info(text: &[u8], at: usize) -> Option<Range<usize>> {
    let begins = at + "://".len();
    let authority = text[at..].strip_prefix(b"://")?;
    let authority = authority.split(|byte| ends_an_authority(*byte)).next()?;
    let end = authority.iter().rposition(|byte| *byte == b'@')?;
    Some(begins..begins + end)
}

fn ends_an_authority(byte: u8) -> bool {
    matches!(
        byte,
        b'/' | b'?' | b'#' | b'"' | b'\'' | b'\\' | b'<' | b'>' | b' ' | b'\n'
    )
}

/// `Bearer …`, `Basic …`.
fn of_credentials(text: &[u8], at: usize) -> Option<Range<usize>> {
    let before = &text[..at];
    let scheme = before.ends_with(b"Bearer") || before.ends_with(b"Basic");
    let is_end = |rest: &[u8]| matches!(rest, [b' ' | b'"' | b'\'' | b',' | b'\n', ..]);
    scheme.then(|| value(text, at + 1, is_end))
}

/// How long the equals sign is with which this begins, if it does.
fn equals_sign(text: &[u8]) -> Option<usize> {
    let Some(escape) = text.strip_prefix(b"%") else {
        return text.starts_with(b"=").then_some(1);
    };
    let code = escaped_once(escape);
    let is_one = code.get(..2)?.eq_ignore_ascii_case(b"3d");
    is_one.then(|| text.len() - code.len() + 2)
}

/// What follows a `%`, as though that were not itself escaped, as often as it is.
fn escaped_once(mut escape: &[u8]) -> &[u8] {
    while let Some(code) = escape.strip_prefix(b"25") {
        escape = code;
    }
    escape
}

/// Whether one of these names ends there, and not in the middle of a longer name.
fn is_named(mut before: &[u8], names: &[&str]) -> bool {
    while let [rest @ .., b' ' | b'"' | b'\'' | b'\\'] = before {
        before = rest;
    }
    let Some(last) = before.last().map(u8::to_ascii_lowercase) else {
        return false;
    };
    let alike = names.iter().map(|name| name.as_bytes());
    let mut alike = alike.filter(|name| name.ends_with(&[last]) && name.len() <= before.len());
    alike.any(|name| {
        let (rest, end) = before.split_at(before.len() - name.len());
        end.eq_ignore_ascii_case(name) && is_boundary(rest)
    })
}

/// Whether a name may begin after this: what stands there is no letter, or is an escaped character.
fn is_boundary(before: &[u8]) -> bool {
    let is_of_a_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !before.last().is_some_and(is_of_a_name) {
        return true;
    }
    let Some((mut rest, code)) = before.split_last_chunk::<2>() else {
        return false;
    };
    while let Some(escape) = rest.strip_suffix(b"25") {
        rest = escape;
    }
    code.iter().all(u8::is_ascii_hexdigit) && rest.ends_with(b"%")
}

/// From the first character that is no blank or quote to where it ends.
fn value(text: &[u8], mut begins: usize, ends: impl Fn(&[u8]) -> bool) -> Range<usize> {
    while let Some(b' ' | b'"' | b'\'' | b'\\') = text.get(begins) {
        begins += 1;
    }
    let end = (begins..text.len()).find(|at| ends(&text[*at..]));
    begins..end.unwrap_or(text.len())
}

fn ends_a_parameter(rest: &[u8]) -> bool {
    match rest {
        [b':', b' ', ..] => true,
        [b'%', escape @ ..] => escaped_once(escape).starts_with(b"26"),
        [b'&' | b',' | b';' | b'#' | b'"' | b'\'' | b'`' | b'\\', ..] => true,
        [b' ' | b'\n' | b'\r' | b'\t', ..] => true,
        [b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}', ..] => true,
        _ => false,
    }
}
