//! Where replicas lie in their pools.

use cloud_mirror_domain::url::{
    KeyStyle, MAX_URL_BYTES, SourceUrl, content_disposition, object_key,
};

use crate::input::fields;

/// Two URLs, with a tab between them.
///
/// Promised: a key has 1 to 1,024 bytes, none of which needs an escape, is the same each time, and
/// is never shared by two URLs; and a download's name is a header's value with nothing smuggled in.
pub fn keys(data: &[u8]) {
    let Some([one, other]) = fields(data) else {
        return;
    };
    let [one, other] = [one, other].map(served);
    for url in [&one, &other].into_iter().flatten() {
        assert_usable(url);
    }
    if let (Some(one), Some(other)) = (one, other) {
        let [first, second] = [&one, &other].map(|url| object_key(url, KeyStyle::Host));
        assert_eq!(first == second, one == other, "{one} and {other}");
    }
}

fn served(url: &str) -> Option<SourceUrl> {
    let url = SourceUrl::parse(url).ok()?;
    (url.as_str().len() <= MAX_URL_BYTES).then_some(url)
}

fn assert_usable(url: &SourceUrl) {
    let key = object_key(url, KeyStyle::Host);
    assert!((1..=1_024).contains(&key.len()), "{key}");
    assert!(key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
    assert!(!key.starts_with('/'), "{key}");
    let taken_over = object_key(url, KeyStyle::Url);
    assert!(!taken_over.is_empty(), "{url}");
    if let Some(disposition) = content_disposition(url) {
        let (_, name) = disposition.split_once("filename*=UTF-8''").unwrap();
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"';,\\/".contains(&byte);
        assert!(name.bytes().all(plain), "{disposition}");
    }
}
