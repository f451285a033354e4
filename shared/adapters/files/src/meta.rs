//! What is kept beside an object's bytes, so that nothing is lost with the status table.

use std::time::Duration;

use cloud_mirror_domain::entry::{Digests, Replica, Upstream};
use cloud_mirror_domain::ports::{NewObject, ObjectHeaders};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::{SourceUrl, file_name};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::layout;

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

/// What is known of an object before its bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    /// The object key, for people: the folder is named by its hash.
    pub(crate) key: String,
    pub(crate) url: SourceUrl,
    pub(crate) headers: ObjectHeaders,
    pub(crate) upstream: Upstream,
    pub(crate) written_by: Ulid,
    pub(crate) via_hosts: Vec<String>,
}

/// The content of `current.json`: the version that counts, and all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Current {
    /// Names the data file, and is the validator: each write has its own, even of equal bytes.
    pub(crate) version: Ulid,
    /// When it was switched to, in milliseconds since the Unix epoch.
    pub(crate) stored: Timestamp,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) digests: Digests,
    pub(crate) object: Description,
}

impl Description {
    pub(crate) fn new(url: &SourceUrl, object: &NewObject) -> Self {
        let mut headers = object.headers.clone();
        if headers.content_disposition.is_none() {
            headers.content_disposition = file_name(url).map(|name| disposition(&name));
        }
        Self {
            key: layout::key(url),
            url: url.clone(),
            headers,
            upstream: object.upstream.clone(),
            written_by: object.written_by,
            via_hosts: object.via_hosts.clone(),
        }
    }
}

impl Current {
    /// The validator, as an entity tag.
    pub(crate) fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    /// What the pool says of it.
    pub(crate) fn replica(&self, lifespan: Duration) -> Replica {
        Replica {
            etag: self.etag(),
            size: self.size,
            stored: self.stored,
            expires: Some(self.stored + lifespan),
            written_by: Some(self.object.written_by),
            upstream: Some(self.object.upstream.clone()),
            digests: Some(self.digests.clone()),
        }
    }
}

/// A download keeps its name (RFC 6266); `inline`, because the source did not ask for more.
fn disposition(name: &str) -> String {
    format!(
        "inline; filename*=UTF-8''{}",
        utf8_percent_encode(name, ESCAPED)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disposition_of(url: &str, given: Option<&str>) -> Option<String> {
        let object = NewObject {
            headers: ObjectHeaders {
                content_disposition: given.map(str::to_owned),
                ..ObjectHeaders::default()
            },
            upstream: Upstream::default(),
            written_by: Ulid::nil(),
            via_hosts: Vec::new(),
        };
        let url = SourceUrl::parse(url).unwrap();
        Description::new(&url, &object).headers.content_disposition
    }

    #[test]
    fn a_download_is_named_like_its_source() {
        for (url, name) in [
            ("https://example.com/a/tool-1.0.tar.gz", "tool-1.0.tar.gz"),
            ("https://example.com/a%20b.bin?x=1", "a%20b.bin"),
            (
                "https://example.com/na%C3%AFve%22;.txt",
                "na%C3%AFve%22%3B.txt",
            ),
        ] {
            let expected = format!("inline; filename*=UTF-8''{name}");
            assert_eq!(disposition_of(url, None), Some(expected), "{url}");
        }
        assert_eq!(disposition_of("https://example.com/a/", None), None);
    }

    #[test]
    fn the_sources_own_name_wins() {
        let given = "attachment; filename=x";
        let kept = disposition_of("https://example.com/a", Some(given));
        assert_eq!(kept.as_deref(), Some(given));
    }
}
