//! Text without the secrets that may stand in it, for logs.

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
    while let Some(secret) = next_secret(text, kept) {
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

/// Where the next secret stands, from there on. Each kind begins behind a mark, and is recognised
/// by what stands before that mark.
fn next_secret(text: &str, from: usize) -> Option<Range<usize>> {
    let marks = text.bytes().enumerate().skip(from);
    let mut found = marks.filter_map(|(at, byte)| {
        let secret = match byte {
            b'=' | b'%' => of_parameter(text, at),
            b':' => of_header(text, at).or_else(|| of_user_info(text, at)),
            b' ' => of_credentials(text, at),
            _ => None,
        }?;
        let is_new = !secret.is_empty() && &text[secret.clone()] != REDACTED;
        is_new.then_some(secret)
    });
    found.find(|secret| secret.start >= from)
}

/// `X-Amz-Signature=…`, also as `X-Amz-Signature%3D…`, `%253D…`, and with blanks or quotes around.
fn of_parameter(text: &str, at: usize) -> Option<Range<usize>> {
    let begins = at + equals_sign(&text[at..])?;
    is_named(&text[..at], &SECRETS).then(|| value(text, begins, ends_a_parameter))
}

/// `Authorization: …` up to the end of the line: what follows has blanks and commas in it.
fn of_header(text: &str, at: usize) -> Option<Range<usize>> {
    let is_line_end = |rest: &str| rest.starts_with(['\n', '\r']);
    is_named(&text[..at], &SECRET_HEADERS).then(|| value(text, at + 1, is_line_end))
}

/// `https://name:password@host`: what stands before the last `@` of the authority.
fn of_user_info(text: &str, at: usize) -> Option<Range<usize>> {
    let authority = text[at..].strip_prefix("://")?;
    let ends = authority.find(['/', '?', '#', '"', '\'', '\\', '<', '>', ' ', '\n']);
    let authority = &authority[..ends.unwrap_or(authority.len())];
    let begins = at + "://".len();
    authority.rfind('@').map(|end| begins..begins + end)
}

/// `Bearer …`, `Basic …`.
fn of_credentials(text: &str, at: usize) -> Option<Range<usize>> {
    let before = &text[..at];
    let scheme = before.ends_with("Bearer") || before.ends_with("Basic");
    scheme.then(|| {
        value(text, at + 1, |rest| {
            rest.starts_with([' ', '"', '\'', ',', '\n'])
        })
    })
}

/// How long the equals sign is with which this begins, if it does.
fn equals_sign(text: &str) -> Option<usize> {
    let Some(escape) = text.strip_prefix('%') else {
        return text.starts_with('=').then_some(1);
    };
    let code = escape.trim_start_matches("25");
    let is_one = code.get(..2)?.eq_ignore_ascii_case("3d");
    is_one.then(|| text.len() - code.len() + 2)
}

/// Whether one of these names ends there, and not in the middle of a longer name.
fn is_named(before: &str, names: &[&str]) -> bool {
    let before = before.trim_end_matches([' ', '"', '\'', '\\']);
    names.iter().any(|name| {
        let begins = before.len().checked_sub(name.len());
        let parts = begins.and_then(|begins| before.split_at_checked(begins));
        parts.is_some_and(|(rest, end)| end.eq_ignore_ascii_case(name) && is_boundary(rest))
    })
}

/// Whether a name may begin after this: what stands there is no letter, or is an escaped character.
fn is_boundary(before: &str) -> bool {
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !before.bytes().next_back().is_some_and(is_of_a_name) {
        return true;
    }
    let Some((rest, code)) = before
        .len()
        .checked_sub(2)
        .and_then(|at| before.split_at_checked(at))
    else {
        return false;
    };
    let is_code = code.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_code && rest.trim_end_matches("25").ends_with('%')
}

/// From the first character that is no blank or quote to where it ends.
fn value(text: &str, begins: usize, ends: impl Fn(&str) -> bool) -> Range<usize> {
    let rest = &text[begins..];
    let rest = rest.trim_start_matches([' ', '"', '\'', '\\']);
    let begins = text.len() - rest.len();
    let end = rest.char_indices().find(|(at, _)| ends(&rest[*at..]));
    begins..begins + end.map_or(rest.len(), |(at, _)| at)
}

fn ends_a_parameter(rest: &str) -> bool {
    let escaped = || {
        let code = rest
            .strip_prefix('%')
            .map(|code| code.trim_start_matches("25"));
        code.is_some_and(|code| code.starts_with("26"))
    };
    const ENDS: &[char] = &[
        '&', ' ', '\n', '\r', '\t', '"', '\'', '\\', '<', '>', '(', ')', '[', ']', '{', '}', ',',
        ';', '#', '`',
    ];
    rest.starts_with(ENDS) || rest.starts_with(": ") || escaped()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_goes_and_everything_around_it_stays() {
        for (text, redacted) in [
            (
                "GET https://b.s3.amazonaws.com/a?X-Amz-Credential=AKIA%2F2026&X-Amz-Date=1&X-Amz-Signature=5f: 403",
                "GET https://b.s3.amazonaws.com/a?X-Amz-Credential=[redacted]&X-Amz-Date=1&X-Amz-Signature=[redacted]: 403",
            ),
            (
                "error for url (https://x.blob.core.windows.net/a?sv=1&sig=Ab%2B%3D): timed out",
                "error for url (https://x.blob.core.windows.net/a?sv=1&sig=[redacted]): timed out",
            ),
            (
                "302 https://x.blob.core.windows.net/c/a?skoid=11-22&sktid=33&skt=2026&se=2026-01-01T00%3A15%3A00Z&sp=r&sig=Ab%2B%3D",
                "302 https://x.blob.core.windows.net/c/a?skoid=[redacted]&sktid=[redacted]&skt=2026&se=2026-01-01T00%3A15%3A00Z&sp=r&sig=[redacted]",
            ),
            (
                "302 https://storage.googleapis.com/b/a?X-Goog-Credential=me%40p.iam%2F2026&X-Goog-Expires=900&X-Goog-Signature=0a1b",
                "302 https://storage.googleapis.com/b/a?X-Goog-Credential=[redacted]&X-Goog-Expires=900&X-Goog-Signature=[redacted]",
            ),
            (
                "AccountName=x;AccountKey=Eby8vdM02x==;EndpointSuffix=core.windows.net",
                "AccountName=x;AccountKey=[redacted];EndpointSuffix=core.windows.net",
            ),
            (
                "x-ms-copy-source-authorization: Bearer eyJ0\nHost: e.com",
                "x-ms-copy-source-authorization: [redacted]\nHost: e.com",
            ),
            (
                "/v1/redirect/s3/x/https%3A%2F%2Fe.com%2Fa%3FSignature%3Dabc%26Expires%3D1",
                "/v1/redirect/s3/x/https%3A%2F%2Fe.com%2Fa%3FSignature%3D[redacted]%26Expires%3D1",
            ),
            (
                "https%253A%252F%252Fe.com%252Fa%253Fsig%253Dabc%2526x%253D1",
                "https%253A%252F%252Fe.com%252Fa%253Fsig%253D[redacted]%2526x%253D1",
            ),
            (
                "Authorization: AWS4-HMAC-SHA256 Credential=A/b, Signature=c\nHost: e.com",
                "Authorization: [redacted]\nHost: e.com",
            ),
            (
                r#"{"x-amz-security-token": "IQoJ"}"#,
                r#"{"x-amz-security-token": "[redacted]"#,
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A/b, Signature=c",
                "AWS4-HMAC-SHA256 Credential=[redacted], Signature=[redacted]",
            ),
            (
                "\"Bearer abc.def\" was said",
                "\"Bearer [redacted]\" was said",
            ),
            ("ftp://me:secret@e.com/a@b", "ftp://[redacted]@e.com/a@b"),
        ] {
            assert_eq!(redact(text), redacted);
        }
    }

    #[test]
    fn what_is_no_secret_is_borrowed_as_it_was() {
        for text in [
            "",
            "s3_eu-central-1",
            "https://example.com/signature/sig?version=1&design=sig&signature_count=2",
            "the request signature we calculated does not match",
            "at 12:30, a=b, c@d, 100% of it; %3D",
            "crc64nvme:AAAAAAAAAAA=",
            "arn:aws:iam::123456789012:user/ö",
        ] {
            assert!(
                matches!(redact(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_secret_never_stays_whatever_surrounds_it(
            before in "[a-z ö:/.]{0,20}[?& \"]",
            name in proptest::sample::select(SECRETS.to_vec()),
            secret in "[A-Z0-9+/_.~-]{12,40}",
            after in "(&[a-z]{1,5}=[a-z]{1,5}|: [a-zö ]{0,20}|\"|\\)|)",
        ) {
            for equals in ["=", "%3D", "%253d"] {
                let text = format!("{before}{name}{equals}{secret}{after}");
                let redacted = redact(&text).into_owned();
                prop_assert!(!redacted.contains(&secret), "{text} became {redacted}");
                prop_assert_eq!(redact(&redacted).into_owned(), redacted.clone());
            }
        }

        #[test]
        fn any_text_can_be_redacted_and_twice_is_as_once(text in "\\PC{0,80}") {
            let once = redact(&text).into_owned();
            prop_assert_eq!(redact(&once).into_owned(), once.clone());
        }
    }
}
