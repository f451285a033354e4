//! Where a replica lies in its pool.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::SourceUrl;

/// The longest object key of S3, in bytes of UTF-8.
const MAX_KEY_BYTES: usize = 1_024;

/// How long a file name is kept at the end of a hashed key.
const MAX_NAME_BYTES: usize = 200;

/// How a pool names its objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStyle {
    /// `{host[:port]}/{path}[?query]`, still percent-encoded.
    #[default]
    Host,
    /// The Node original's: the whole URL, decoded once, so that its buckets can be taken over.
    Url,
}

/// The object key of a replica: the same URL always has the same key. In the `Host` style two URLs
/// never share one; the Node original's decodes the URL, so that `a%2Fb` and `a/b` do: a pool that
/// takes its buckets over must compare the URL in a replica's metadata, as [`is_of`] does.
///
/// [`is_of`]: crate::entry::Replica::is_of
pub fn object_key(url: &SourceUrl, style: KeyStyle) -> String {
    match style {
        KeyStyle::Host => host_key(url),
        KeyStyle::Url => percent_decode_str(url.as_str())
            .decode_utf8_lossy()
            .into_owned(),
    }
}

fn host_key(url: &SourceUrl) -> String {
    let scheme = if url.scheme() == "http" { "http:/" } else { "" };
    let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
    let key = format!("{scheme}{}{}{query}", url.authority(), url.path());
    // A host that is named like our hashed keys must not be able to write one.
    if key.len() <= MAX_KEY_BYTES && url.authority() != "sha256" {
        return key;
    }
    let digest = hex::encode(Sha256::digest(url.as_str()));
    format!(
        "sha256/{digest}/{}",
        cut(&encoded_name(url), MAX_NAME_BYTES)
    )
}

fn encoded_name(url: &SourceUrl) -> String {
    last_segment(url).to_owned()
}

fn last_segment(url: &SourceUrl) -> &str {
    url.path().rsplit('/').next().unwrap_or_default()
}

/// The first `max` bytes; canonical paths are ASCII, so no character is split.
fn cut(name: &str, max: usize) -> &str {
    name.get(..max).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(url: &str) -> String {
        object_key(&SourceUrl::parse(url).unwrap(), KeyStyle::Host)
    }

    #[test]
    fn a_key_reads_like_its_url() {
        assert_eq!(key("https://example.com/a/b.bin"), "example.com/a/b.bin");
        assert_eq!(key("http://example.com/a"), "http:/example.com/a");
        assert_eq!(
            key("https://example.com:8443/a?x=1"),
            "example.com:8443/a?x=1"
        );
        assert_eq!(key("https://example.com/a%2Fb"), "example.com/a%2Fb");
    }

    #[test]
    fn a_key_past_s3s_limit_is_a_hash_that_keeps_the_file_name() {
        let long = format!("https://example.com/{}/tool.tar.gz", "d/".repeat(600));
        let hashed = key(&long);
        assert!(
            hashed.starts_with("sha256/") && hashed.ends_with("/tool.tar.gz"),
            "{hashed}"
        );
        let long_name = format!("https://example.com/{}", "n".repeat(1_900));
        assert!(key(&long_name).len() <= MAX_KEY_BYTES);
        assert!(key("https://sha256/a/b").starts_with("sha256/"));
        assert_ne!(key("https://sha256/a/b"), "sha256/a/b");
    }

    #[test]
    fn the_node_originals_keys_are_kept_where_asked() {
        let url = SourceUrl::parse("https://example.com/a%20b").unwrap();
        assert_eq!(object_key(&url, KeyStyle::Url), "https://example.com/a b");
    }

    proptest! {
        #[test]
        fn two_urls_never_share_a_key(a in "[a-c/%?]{1,8}", b in "[a-c/%?]{1,8}", http: bool) {
            let scheme = if http { "http" } else { "https" };
            let one = SourceUrl::parse(&format!("https://example.com/{a}"));
            let two = SourceUrl::parse(&format!("{scheme}://example.com/{b}"));
            if let (Ok(one), Ok(two)) = (one, two) {
                prop_assert_eq!(
                    one == two,
                    object_key(&one, KeyStyle::Host) == object_key(&two, KeyStyle::Host)
                );
            }
        }
    }
}
