//! Where an object is, as URLs and messages say it.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters: for names in a query, or in one segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The same for a key as the path that it is.
const PATH: &AsciiSet = &SEGMENT.remove(b'/');

/// Where an object is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
}

impl Place<'_> {
    /// Bucket and key as a path, and as `x-goog-copy-source` has them: escaped once and completely.
    pub(crate) fn path(&self) -> String {
        let Self { bucket, key } = self;
        format!("{}/{}", segment(bucket), utf8_percent_encode(key, PATH))
    }
}

/// How messages name an object. What follows a `?` in its key is left out: where a query belongs to
/// the source's URL, it is in the key, and it may hold a secret.
impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.key.split('?').next().unwrap_or_default();
        write!(f, "gs://{}/{named}", self.bucket)
    }
}

/// A text as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_escaped_once_and_completely() {
        for (key, written) in [
            ("a/b.c~d", "a/b.c~d"),
            ("a b", "a%20b"),
            ("a+b", "a%2Bb"),
            ("a?b&c=d#e", "a%3Fb%26c%3Dd%23e"),
            ("a%2Fb", "a%252Fb"),
            ("é", "%C3%A9"),
            ("a//b/", "a//b/"),
        ] {
            let bucket = "acme.data";
            let path = Place { bucket, key }.path();
            assert_eq!(path, format!("acme.data/{written}"), "{key}");
        }
    }

    #[test]
    fn a_query_in_a_key_is_in_no_message() {
        let bucket = "acme";
        let key = "example.com/a?token=secret";
        let named = Place { bucket, key }.to_string();
        assert_eq!(named, "gs://acme/example.com/a");
    }
}
