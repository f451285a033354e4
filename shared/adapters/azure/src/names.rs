//! What blobs are named.

use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key};
use sha2::{Digest as _, Sha256};

/// The longest name of a blob, in characters; ours are ASCII.
const MAX_CHARACTERS: usize = 1_024;

/// How many pieces, between slashes, Azure lets a name have.
const MAX_SEGMENTS: usize = 254;

/// Where the markers of unfinished uploads lie. No replica's name begins so: in those, two capital
/// digits follow `~`, or `sha256`.
pub(crate) const UPLOADS: &str = "~uploads/";

/// The name of a replica's blob. Two URLs never share one.
///
/// It is the object's key with every byte that Azure's rules, or somebody's idea of escapes, could
/// change written as `~` and its two hexadecimal digits: `%`, `?` and the like; a slash that follows
/// another one or ends the name; a dot that ends a piece. Such a name is the same in a URL, in a
/// signature and in a listing. What gets too long by it is named by its hash.
pub(crate) fn blob_name(url: &SourceUrl) -> String {
    let key = object_key(url, KeyStyle::Host);
    let name = escaped(&key);
    if name.len() <= MAX_CHARACTERS && name.split('/').count() <= MAX_SEGMENTS {
        return name;
    }
    format!("~sha256/{}", hex::encode(Sha256::digest(&key)))
}

fn escaped(key: &str) -> String {
    let bytes = key.as_bytes();
    let mut name = String::with_capacity(key.len());
    for (at, byte) in bytes.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        if is_plain(*byte, before, bytes.get(at + 1)) {
            name.push(char::from(*byte));
        } else {
            name.push_str(&format!("~{byte:02X}"));
        }
    }
    name
}

fn is_plain(byte: u8, before: Option<&u8>, after: Option<&u8>) -> bool {
    match byte {
        b'/' => !matches!(before, None | Some(b'/')) && after.is_some(),
        b'.' => !matches!(after, None | Some(b'/')),
        _ => byte.is_ascii_alphanumeric() || b"-_:+=,@!$&()*;".contains(&byte),
    }
}

/// The folder of the markers of a blob's unfinished uploads. By a hash: `a` must not find those of
/// `a/b`, and the name has room enough.
pub(crate) fn uploads_of(blob: &str) -> String {
    format!("{UPLOADS}{}/", hex::encode(Sha256::digest(blob)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn name(url: &str) -> String {
        blob_name(&SourceUrl::parse(url).unwrap())
    }

    #[test]
    fn a_name_reads_like_its_url() {
        assert_eq!(
            name("https://example.com/a/b-1.bin"),
            "example.com/a/b-1.bin"
        );
        assert_eq!(
            name("http://example.com:8080/a"),
            "http:/example.com:8080/a"
        );
        assert_eq!(
            name("https://example.com/a%2Fb?x=1"),
            "example.com/a~252Fb~3Fx=1"
        );
    }

    #[test]
    fn what_azure_would_change_is_escaped() {
        for (path, expected) in [
            ("a/", "a~2F"),
            ("a//b", "a/~2Fb"),
            ("a///b", "a/~2F~2Fb"),
            ("a.", "a~2E"),
            ("a./b", "a~2E/b"),
            (".../b", "..~2E/b"),
            ("~7Ea", "~7E7Ea"),
        ] {
            let expected = format!("example.com/{expected}");
            assert_eq!(name(&format!("https://example.com/{path}")), expected);
        }
    }

    #[test]
    fn a_name_that_gets_too_long_is_a_hash() {
        let many = format!("https://example.com/{}", "d/".repeat(300));
        let long = format!("https://example.com/{}", "%2F".repeat(300));
        for url in [many, long] {
            let name = name(&url);
            assert!(name.starts_with("~sha256/") && name.len() < 80, "{name}");
        }
    }

    #[test]
    fn two_urls_never_share_a_name_and_none_is_an_uploads() {
        let letters = ["a", "/", ".", "~", "%2F", "2", "F", "?"];
        let mut known = BTreeMap::new();
        for one in letters {
            for two in letters {
                for three in letters {
                    let url = format!("https://~uploads/{one}{two}{three}");
                    let Ok(url) = SourceUrl::parse(&url) else {
                        continue;
                    };
                    let name = blob_name(&url);
                    assert!(!name.starts_with(UPLOADS), "{name}");
                    let other = known.insert(name, url.clone());
                    assert!(other.is_none_or(|other| other == url), "{url}");
                }
            }
        }
        assert!(known.len() > 200, "{}", known.len());
    }
}
