//! What a download is called.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::SourceUrl;

/// What stays as it is in an extended parameter (`attr-char` of RFC 8187).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The `Content-Disposition` by which a download keeps its source's name although the replica's
/// address is another (RFC 6266): the last path segment, decoded; none where the path ends with
/// a slash. `inline`, because the source did not ask for more.
pub fn content_disposition(url: &SourceUrl) -> Option<String> {
    let segment = url.path().rsplit('/').next().unwrap_or_default();
    let name = percent_decode_str(segment).decode_utf8_lossy();
    let encoded = utf8_percent_encode(&name, ESCAPED);
    (!name.is_empty()).then(|| format!("inline; filename*=UTF-8''{encoded}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_named_like_its_source() {
        let named = |url: &str| content_disposition(&SourceUrl::parse(url).unwrap());
        for (url, name) in [
            ("https://example.com/a/tool-1.0.tar.gz", "tool-1.0.tar.gz"),
            ("https://example.com/a%20b.bin?x=1", "a%20b.bin"),
            (
                "https://example.com/na%C3%AFve%22;.txt",
                "na%C3%AFve%22%3B.txt",
            ),
        ] {
            let expected = format!("inline; filename*=UTF-8''{name}");
            assert_eq!(named(url), Some(expected), "{url}");
        }
        assert_eq!(named("https://example.com/a/"), None);
    }
}
