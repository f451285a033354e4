//! The headers for clients that S3 keeps and restates.

use std::collections::HashMap;

use cloud_mirror_domain::ports::{NewObject, ObjectHeaders};

/// All of an object that its request says beside the bytes.
pub(crate) struct Described {
    pub(crate) headers: ObjectHeaders,
    pub(crate) metadata: HashMap<String, String>,
}

/// Puts a [`Described`] into a request. A macro, because the SDK's requests that take these
/// fields (`PutObject`, `CreateMultipartUpload`, `CopyObject`) share no trait.
macro_rules! describe {
    ($request:expr, $described:expr) => {{
        let described: $crate::headers::Described = $described;
        $request
            .set_content_type(described.headers.content_type)
            .set_content_encoding(described.headers.content_encoding)
            .set_content_disposition(described.headers.content_disposition)
            .set_content_language(described.headers.content_language)
            .set_cache_control(described.headers.cache_control)
            .set_metadata(Some(described.metadata))
    }};
}
pub(crate) use describe;

/// The headers that S3 can carry.
///
/// Dropped, rather than the copy failed, is a value with a control character or beyond ASCII: no
/// request can be made with it. Sending it in another encoding was rejected: it would not be the
/// source's any more.
pub(crate) fn carried(object: &NewObject) -> ObjectHeaders {
    let kept = |value: &Option<String>| value.clone().filter(|value| is_plain(value));
    let headers = &object.headers;
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
pub(crate) fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value.trim() == value
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_header_carries_unchanged_is_plain() {
        for plain in ["a", "text/plain; charset=utf-8", "\"e\"", "a  b"] {
            assert!(is_plain(plain), "{plain:?}");
        }
        for odd in ["", " a", "a ", "a\tb", "a\nb", "a\0", "é", "\u{7f}"] {
            assert!(!is_plain(odd), "{odd:?}");
        }
    }
}
