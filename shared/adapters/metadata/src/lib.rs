//! What is kept in an object's own metadata, so that nothing is lost with the status table.
//!
//! The same in every store: S3 takes least of it, 2 KB, names and values counted together, in ASCII.
//! A source URL alone may have 2,000 bytes: one that does not fit is kept as its SHA-256, which tells
//! as well whether the object is that URL's. The names are those of the Node original, where it had
//! one.

use std::collections::HashMap;

use cloud_mirror_domain::entry::{Digests, Upstream};
use cloud_mirror_domain::ports::{NewObject, ObjectHeaders};
use cloud_mirror_domain::url::SourceUrl;
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

const UPSTREAM_URL: &str = "cloud-mirror-upstream-url";
const UPSTREAM_URL_SHA256: &str = "cloud-mirror-upstream-url-sha256";
const UPSTREAM_ETAG: &str = "cloud-mirror-upstream-etag";
const UPSTREAM_LENGTH: &str = "cloud-mirror-upstream-content-length";
const STORED: &str = "cloud-mirror-stored";
const WRITTEN_BY: &str = "cloud-mirror-written-by";
const VIA_HOSTS: &str = "cloud-mirror-via-hosts";
const DIGESTS: &str = "cloud-mirror-digests";

/// The value of [`DIGESTS`].
const IN_TAGS: &str = "tags";

const MD5: &str = "cloud-mirror-md5";
const SHA1: &str = "cloud-mirror-sha1";
const SHA256: &str = "cloud-mirror-sha256";
const SHA512: &str = "cloud-mirror-sha512";

/// What S3 takes, in bytes.
const MAX_BYTES: usize = 2_048;

/// What each entry's name has in front of it on the wire. S3's documentation does not say whether
/// it counts, so it counts here.
const NAME_PREFIX: &str = "x-amz-meta-";

/// The longest entity tag that is kept, so that a URL's hash always fits beside it.
const MAX_ETAG_BYTES: usize = 1_024;

/// Where an object's digests are to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestsIn {
    /// Nowhere: no byte passed through us, or they were not known yet.
    Nothing,
    /// In the object's tags, where nothing went wrong.
    Tags,
    /// Here, beside the rest.
    Metadata(Digests),
}

/// What an object's metadata says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The source as it was at the time of the copy; none for an object that is nobody's.
    pub upstream: Option<Upstream>,
    /// The run that wrote it.
    pub written_by: Option<Ulid>,
    /// Where its digests are.
    pub digests: DigestsIn,
}

/// The metadata of an object that is written at `stored`, an RFC 3339 moment; never more than S3
/// takes. Names and values are what HTTP headers carry unchanged; names have small letters, digits
/// and `-`.
///
/// An entity tag that is no printable ASCII or longer than 1,024 bytes is dropped: the next copy
/// then cannot tell whether the source is the same, and no write fails. Of the hosts that were
/// redirected through, the first are kept that fit.
pub fn write(object: &NewObject, stored: String, digests: &DigestsIn) -> HashMap<String, String> {
    let upstream = &object.upstream;
    let mut entries = Entries::default();
    entries.add(WRITTEN_BY, object.written_by.to_string());
    entries.add(STORED, stored);
    match digests {
        DigestsIn::Nothing => {}
        DigestsIn::Tags => {
            entries.add(DIGESTS, IN_TAGS.to_owned());
        }
        DigestsIn::Metadata(digests) => entries.add_digests(digests),
    }
    if let Some(length) = upstream.length {
        entries.add(UPSTREAM_LENGTH, length.to_string());
    }
    if let Some(etag) = upstream
        .etag
        .as_ref()
        .filter(|etag| etag.len() <= MAX_ETAG_BYTES)
    {
        entries.add(UPSTREAM_ETAG, etag.clone());
    }
    if !entries.add(UPSTREAM_URL, upstream.url.clone()) {
        entries.add(UPSTREAM_URL_SHA256, sha256(&upstream.url));
    }
    entries.add_list(VIA_HOSTS, &object.via_hosts);
    entries.all
}

/// Adds the digests to metadata that was written before they were known, replacing any that it had.
/// What S3 takes is no limit here: this is for stores that take more, and write all metadata with the
/// bytes.
pub fn add_digests(metadata: &mut HashMap<String, String>, digests: &Digests) {
    let mut entries = Entries::default();
    entries.add_digests(digests);
    metadata.extend(entries.all);
}

/// What an object's metadata says, the Node original's objects included.
///
/// `url` is the URL that the object was looked for by: a hash can only be compared.
pub fn read(metadata: Option<&HashMap<String, String>>, url: &SourceUrl) -> Known {
    let get = |name: &str| metadata.and_then(|all| all.get(name)).cloned();
    let upstream_url = match (get(UPSTREAM_URL), get(UPSTREAM_URL_SHA256)) {
        (Some(written), _) => Some(canonical(written)),
        (None, Some(hash)) if hash == sha256(url.as_str()) => Some(url.to_string()),
        (None, Some(hash)) => Some(format!("sha256:{hash}")),
        (None, None) => None,
    };
    let upstream = upstream_url.map(|url| Upstream {
        url,
        etag: get(UPSTREAM_ETAG),
        length: get(UPSTREAM_LENGTH).and_then(|bytes| bytes.parse().ok()),
    });
    Known {
        upstream,
        written_by: get(WRITTEN_BY).and_then(|run| Ulid::from_string(&run).ok()),
        digests: match get(DIGESTS).as_deref() {
            Some(IN_TAGS) => DigestsIn::Tags,
            _ => digests(get).map_or(DigestsIn::Nothing, DigestsIn::Metadata),
        },
    }
}

/// All four, or none.
fn digests(get: impl Fn(&str) -> Option<String>) -> Option<Digests> {
    Some(Digests {
        md5: get(MD5)?,
        sha1: get(SHA1)?,
        sha256: get(SHA256)?,
        sha512: get(SHA512)?,
    })
}

/// The headers for clients that a request can carry as they are. Dropped, rather than the copy failed,
/// is a value with a control character or beyond ASCII: sent in another encoding it would not be the
/// source's any more.
pub fn plain(headers: &ObjectHeaders) -> ObjectHeaders {
    let kept = |value: &Option<String>| value.clone().filter(|value| is_plain(value));
    ObjectHeaders {
        content_type: kept(&headers.content_type),
        content_encoding: kept(&headers.content_encoding),
        content_disposition: kept(&headers.content_disposition),
        content_language: kept(&headers.content_language),
        cache_control: kept(&headers.cache_control),
    }
}

/// Whether a header carries a value as it is: printable ASCII, without spaces at its ends, which
/// HTTP trims.
pub fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value.trim() == value
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Ours are canonical already; the Node original wrote them as its clients did.
fn canonical(written: String) -> String {
    SourceUrl::parse(&written).map_or(written, |url| url.to_string())
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Entries that stay within what S3 takes.
#[derive(Default)]
struct Entries {
    all: HashMap<String, String>,
    bytes: usize,
}

impl Entries {
    /// Adds an entry if it fits and a header can carry it; says whether it did.
    fn add(&mut self, name: &str, value: String) -> bool {
        let bytes = self.bytes + NAME_PREFIX.len() + name.len() + value.len();
        let fits = bytes <= MAX_BYTES && is_plain(&value);
        if fits {
            self.bytes = bytes;
            self.all.insert(name.to_owned(), value);
        }
        fits
    }

    fn add_digests(&mut self, digests: &Digests) {
        self.add(MD5, digests.md5.clone());
        self.add(SHA1, digests.sha1.clone());
        self.add(SHA256, digests.sha256.clone());
        self.add(SHA512, digests.sha512.clone());
    }

    /// Adds as many of the values as fit, from the first one on.
    fn add_list(&mut self, name: &str, values: &[String]) {
        let room = MAX_BYTES.saturating_sub(self.bytes + NAME_PREFIX.len() + name.len());
        let mut list = String::new();
        for value in values.iter().filter(|value| is_plain(value)) {
            let separator = if list.is_empty() { "" } else { ", " };
            if list.len() + separator.len() + value.len() > room {
                break;
            }
            list.push_str(separator);
            list.push_str(value);
        }
        self.add(name, list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(url: &str, etag: Option<&str>) -> NewObject {
        NewObject {
            headers: cloud_mirror_domain::ports::ObjectHeaders::default(),
            upstream: Upstream {
                url: url.into(),
                etag: etag.map(Into::into),
                length: Some(u64::MAX),
            },
            written_by: Ulid::from(7u128),
            via_hosts: (0..100).map(|n| format!("host-{n}.example")).collect(),
        }
    }

    fn written(object: &NewObject) -> HashMap<String, String> {
        let stored = "2026-05-28T20:26:40Z".to_owned();
        within_the_limit(write(object, stored, &DigestsIn::Tags))
    }

    fn within_the_limit(metadata: HashMap<String, String>) -> HashMap<String, String> {
        let bytes: usize = metadata
            .iter()
            .map(|(name, value)| NAME_PREFIX.len() + name.len() + value.len())
            .sum();
        assert!(bytes <= MAX_BYTES, "{bytes} bytes: {metadata:?}");
        metadata
    }

    fn source_url(bytes: usize) -> SourceUrl {
        let begin = "https://example.com/";
        SourceUrl::parse(&format!("{begin}{}", "n".repeat(bytes - begin.len()))).unwrap()
    }

    #[test]
    fn what_was_written_is_read_within_s3s_limit_whatever_the_lengths() {
        for url_bytes in [30, 1_000, 1_500, 1_700, 1_800, 1_900, 2_000] {
            for etag_bytes in [1, 40, 500, 1_024] {
                let url = source_url(url_bytes);
                let etag = "e".repeat(etag_bytes);
                let object = object(url.as_str(), Some(&etag));
                let known = read(Some(&written(&object)), &url);
                assert_eq!(
                    known.upstream,
                    Some(object.upstream),
                    "{url_bytes} {etag_bytes}"
                );
                assert_eq!(known.written_by, Some(object.written_by));
                assert_eq!(known.digests, DigestsIn::Tags);
            }
        }
    }

    #[test]
    fn digests_that_are_kept_here_are_read_whatever_the_lengths() {
        let digest = |length: usize| "0".repeat(length);
        let digests = DigestsIn::Metadata(Digests {
            md5: digest(32),
            sha1: digest(40),
            sha256: digest(64),
            sha512: digest(128),
        });
        for (url_bytes, etag_bytes) in [(30, 1), (2_000, 1_024), (1_400, 40)] {
            let url = source_url(url_bytes);
            let etag = "e".repeat(etag_bytes);
            let object = object(url.as_str(), Some(&etag));
            let metadata = within_the_limit(write(&object, "2026".into(), &digests));
            let known = read(Some(&metadata), &url);
            assert_eq!(known.digests, digests, "{url_bytes} {etag_bytes}");
            assert_eq!(known.upstream, Some(object.upstream));
        }
    }

    #[test]
    fn digests_that_come_later_are_read_beside_the_rest() {
        let digests = Digests {
            md5: "1".into(),
            sha1: "2".into(),
            sha256: "3".into(),
            sha512: "4".into(),
        };
        let url = source_url(2_000);
        let object = object(url.as_str(), Some("\"e\""));
        let mut metadata = write(&object, "2026".into(), &DigestsIn::Nothing);
        add_digests(&mut metadata, &digests);
        let known = read(Some(&metadata), &url);
        assert_eq!(known.digests, DigestsIn::Metadata(digests));
        assert_eq!(known.upstream, Some(object.upstream));
    }

    #[test]
    fn only_what_a_header_carries_unchanged_is_plain() {
        for plain in ["a", "text/plain; charset=utf-8", "\"e\"", "a  b"] {
            assert!(is_plain(plain), "{plain:?}");
        }
        for odd in ["", " a", "a ", "a\tb", "a\nb", "a\0", "é", "\u{7f}"] {
            assert!(!is_plain(odd), "{odd:?}");
        }
    }

    #[test]
    fn another_urls_hash_is_not_taken_for_ours() {
        let metadata = written(&object(source_url(2_000).as_str(), None));
        assert!(metadata.contains_key(UPSTREAM_URL_SHA256), "{metadata:?}");
        let other = source_url(1_999);
        let upstream = read(Some(&metadata), &other).upstream.unwrap();
        assert_ne!(upstream.url, other.as_str());
    }

    #[test]
    fn an_odd_entity_tag_is_dropped_and_the_rest_stands() {
        for etag in ["\"é\"", "", " ", "a\nb", &"e".repeat(1_025)] {
            let url = source_url(30);
            let known = read(Some(&written(&object(url.as_str(), Some(etag)))), &url);
            let upstream = known.upstream.unwrap();
            assert_eq!(
                (upstream.etag, &*upstream.url),
                (None, url.as_str()),
                "{etag:?}"
            );
        }
    }

    #[test]
    fn of_many_hosts_the_first_are_kept() {
        let metadata = written(&object(source_url(1_000).as_str(), None));
        assert!(metadata[VIA_HOSTS].starts_with("host-0.example, host-1.example, "));
    }

    #[test]
    fn the_node_originals_objects_are_known() {
        let node = HashMap::from(
            [
                (UPSTREAM_URL, "https://Example.com/a b"),
                (UPSTREAM_ETAG, "\"e\""),
                (UPSTREAM_LENGTH, "10"),
                (STORED, "2018-01-01T00:00:00.000Z"),
                ("cloud-mirror-addresses", "[]"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let url = SourceUrl::parse("https://example.com/a%20b").unwrap();
        let known = read(Some(&node), &url);
        let expected = Upstream {
            url: url.to_string(),
            etag: Some("\"e\"".into()),
            length: Some(10),
        };
        assert_eq!(known.upstream, Some(expected));
        assert_eq!(
            (known.written_by, known.digests),
            (None, DigestsIn::Nothing)
        );
    }

    #[test]
    fn an_object_without_metadata_is_nobodys() {
        let url = source_url(30);
        assert_eq!(read(None, &url).upstream, None);
        assert_eq!(read(Some(&HashMap::new()), &url).upstream, None);
    }
}
