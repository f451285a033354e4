//! What is kept beside an object's bytes: headers for clients, and metadata of our own.

use std::collections::HashMap;

use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{NewObject, ObjectHeaders, PoolError};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_metadata::{DigestsIn, plain};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value, json};

/// What metadata's names begin with in the XML API.
const META: &str = "x-goog-meta-";

/// Names the header that is not an unpublished object's own.
const UNSAID: &str = "cloud-mirror-unsaid";

/// What Google serves where no type is said; the JSON API may want one.
const UNSAID_TYPE: &str = "application/octet-stream";

/// Keeps Google from decompressing, as from anybody between.
const NO_TRANSFORM: &str = "no-transform";

/// All of an object that its request says beside the bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) headers: ObjectHeaders,
    pub(crate) metadata: HashMap<String, String>,
}

impl Described {
    /// How an object is described that is written now.
    pub(crate) fn new(object: &NewObject, now: Timestamp, digests: &DigestsIn) -> Self {
        let now = std::time::UNIX_EPOCH + std::time::Duration::from_millis(now.as_millis());
        let stored = humantime::format_rfc3339_seconds(now).to_string();
        Self {
            headers: carried(&object.headers),
            metadata: cloud_mirror_metadata::write(object, stored, digests),
        }
    }

    /// The same with digests that are known only now.
    pub(crate) fn with_digests(mut self, digests: Option<&Digests>) -> Self {
        if let Some(digests) = digests {
            cloud_mirror_metadata::add_digests(&mut self.metadata, digests);
        }
        self
    }

    /// The same for an object that only becomes a replica: where it has no `Cache-Control`, its answers
    /// bear one of Google's, so that has to be said.
    pub(crate) fn unpublished(mut self) -> Self {
        if self.headers.cache_control.is_none() {
            let caching = header::CACHE_CONTROL.to_string();
            self.metadata.insert(UNSAID.to_owned(), caching);
        }
        self
    }

    /// What [`Self::unpublished`] was made of.
    pub(crate) fn published(mut self) -> Self {
        if self.metadata.remove(UNSAID).is_some() {
            self.headers.cache_control = None;
        }
        self
    }

    /// As an answer's headers say it.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let meta = headers.iter().filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix(META)?;
            Some((name.to_owned(), value.to_str().ok()?.to_owned()))
        });
        Self {
            headers: headers_of(headers),
            metadata: meta.collect(),
        }
    }

    /// For a request of the XML API.
    pub(crate) fn to_headers(&self) -> HeaderMap {
        let own = named(&self.headers).map(|(name, value)| (name, value.as_deref()));
        let own = own
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let meta = self.metadata.iter().filter_map(|(name, value)| {
            let name = HeaderName::try_from(format!("{META}{name}")).ok()?;
            Some((name, value.as_str()))
        });
        own.chain(meta)
            .filter_map(|(name, value)| Some((name, HeaderValue::from_str(value).ok()?)))
            .collect()
    }

    /// For a request of the JSON API.
    pub(crate) fn to_resource(&self) -> Value {
        let headers = &self.headers;
        let content_type = headers.content_type.as_deref().unwrap_or(UNSAID_TYPE);
        let mut resource = Map::from_iter([
            ("contentType".to_owned(), json!(content_type)),
            ("metadata".to_owned(), json!(self.metadata)),
        ]);
        for (name, value) in [
            ("contentEncoding", &headers.content_encoding),
            ("contentDisposition", &headers.content_disposition),
            ("contentLanguage", &headers.content_language),
            ("cacheControl", &headers.cache_control),
        ] {
            if let Some(value) = value {
                resource.insert(name.to_owned(), json!(value));
            }
        }
        Value::Object(resource)
    }
}

fn named(headers: &ObjectHeaders) -> [(HeaderName, &Option<String>); 5] {
    [
        (header::CONTENT_TYPE, &headers.content_type),
        (header::CONTENT_ENCODING, &headers.content_encoding),
        (header::CONTENT_DISPOSITION, &headers.content_disposition),
        (header::CONTENT_LANGUAGE, &headers.content_language),
        (header::CACHE_CONTROL, &headers.cache_control),
    ]
}

/// The headers for clients in an answer, as they are.
pub(crate) fn headers_of(headers: &HeaderMap) -> ObjectHeaders {
    let said = |name: HeaderName| {
        let value = headers.get(name)?;
        String::from_utf8(value.as_bytes().to_vec()).ok()
    };
    ObjectHeaders {
        content_type: said(header::CONTENT_TYPE),
        content_encoding: said(header::CONTENT_ENCODING),
        content_disposition: said(header::CONTENT_DISPOSITION),
        content_language: said(header::CONTENT_LANGUAGE),
        cache_control: said(header::CACHE_CONTROL),
    }
}

/// The headers that Google can carry. Dropped, rather than the copy failed, is a value with a control
/// character or beyond ASCII: no request can be made with it.
fn carried(headers: &ObjectHeaders) -> ObjectHeaders {
    let mut headers = plain(headers);
    keep_compressed(&mut headers);
    headers
}

/// A client that does not say `Accept-Encoding: gzip` would get such an object decompressed from
/// Google: other bytes than its source sends to the same client, and not those that the digests are
/// of. `no-transform` prevents that. It is the one header that is not restated byte for byte; the
/// bytes themselves matter more.
fn keep_compressed(headers: &mut ObjectHeaders) {
    let encoding = headers.content_encoding.as_deref().unwrap_or_default();
    if !encoding.to_ascii_lowercase().contains("gzip") {
        return;
    }
    headers.cache_control = Some(match headers.cache_control.take() {
        Some(said) if said.to_ascii_lowercase().contains(NO_TRANSFORM) => said,
        Some(said) => format!("{said}, {NO_TRANSFORM}"),
        None => NO_TRANSFORM.to_owned(),
    });
}

/// The generation that a write's condition names: 0 is Google's word for none.
///
/// What is no generation of ours matches no object, and 0 must not come out of it.
pub(crate) fn expected(seen: &Seen) -> Result<u64, PoolError> {
    match seen {
        Seen::None => Ok(0),
        Seen::Etag(etag) => generation(etag).ok_or(PoolError::Precondition),
    }
}

/// The generation in a pool's validator.
pub(crate) fn generation(etag: &str) -> Option<u64> {
    let digits = etag.bytes().all(|byte| byte.is_ascii_digit());
    let number = etag.parse().ok().filter(|_| digits);
    number.filter(|generation| *generation > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> ObjectHeaders {
        let said = |text: &str| Some(text.to_owned());
        ObjectHeaders {
            content_type: said("text/plain; charset=utf-8"),
            content_encoding: said("br"),
            content_disposition: said("attachment; filename=\"a b\""),
            content_language: said("de, en"),
            cache_control: said("public, max-age=60"),
        }
    }

    fn described(headers: &ObjectHeaders) -> Described {
        let metadata = HashMap::from([("cloud-mirror-stored".to_owned(), "2026".to_owned())]);
        Described {
            headers: carried(headers),
            metadata,
        }
    }

    #[test]
    fn what_was_written_is_what_is_read() {
        let written = described(&plain());
        assert_eq!(written.headers, plain());
        assert_eq!(Described::read(&written.to_headers()), written);
    }

    #[test]
    fn both_apis_are_told_the_same() {
        let resource = described(&plain()).to_resource();
        assert_eq!(
            resource,
            json!({
                "contentType": "text/plain; charset=utf-8",
                "contentEncoding": "br",
                "contentDisposition": "attachment; filename=\"a b\"",
                "contentLanguage": "de, en",
                "cacheControl": "public, max-age=60",
                "metadata": {"cloud-mirror-stored": "2026"},
            })
        );
        let unsaid = described(&ObjectHeaders::default()).to_resource();
        assert_eq!(unsaid["contentType"], UNSAID_TYPE);
        assert_eq!(unsaid.get("cacheControl"), None);
    }

    #[test]
    fn a_value_that_no_header_carries_is_dropped_and_the_rest_stands() {
        let odd = ObjectHeaders {
            content_type: Some("text/plain; name=é".into()),
            content_disposition: Some("a\nb".into()),
            ..plain()
        };
        let kept = described(&odd).headers;
        assert_eq!((kept.content_type, kept.content_disposition), (None, None));
        assert_eq!(kept.content_language, plain().content_language);
    }

    #[test]
    fn a_compressed_object_is_sent_to_everybody_as_it_is() {
        for (encoding, said, written) in [
            ("gzip", None, Some("no-transform")),
            ("GZIP", Some("max-age=60"), Some("max-age=60, no-transform")),
            ("gzip", Some("No-Transform"), Some("No-Transform")),
            ("br", Some("max-age=60"), Some("max-age=60")),
            ("br", None, None),
        ] {
            let headers = ObjectHeaders {
                content_encoding: Some(encoding.into()),
                cache_control: said.map(Into::into),
                ..ObjectHeaders::default()
            };
            let kept = carried(&headers).cache_control;
            assert_eq!(kept.as_deref(), written, "{encoding} {said:?}");
        }
    }

    #[test]
    fn only_a_generation_of_ours_is_a_condition_and_never_none() {
        assert_eq!(expected(&Seen::None), Ok(0));
        assert_eq!(expected(&Seen::Etag("1700".into())), Ok(1_700));
        for other in [
            "0",
            "00",
            "",
            "\"1700\"",
            "+1",
            "-1",
            "99999999999999999999",
        ] {
            let refused = expected(&Seen::Etag(other.into()));
            assert_eq!(refused, Err(PoolError::Precondition), "{other:?}");
        }
    }
}
