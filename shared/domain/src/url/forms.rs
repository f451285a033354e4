//! The four forms of `{url}`: base64url, base64, percent-encoded, plain.
//!
//! An HTTP API decodes the path once before a function sees it and harms what needs an escape;
//! other front doors keep the path encoded. So the first bytes decide how the rest is read, and
//! only base64url reads the same everywhere.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

use super::bytes::has_any;
use super::{SourceUrl, UrlError};

/// The longest source URL that is served, in bytes: longer ones are answered 414.
pub const MAX_URL_BYTES: usize = 2_000;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64URL: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT.with_encode_padding(false));

/// Reads what stands after the region in a request's raw path.
///
/// `query` is the request's own query string without our parameters. It belongs to the source
/// URL only where that was written plainly (`…/https://host/path?x=1`), as the client meant it;
/// beside an encoded URL it says nothing about the source.
pub fn read_path(raw: &str, query: Option<&str>) -> Result<SourceUrl, UrlError> {
    // Base64 adds a third, percent-encoding may treble: longer than this is too long in any form.
    if raw.len() > 3 * MAX_URL_BYTES {
        return Err(UrlError::TooLong);
    }
    let written = match form_of(raw) {
        Form::Plain => with_query(raw, query),
        Form::PercentEncoded => percent_decoded(raw)?,
        Form::Base64 => base64_decoded(raw)?.into(),
    };
    if written.len() > MAX_URL_BYTES {
        return Err(UrlError::TooLong);
    }
    let url = SourceUrl::parse(&unmerge_slashes(written))?;
    // Escaping makes it longer, and what is sent to the copier is read there again.
    if url.as_str().len() > MAX_URL_BYTES {
        return Err(UrlError::TooLong);
    }
    Ok(url)
}

/// The form that is safe everywhere, and the only one that we print.
pub fn to_base64url(url: &str) -> String {
    BASE64URL.encode(url)
}

enum Form {
    Plain,
    PercentEncoded,
    Base64,
}

fn form_of(raw: &str) -> Form {
    let begins = |prefix: &str| {
        raw.get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    if begins("http:/") || begins("https:/") {
        Form::Plain
    } else if begins("http%3A") || begins("https%3A") {
        Form::PercentEncoded
    } else {
        Form::Base64
    }
}

fn with_query<'a>(raw: &'a str, query: Option<&str>) -> Cow<'a, str> {
    match query {
        Some(query) if !query.is_empty() => format!("{raw}?{query}").into(),
        _ => raw.into(),
    }
}

fn percent_decoded(text: &str) -> Result<Cow<'_, str>, UrlError> {
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| UrlError::Unreadable)
}

/// Both alphabets, with or without padding, with the line breaks that Python's encoder makes.
fn base64_decoded(raw: &str) -> Result<String, UrlError> {
    let mut digits = Cow::from(raw.as_bytes());
    if has_any(raw, [b'%', b'+', b'/', b'\n', b'\r']) {
        digits = plain_digits(raw).into();
    }
    let bytes = BASE64URL
        .decode(&digits)
        .map_err(|_| UrlError::Unreadable)?;
    String::from_utf8(bytes).map_err(|_| UrlError::Unreadable)
}

/// The digits of base64url, and nothing between them.
fn plain_digits(raw: &str) -> Vec<u8> {
    let digits = percent_decode_str(raw).filter(|digit| !matches!(digit, b'\n' | b'\r'));
    let mut plain = Vec::with_capacity(raw.len());
    plain.extend(digits.map(|digit| match digit {
        b'+' => b'-',
        b'/' => b'_',
        other => other,
    }));
    plain
}

/// Proxies make one slash of two: `https:/host` is understood as `https://host`. Only the first
/// colon is the scheme's; one slash behind any other is the client's own.
fn unmerge_slashes(url: Cow<'_, str>) -> Cow<'_, str> {
    match url.split_once(':') {
        Some((scheme, rest)) if rest.starts_with('/') && !rest.starts_with("//") => {
            format!("{scheme}:/{rest}").into()
        }
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(raw: &str) -> Result<String, UrlError> {
        read_path(raw, None).map(|url| url.to_string())
    }

    #[test]
    fn every_form_of_one_url_reads_the_same() {
        let url = "https://example.com/a/b~c.bin";
        for raw in [
            "https://example.com/a/b~c.bin",
            "https:/example.com/a/b~c.bin",
            "HTTPS://example.com/a/b~c.bin",
            "https%3A%2F%2Fexample.com%2Fa%2Fb~c.bin",
            "https%3a%2f%2fexample.com%2fa%2fb~c.bin",
            "aHR0cHM6Ly9leGFtcGxlLmNvbS9hL2J-Yy5iaW4",
            "aHR0cHM6Ly9leGFtcGxlLmNvbS9hL2J-Yy5iaW4=",
            "aHR0cHM6Ly9leGFtcGxlLmNvbS9hL2J+Yy5iaW4=",
            "aHR0cHM6Ly9leGFtcGxlLmNvbS9hL2J%2BYy5iaW4%3D",
            "aHR0cHM6Ly9leGFtcGxl\nLmNvbS9hL2J+Yy5iaW4=\n",
            "aHR0cHM6Ly9leGFtcGxl%0ALmNvbS9hL2J+Yy5iaW4=%0A",
        ] {
            assert_eq!(read(raw).as_deref(), Ok(url), "{raw}");
        }
    }

    #[test]
    fn plain_is_never_decoded_again_and_percent_encoded_exactly_once() {
        assert_eq!(
            read("https://example.com/a%2Fb").as_deref(),
            Ok("https://example.com/a%2Fb")
        );
        assert_eq!(
            read("https%3A%2F%2Fexample.com%2Fa%252Fb").as_deref(),
            Ok("https://example.com/a%2Fb")
        );
    }

    #[test]
    fn a_query_belongs_to_a_plain_url_only() {
        let plain = read_path("https://example.com/a", Some("x=1")).map(|u| u.to_string());
        assert_eq!(plain.as_deref(), Ok("https://example.com/a?x=1"));
        let encoded = to_base64url("https://example.com/a");
        let encoded = read_path(&encoded, Some("x=1")).map(|u| u.to_string());
        assert_eq!(encoded.as_deref(), Ok("https://example.com/a"));
    }

    #[test]
    fn only_the_schemes_colon_has_slashes_given_back() {
        let odd = to_base64url("https:example.com/?u=a:/b");
        assert_eq!(read(&odd).as_deref(), Ok("https://example.com/?u=a:/b"));
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_never_guessed() {
        for raw in [
            "",
            "!!",
            "aGVsbG8",
            "ftp://example.com/a",
            "%FF%FE",
            "https%3A%2F%2F%FF",
        ] {
            assert!(read(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn two_thousand_bytes_are_served_and_one_more_is_too_long() {
        let url = |bytes: usize| {
            let head = "https://example.com/";
            format!("{head}{}", "a".repeat(bytes - head.len()))
        };
        assert!(read(&to_base64url(&url(2_000))).is_ok());
        assert_eq!(read(&to_base64url(&url(2_001))), Err(UrlError::TooLong));
        assert_eq!(read(&url(9_000)), Err(UrlError::TooLong));
        let spaces = format!("https://example.com/{}x", " ".repeat(700));
        assert_eq!(
            read(&to_base64url(&spaces)),
            Err(UrlError::TooLong),
            "as it will be sent to the copier"
        );
    }

    fn plainly_decoded(raw: &str) -> Result<String, UrlError> {
        let digits = percent_decoded(raw)?.replace(['\n', '\r'], "");
        let digits = digits.replace('+', "-").replace('/', "_");
        let bytes = BASE64URL.decode(digits).map_err(|_| UrlError::Unreadable)?;
        String::from_utf8(bytes).map_err(|_| UrlError::Unreadable)
    }

    proptest! {
        #[test]
        fn base64url_carries_any_readable_url_unharmed(path in "[ -~é]{0,80}") {
            let url = format!("https://example.com/{path}");
            if let Ok(parsed) = SourceUrl::parse(&url) {
                let carried = read_path(&to_base64url(parsed.as_str()), None);
                prop_assert_eq!(carried, Ok(parsed));
            }
        }

        #[test]
        fn base64_in_any_writing_reads_as_if_each_digit_were_looked_at(
            raw in "([A-Za-z0-9+/_-]|%2[bBfF]|%0[aAdD]|%3[dD]|=|\n|\r|%|é|%C3%A9|%FF){0,40}",
        ) {
            prop_assert_eq!(base64_decoded(&raw), plainly_decoded(&raw));
            let line = raw.replace(['%', 'é'], "");
            prop_assert_eq!(base64_decoded(&line), plainly_decoded(&line));
        }

        #[test]
        fn no_path_panics(raw in "\\PC{0,120}", query in proptest::option::of("\\PC{0,20}")) {
            let _ = read_path(&raw, query.as_deref());
        }
    }
}
