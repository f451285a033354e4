//! The canonical URL of an immutable object.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::{Host, Position, Url};

use super::bytes::{has_any, is_printable};

/// The canonical URL of an immutable object, parsed once by one parser, for the check and for
/// the fetch alike.
///
/// Guaranteed: `http` or `https`, a host, no user info, no fragment, no control character, no
/// dot segment or backslash at any depth of percent-encoding. Escapes stay as they were written,
/// so that `a%2Fb` and `a/b` stay two objects.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceUrl(Url);

/// Why a URL is not served. The message is shown to the client.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
pub enum UrlError {
    /// None of the four forms, or not a URL at all.
    #[error(
        "the URL could not be read: write it as base64url (safe everywhere), base64, percent-encoded, or plainly as https://…"
    )]
    Unreadable,
    /// Longer than [`super::MAX_URL_BYTES`].
    #[error("the URL is longer than 2000 bytes")]
    TooLong,
    /// Neither `http` nor `https`.
    #[error("only http and https URLs can be mirrored")]
    Scheme,
    /// `user:password@` in the URL.
    #[error("the URL carries a user name or password; such URLs are not mirrored")]
    UserInfo,
    /// A control character or a backslash.
    #[error("the URL contains a control character or a backslash; percent-encode it")]
    Character,
    /// A path that further decoding turns into a dot segment or a backslash.
    #[error("the URL's path hides a dot segment or a backslash behind percent-encoding")]
    Path,
}

impl SourceUrl {
    /// Parses and canonicalises: host in lower case, default port dropped, dot segments
    /// resolved, fragment dropped, what needs an escape escaped.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        // The URL standard drops tabs and line breaks and turns `\` into `/`: we would rather ask.
        if has_unwanted_character(text) {
            return Err(UrlError::Character);
        }
        let mut url = Url::parse(text).map_err(|_| UrlError::Unreadable)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::UserInfo);
        }
        if hides_dot_segment(url.path()) {
            return Err(UrlError::Path);
        }
        if url.fragment().is_some() {
            url.set_fragment(None);
        }
        Ok(Self(url))
    }

    /// The whole URL, as it is fetched.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        self.0.scheme()
    }

    /// The host in lower case, as it stands in the URL.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The host as an address, if it is a literal one: connectors skip resolvers for these.
    pub fn ip(&self) -> Option<std::net::IpAddr> {
        match self.0.host()? {
            Host::Ipv4(ip) => Some(ip.into()),
            Host::Ipv6(ip) => Some(ip.into()),
            Host::Domain(_) => None,
        }
    }

    /// The port, where it is not the scheme's own.
    pub fn port(&self) -> Option<u16> {
        self.0.port()
    }

    /// `host` or `host:port`.
    pub fn authority(&self) -> &str {
        self.0.authority()
    }

    /// The path with its leading slash, still percent-encoded.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// Everything before the query string: scheme, authority and path.
    pub fn up_to_path(&self) -> &str {
        &self.0[..Position::AfterPath]
    }

    /// The query string without its `?`, if there is one.
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// The same URL without its query string.
    pub fn without_query(&self) -> Self {
        let mut url = self.0.clone();
        url.set_query(None);
        Self(url)
    }

    /// What a `Location` header of the source names, seen from here.
    pub fn join(&self, location: &str) -> Result<Self, UrlError> {
        let joined = self.0.join(location).map_err(|_| UrlError::Unreadable)?;
        Self::parse(joined.as_str())
    }
}

/// A path may be escaped once for itself, and once more for each URL that has carried it. Nobody means
/// it deeper, and each depth costs a look at the whole path.
const MOST_ESCAPES: usize = 8;

fn has_unwanted_character(text: &str) -> bool {
    // Beyond ASCII there are control characters too, but hardly any URL gets that far.
    has_any(text, [b'\\']) || !is_printable(text) && text.contains(char::is_control)
}

/// Decodes until nothing changes, looking for `.`, `..` and `\` at every depth. What is escaped deeper
/// than anybody means it counts as hiding one.
fn hides_dot_segment(path: &str) -> bool {
    // The parser has resolved the segments that are written plainly.
    if !has_any(path, [b'%', b';']) {
        return false;
    }
    let mut decoded = Cow::from(path.as_bytes());
    for _ in 0..=MOST_ESCAPES {
        let mut segments = decoded.split(|byte| *byte == b'/');
        if decoded.contains(&b'\\') || segments.any(is_dot_segment) {
            return true;
        }
        let Cow::Owned(next) = percent_decode(&decoded).into() else {
            return false;
        };
        decoded = next.into();
    }
    true
}

/// Servers that know parameters (`..;a=b`) drop them before they resolve dot segments.
fn is_dot_segment(segment: &[u8]) -> bool {
    let name = segment.split(|byte| *byte == b';').next();
    matches!(name, Some(b"." | b".."))
}

impl TryFrom<String> for SourceUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<SourceUrl> for String {
    fn from(url: SourceUrl) -> Self {
        url.0.into()
    }
}

impl fmt::Display for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> Result<String, UrlError> {
        SourceUrl::parse(text).map(|url| url.to_string())
    }

    #[test]
    fn a_path_that_is_escaped_deeper_than_anybody_means_is_refused_and_not_pondered() {
        let escaped = |times: usize| format!("https://e.com/a%{}20b", "25".repeat(times));
        assert!(SourceUrl::parse(&escaped(7)).is_ok());
        // 30,000 times took minutes, in which a copier's other leases lapsed.
        for times in [8, 40, 30_000] {
            let refused = SourceUrl::parse(&escaped(times)).unwrap_err();
            assert_eq!(refused, UrlError::Path, "{times}");
        }
    }

    #[test]
    fn one_object_has_one_canonical_url() {
        for (written, expected) in [
            ("https://Example.COM/A", "https://example.com/A"),
            ("https://example.com:443/a", "https://example.com/a"),
            ("https://example.com:8443/a", "https://example.com:8443/a"),
            ("http://example.com:80", "http://example.com/"),
            ("https://example.com/x/../a", "https://example.com/a"),
            ("https://example.com/a#part", "https://example.com/a"),
            ("https://example.com/a b", "https://example.com/a%20b"),
            ("https://example.com/é", "https://example.com/%C3%A9"),
            ("https://example.com/a%2Fb", "https://example.com/a%2Fb"),
            ("https://example.com/a+b%23/", "https://example.com/a+b%23/"),
            ("http://0x7f.1/a", "http://127.0.0.1/a"),
        ] {
            assert_eq!(canonical(written).as_deref(), Ok(expected), "{written}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        for (written, why) in [
            ("ftp://example.com/a", UrlError::Scheme),
            ("file:///etc/passwd", UrlError::Scheme),
            ("https://user@example.com/a", UrlError::UserInfo),
            ("https://:pw@example.com/a", UrlError::UserInfo),
            ("https://example.com/a\nb", UrlError::Character),
            ("https://example.com\\@evil.example/", UrlError::Character),
            ("https://example.com/a%2F..%2Fb", UrlError::Path),
            ("https://example.com/%252e%252e/b", UrlError::Path),
            ("https://example.com/a/..;x=1/b", UrlError::Path),
            ("https://example.com/a%5Cb", UrlError::Path),
            ("https://example.com/%FF%FF/%252e%252e/b", UrlError::Path),
            ("https://example.com/%FF%FF%FF/a%255Cb", UrlError::Path),
            ("https://", UrlError::Unreadable),
            ("example.com/a", UrlError::Unreadable),
        ] {
            assert_eq!(canonical(written), Err(why), "{written}");
        }
    }

    /// As [`hides_dot_segment`], without a shortcut.
    fn plainly_hides_dot_segment(path: &str) -> bool {
        let mut decoded = path.as_bytes().to_vec();
        for _ in 0..=MOST_ESCAPES {
            let text = String::from_utf8_lossy(&decoded);
            let is_dot = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
            if text.contains('\\') || text.split('/').any(is_dot) {
                return true;
            }
            let next: Vec<u8> = percent_decode(&decoded).collect();
            if next.len() == decoded.len() {
                return false;
            }
            decoded = next;
        }
        true
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn what_a_path_hides_is_found_whatever_it_is_written_with(
            path in prop_oneof![
                "(/|\\.|;|%|%25|25|2[eEfF]|%2[eE]|%5[cC]|%2[fF]|%[fF][fF]|[a-c]|é){0,16}",
                "((\\.|\\.\\.|a)(;[a.]{0,2})?/){0,3}",
            ],
        ) {
            let url = Url::parse(&format!("https://example.com/{path}")).unwrap();
            let expected = plainly_hides_dot_segment(url.path());
            prop_assert_eq!(hides_dot_segment(url.path()), expected, "{}", url);
        }

        #[test]
        fn no_control_character_is_overlooked(text in "[a-z]{0,20}(\\PC|.|[\\x00-\\x1f\\x7f-\u{a0}\\\\]){0,3}[a-z]{0,20}") {
            let expected = text.contains(|c: char| c.is_control() || c == '\\');
            prop_assert_eq!(has_unwanted_character(&text), expected);
        }
    }
}
