//! Canonical URLs.

use cloud_mirror_domain::url::{SourceUrl, is_signed};

use crate::input::text;
use crate::reference::{authority_of, decoded, path_of, scheme_of};

/// Any text as a source URL.
///
/// Promised of what is accepted: its canonical form is a fixed point and hides nothing; and a signature
/// in the query is all that makes a URL a signed one.
pub fn urls(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(url) = SourceUrl::parse(text) else {
        return;
    };
    assert_canonical(&url);
    assert_canonical(&url.without_query());
    assert!(!is_signed(&url.without_query()), "{url}");
}

/// The canonical form is a fixed point, reads from JSON as it was written, and holds no user
/// info, no fragment, no control character, no backslash, and no dot segment at any depth of
/// percent-encoding; `http` or `https`; and its parts are where a plain reading finds them.
pub(crate) fn assert_canonical(url: &SourceUrl) {
    let written = url.as_str();
    assert_eq!(SourceUrl::parse(written).as_ref(), Ok(url), "a fixed point");
    let json = serde_json::to_string(url).unwrap();
    assert_eq!(serde_json::from_str::<SourceUrl>(&json).unwrap(), *url);
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\');
    assert!(written.bytes().all(plain), "{written:?}");
    assert!(matches!(url.scheme(), "http" | "https"), "{written}");
    assert_eq!(url.scheme(), scheme_of(written), "{written}");
    let authority = authority_of(written);
    assert!(!authority.is_empty() && !authority.contains('@'));
    assert_eq!(url.authority(), authority, "{written}");
    let port = url.port().map(|port| format!(":{port}"));
    let host_and_port = format!("{}{}", url.host(), port.unwrap_or_default());
    assert_eq!(host_and_port, authority, "{written}");
    assert_eq!(url.path(), path_of(written), "{written}");
    assert_no_dot_segment(url.path());
}

fn assert_no_dot_segment(path: &str) {
    let mut read = path.as_bytes().to_vec();
    loop {
        assert!(!read.contains(&b'\\'), "{path} hides a backslash");
        for segment in read.split(|byte| *byte == b'/') {
            let name = segment.split(|byte| *byte == b';').next();
            assert!(
                !matches!(name, Some(b"." | b"..")),
                "{path} hides a dot segment"
            );
        }
        let further = decoded(&read);
        if further == read {
            return;
        }
        read = further;
    }
}
