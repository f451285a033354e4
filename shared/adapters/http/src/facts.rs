//! What an answer's headers say of the object.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::plan::Kept;
use cloud_mirror_domain::ports::{ObjectHeaders, SourceFacts};
use http::header::{self, HeaderMap, HeaderName};

use crate::offered::offered;

/// The facts in the headers of an answer that is the whole object. Nothing is required of a source: what it does not say, or
/// says in bytes that are no UTF-8, is `None`.
pub(crate) fn facts_of(headers: &HeaderMap, via_hosts: Vec<String>) -> SourceFacts {
    SourceFacts {
        // The header itself: the client's own idea of the length is the body's, and HEAD has none.
        size: one(headers, &header::CONTENT_LENGTH).and_then(|size| size.parse().ok()),
        etag: one(headers, &header::ETAG),
        last_modified: one(headers, &header::LAST_MODIFIED),
        offered: offered(headers),
        obstacle: archived(headers).then_some(Kind::Archived),
        headers: ObjectHeaders {
            content_type: one(headers, &header::CONTENT_TYPE),
            content_encoding: list(headers, &header::CONTENT_ENCODING),
            content_disposition: one(headers, &header::CONTENT_DISPOSITION),
            content_language: list(headers, &header::CONTENT_LANGUAGE),
            cache_control: readable(headers, &header::CACHE_CONTROL),
        },
        via_hosts,
    }
}

fn archived(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name)?.to_str().ok();
    let kept = Kept {
        storage_class: said("x-amz-storage-class"),
        archive_status: said("x-amz-archive-status"),
        restore: said("x-amz-restore"),
    };
    kept.is_archived()
}

/// A header that has one value, as it was sent.
pub(crate) fn one(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    String::from_utf8(headers.get(name)?.as_bytes().to_vec()).ok()
}

/// A header whose value is a list: several lines mean the same as one with commas (RFC 9110,
/// section 5.3), and an encoding that was lost would make the object unreadable.
pub(crate) fn list(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines = headers.get_all(name).iter();
    let lines: Result<Vec<_>, _> = lines
        .map(|line| std::str::from_utf8(line.as_bytes()))
        .collect();
    lines
        .ok()
        .filter(|lines| !lines.is_empty())
        .map(|lines| lines.join(", "))
}

/// The lines of a list that are text. One that is not must not hide another which forbids storing.
fn readable(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines = headers.get_all(name).iter();
    let lines: Vec<_> = lines
        .filter_map(|line| std::str::from_utf8(line.as_bytes()).ok())
        .collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn facts(lines: &[(HeaderName, &[u8])]) -> SourceFacts {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        facts_of(&headers, Vec::new())
    }

    #[test]
    fn a_source_that_says_nothing_has_no_facts() {
        assert_eq!(facts(&[]), SourceFacts::default());
    }

    #[test]
    fn what_is_no_utf_8_counts_as_unsaid_and_the_rest_stands() {
        let facts = facts(&[
            (header::CONTENT_DISPOSITION, b"attachment; filename=\xE9"),
            (header::CONTENT_LANGUAGE, b"\xFF"),
            (header::CONTENT_TYPE, "text/plain; name=é".as_bytes()),
        ]);
        assert_eq!(facts.headers.content_disposition, None);
        assert_eq!(facts.headers.content_language, None);
        assert_eq!(
            facts.headers.content_type.as_deref(),
            Some("text/plain; name=é")
        );
    }

    #[test]
    fn an_encoding_in_two_lines_loses_neither() {
        let lines: [(_, &[u8]); 2] = [
            (header::CONTENT_ENCODING, b"gzip"),
            (header::CONTENT_ENCODING, b"br"),
        ];
        assert_eq!(
            facts(&lines).headers.content_encoding.as_deref(),
            Some("gzip, br")
        );
    }

    #[test]
    fn an_entity_tag_stays_as_it_was_written() {
        for etag in ["\"a\"", "W/\"a\"", "a-without-quotes"] {
            assert_eq!(
                facts(&[(header::ETAG, etag.as_bytes())]).etag.as_deref(),
                Some(etag)
            );
        }
    }

    #[test]
    fn an_archived_object_says_why_it_cannot_be_copied() {
        const CLASS: HeaderName = HeaderName::from_static("x-amz-storage-class");
        const STATUS: HeaderName = HeaderName::from_static("x-amz-archive-status");
        const RESTORE: HeaderName = HeaderName::from_static("x-amz-restore");
        let archived = Some(Kind::Archived);
        let deep = (CLASS, b"DEEP_ARCHIVE" as &[u8]);
        let done = (RESTORE, b"ongoing-request=\"false\"" as &[u8]);
        assert_eq!(facts(&[(CLASS, b"GLACIER_IR")]).obstacle, None);
        assert_eq!(facts(std::slice::from_ref(&deep)).obstacle, archived);
        assert_eq!(facts(&[deep, done]).obstacle, None);
        assert_eq!(facts(&[(STATUS, b"ARCHIVE_ACCESS")]).obstacle, archived);
    }

    #[test]
    fn a_line_that_forbids_storing_is_heard_beside_any_other() {
        const NAME: HeaderName = header::CACHE_CONTROL;
        let lines: [(HeaderName, &[u8]); 3] = [
            (NAME, b"max-age=60"),
            (NAME, b"x=\xff"),
            (NAME, b"No-Store"),
        ];
        let facts = facts(&lines);
        let said = facts.headers.cache_control.as_deref();
        assert_eq!(said, Some("max-age=60, No-Store"));
        assert_eq!(facts.forbids_storing(), Some("no-store"));
    }

    #[test]
    fn a_date_stays_as_it_was_written() {
        for date in ["Wed, 21 Oct 2015 07:28:00 GMT", "lately"] {
            let facts = facts(&[(header::LAST_MODIFIED, date.as_bytes())]);
            assert_eq!(facts.last_modified.as_deref(), Some(date));
        }
    }

    #[test]
    fn a_size_that_is_no_number_counts_as_unsaid() {
        assert_eq!(facts(&[(header::CONTENT_LENGTH, b"12")]).size, Some(12));
        assert_eq!(facts(&[(header::CONTENT_LENGTH, b"many")]).size, None);
        assert_eq!(facts(&[(header::CONTENT_LENGTH, b"-1")]).size, None);
    }
}
