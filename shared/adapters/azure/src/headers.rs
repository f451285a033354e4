//! What is kept beside a blob's bytes, as headers of requests and answers.

use std::collections::HashMap;
use std::time::{Duration, UNIX_EPOCH};

use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::NewObject;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_metadata::{DigestsIn, is_plain};
use http::{HeaderMap, HeaderName, header};

/// What stands before the name of each entry of metadata.
const METADATA: &str = "x-ms-meta-";

/// The longest value of a header for clients that is kept. It is what S3 takes; Azure's
/// documentation names no limit, and one that it refused would fail every copy of the object.
const MAX_BYTES: usize = 2_048;

/// The headers for clients: their names in answers, and in the requests that set them.
const FOR_CLIENTS: [(HeaderName, HeaderName); 5] = [
    (
        header::CONTENT_TYPE,
        HeaderName::from_static("x-ms-blob-content-type"),
    ),
    (
        header::CONTENT_ENCODING,
        HeaderName::from_static("x-ms-blob-content-encoding"),
    ),
    (
        header::CONTENT_DISPOSITION,
        HeaderName::from_static("x-ms-blob-content-disposition"),
    ),
    (
        header::CONTENT_LANGUAGE,
        HeaderName::from_static("x-ms-blob-content-language"),
    ),
    (
        header::CACHE_CONTROL,
        HeaderName::from_static("x-ms-blob-cache-control"),
    ),
];

/// Headers of a request.
pub(crate) type Headers = Vec<(HeaderName, String)>;

/// All that a request says of a new object beside its bytes. A value that no header carries as it is
/// is dropped, rather than the copy failed.
pub(crate) fn described(object: &NewObject, stored: Timestamp, digests: &DigestsIn) -> Headers {
    let metadata = cloud_mirror_metadata::write(object, rfc3339(stored), digests);
    let given = &object.headers;
    let values = [
        &given.content_type,
        &given.content_encoding,
        &given.content_disposition,
        &given.content_language,
        &given.cache_control,
    ];
    let kept = FOR_CLIENTS.into_iter().zip(values);
    let kept = kept.filter_map(|((_, set), value)| Some((set, value.clone()?)));
    let kept = kept.filter(|(_, value)| is_plain(value) && value.len() <= MAX_BYTES);
    kept.chain(as_headers(&metadata)).collect()
}

/// The same, as a blob that has them all says it: the marker of an upload does. With the digests,
/// where they are known by now.
pub(crate) fn described_by(answer: &HeaderMap, digests: Option<&Digests>) -> Headers {
    let mut metadata = metadata(answer);
    if let Some(digests) = digests {
        cloud_mirror_metadata::add_digests(&mut metadata, digests);
    }
    let kept = FOR_CLIENTS.into_iter();
    let kept = kept.filter_map(|(said, set)| Some((set, text(answer, said.as_str())?.to_owned())));
    kept.chain(as_headers(&metadata)).collect()
}

/// A blob's metadata by the names that all stores share.
pub(crate) fn metadata(answer: &HeaderMap) -> HashMap<String, String> {
    let entries = answer.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix(METADATA)?;
        Some((name.replace('_', "-"), value.to_str().ok()?.to_owned()))
    });
    entries.collect()
}

/// Azure takes for a name what C# takes for an identifier: no `-`. No name of ours has `_`.
fn as_headers(metadata: &HashMap<String, String>) -> Headers {
    let entries = metadata.iter().filter_map(|(name, value)| {
        let name = format!("{METADATA}{}", name.replace('-', "_"));
        Some((HeaderName::try_from(name).ok()?, value.clone()))
    });
    entries.collect()
}

/// The condition that the object is as it was seen.
pub(crate) fn condition(seen: &Seen) -> (HeaderName, String) {
    match seen {
        Seen::Etag(etag) => (header::IF_MATCH, etag.clone()),
        Seen::None => (header::IF_NONE_MATCH, "*".to_owned()),
    }
}

/// The value of an answer's header, where it is text.
pub(crate) fn text<'a>(answer: &'a HeaderMap, name: &str) -> Option<&'a str> {
    answer.get(name).and_then(|value| value.to_str().ok())
}

/// The moment of an HTTP date.
pub(crate) fn moment(date: &str) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(date).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::default() + since)
}

fn rfc3339(moment: Timestamp) -> String {
    let moment = UNIX_EPOCH + Duration::from_secs(moment.as_seconds());
    humantime::format_rfc3339_seconds(moment).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloud_mirror_domain::entry::Upstream;
    use cloud_mirror_domain::ports::ObjectHeaders;
    use cloud_mirror_domain::url::SourceUrl;
    use http::HeaderValue;
    use ulid::Ulid;

    const URL: &str = "https://example.com/a";

    fn object() -> NewObject {
        NewObject {
            headers: ObjectHeaders {
                content_type: Some("text/plain; charset=utf-8".into()),
                content_encoding: Some("gzip".into()),
                content_disposition: Some("attachment; filename=\"a  b.txt\"".into()),
                content_language: Some("de, en".into()),
                cache_control: Some("max-age=60".into()),
            },
            upstream: Upstream {
                url: URL.into(),
                etag: Some("\"e\"".into()),
                length: Some(3),
            },
            written_by: Ulid::from(7u128),
            via_hosts: vec!["cdn.example".into()],
        }
    }

    fn value<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
        let found = headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    #[test]
    fn every_header_is_sent_byte_for_byte_under_azures_name() {
        let headers = described(&object(), Timestamp::default(), &DigestsIn::Nothing);
        for (name, expected) in [
            ("x-ms-blob-content-type", "text/plain; charset=utf-8"),
            ("x-ms-blob-content-encoding", "gzip"),
            (
                "x-ms-blob-content-disposition",
                "attachment; filename=\"a  b.txt\"",
            ),
            ("x-ms-blob-content-language", "de, en"),
            ("x-ms-blob-cache-control", "max-age=60"),
            ("x-ms-meta-cloud_mirror_upstream_url", URL),
            ("x-ms-meta-cloud_mirror_stored", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(value(&headers, name), Some(expected), "{name}");
        }
    }

    #[test]
    fn names_of_metadata_are_identifiers_of_c_sharp() {
        let headers = described(&object(), Timestamp::default(), &DigestsIn::Nothing);
        let names = headers
            .iter()
            .filter_map(|(name, _)| name.as_str().strip_prefix(METADATA));
        let names: Vec<_> = names.collect();
        assert!(names.len() >= 5, "{names:?}");
        for name in names {
            assert!(
                name.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{name}"
            );
        }
    }

    #[test]
    fn what_no_header_carries_is_dropped_and_the_rest_stands() {
        for odd in ["é", "a\nb", " a", "", &"x".repeat(2_049)] {
            let mut object = object();
            object.headers.content_disposition = Some(odd.into());
            let headers = described(&object, Timestamp::default(), &DigestsIn::Nothing);
            assert_eq!(
                value(&headers, "x-ms-blob-content-disposition"),
                None,
                "{odd:?}"
            );
            assert_eq!(value(&headers, "x-ms-blob-content-encoding"), Some("gzip"));
        }
    }

    /// What a blob answers that was written with these headers.
    fn answered(headers: &Headers) -> HeaderMap {
        let said = |name: &HeaderName| {
            let by_client = FOR_CLIENTS.into_iter().find(|(_, set)| set == name);
            by_client.map_or_else(|| name.clone(), |(said, _)| said)
        };
        let all = headers.iter();
        all.map(|(name, value)| (said(name), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn what_the_marker_says_is_what_the_object_gets_and_digests_come_on_top() {
        let begun = described(&object(), Timestamp::default(), &DigestsIn::Nothing);
        let digests = Digests {
            md5: "1".into(),
            sha1: "2".into(),
            sha256: "3".into(),
            sha512: "4".into(),
        };
        let completed = described_by(&answered(&begun), Some(&digests));
        for (name, expected) in &begun {
            assert_eq!(
                value(&completed, name.as_str()),
                Some(expected.as_str()),
                "{name}"
            );
        }
        let url = SourceUrl::parse(URL).unwrap();
        let known = cloud_mirror_metadata::read(Some(&metadata(&answered(&completed))), &url);
        assert_eq!(known.upstream, Some(object().upstream));
        assert_eq!(known.digests, DigestsIn::Metadata(digests));
    }
}
