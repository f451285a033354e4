//! What an answer's headers say of an object.

use std::time::SystemTime;

use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::ports::SourceFacts;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_http::sent::offered;
use cloud_mirror_metadata::DigestsIn;
use http::HeaderMap;

use crate::failure::Refusal;
use crate::headers::{Described, headers_of};

const GENERATION: &str = "x-goog-generation";

/// The `Cache-Control` with which Google sends what is not public and has none of its own. It is not the
/// owner's word, by which nothing without a `Cache-Control` could be mirrored; nor is that lost, if an
/// owner says exactly this: objects that are read here go into presigned pools only.
const UNSAID_CACHING: &str = "private, max-age=0";

/// A replica, as HEAD describes it.
pub(crate) fn replica(
    about: &str,
    headers: &HeaderMap,
    url: &SourceUrl,
) -> Result<Replica, Refusal> {
    let lacks = |what| Refusal::incomplete(about, what);
    let known = cloud_mirror_metadata::read(Some(&Described::read(headers).metadata), url);
    Ok(Replica {
        etag: generation(about, headers)?,
        size: size(headers).ok_or_else(|| lacks("Content-Length"))?,
        stored: stored(headers).ok_or_else(|| lacks("Last-Modified"))?,
        expires: None,
        written_by: known.written_by,
        upstream: known.upstream,
        digests: match known.digests {
            DigestsIn::Metadata(digests) => Some(digests),
            DigestsIn::Nothing | DigestsIn::Tags => None,
        },
        checksum: checksum(headers),
    })
}

/// A source, as HEAD or a GET of the whole object describes it. Its entity tag is the one of the XML
/// API, as any reader of a public object gets it: conditions on reading and on copying take it.
pub(crate) fn facts(headers: &HeaderMap) -> SourceFacts {
    let mut restated = headers_of(headers);
    restated.cache_control = restated.cache_control.filter(|said| said != UNSAID_CACHING);
    SourceFacts {
        size: size(headers),
        etag: said(headers, "etag"),
        last_modified: said(headers, "last-modified"),
        offered: offered(headers),
        obstacle: None,
        headers: restated,
        via_hosts: Vec::new(),
    }
}

/// The generation, which changes whenever the object does.
pub(crate) fn generation(about: &str, headers: &HeaderMap) -> Result<String, Refusal> {
    said(headers, GENERATION).ok_or_else(|| Refusal::incomplete(about, GENERATION))
}

/// The size as it is stored, which HEAD says even where its answer has no length.
pub(crate) fn size(headers: &HeaderMap) -> Option<u64> {
    let stored = said(headers, "x-goog-stored-content-length");
    let size = stored.or_else(|| said(headers, "content-length"))?;
    size.parse().ok()
}

fn stored(headers: &HeaderMap) -> Option<Timestamp> {
    timestamp(httpdate::parse_http_date(&said(headers, "last-modified")?).ok()?)
}

pub(crate) fn timestamp(moment: SystemTime) -> Option<Timestamp> {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp::default() + since)
}

/// Of a composed object, too, this one is of the whole.
fn checksum(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all("x-goog-hash").iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let crc32c = lines
        .flat_map(|line| line.split(','))
        .find_map(|hash| hash.trim().strip_prefix("crc32c="))?;
    Some(format!("crc32c:{crc32c}"))
}

fn said(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let lines = lines.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        let mut headers = HeaderMap::new();
        lines.for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    const COMPOSED: [(&str, &str); 5] = [
        ("x-goog-generation", "1700"),
        ("x-goog-stored-content-length", "9"),
        ("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("x-goog-hash", "crc32c=4waSgw=="),
        ("x-goog-component-count", "1"),
    ];

    fn url() -> SourceUrl {
        SourceUrl::parse("https://example.com/a").unwrap()
    }

    #[test]
    fn a_replicas_validator_is_its_generation() {
        let replica = replica("HeadObject", &headers(&COMPOSED), &url()).unwrap();
        assert_eq!((&*replica.etag, replica.size), ("1700", 9));
        assert_eq!(replica.stored, Timestamp::from_millis(1_445_412_480_000));
        assert_eq!(replica.checksum.as_deref(), Some("crc32c:4waSgw=="));
        assert_eq!((replica.upstream, replica.digests), (None, None));
    }

    #[test]
    fn an_answer_without_what_google_always_says_is_no_replica() {
        for lacking in 0..3 {
            let mut lines = COMPOSED.to_vec();
            lines.remove(lacking);
            let refused = replica("HeadObject", &headers(&lines), &url());
            assert!(refused.is_err(), "{lines:?}");
        }
    }

    #[test]
    fn a_checksum_is_found_in_either_spelling_of_its_header() {
        let both = ["x-goog-hash", "x-goog-hash"];
        for lines in [
            vec![(
                "x-goog-hash",
                "crc32c=4waSgw==, md5=JfnnlDI7RTiF9RgfG2JNCw==",
            )],
            both.into_iter()
                .zip(["md5=JfnnlDI7RTiF9RgfG2JNCw==", "crc32c=4waSgw=="])
                .collect(),
        ] {
            let checksum = checksum(&headers(&lines));
            assert_eq!(checksum.as_deref(), Some("crc32c:4waSgw=="), "{lines:?}");
        }
    }

    #[test]
    fn a_sources_size_is_that_of_what_is_stored() {
        let facts = facts(&headers(&[
            ("content-encoding", "gzip"),
            ("x-goog-stored-content-encoding", "gzip"),
            ("x-goog-stored-content-length", "9"),
            ("x-goog-hash", "crc32c=4waSgw=="),
            ("etag", "\"e\""),
        ]));
        assert_eq!((facts.size, facts.offered.len()), (Some(9), 1));
        assert_eq!(facts.etag.as_deref(), Some("\"e\""));
        assert_eq!(facts.headers.content_encoding.as_deref(), Some("gzip"));
    }
}
