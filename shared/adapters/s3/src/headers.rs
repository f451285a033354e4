//! The headers for clients that S3 keeps and restates.

use std::collections::HashMap;

use cloud_mirror_domain::ports::{NewObject, ObjectHeaders};
use cloud_mirror_metadata::plain;

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

/// What these headers may have, in bytes, names and values counted together: S3's 2 KB of
/// system-defined metadata, without the `content-type: application/octet-stream` that the SDK adds
/// where a source says no type.
const MAX_BYTES: usize = 2_048 - 36;

/// The headers that S3 can carry.
///
/// Dropped, rather than the copy failed, is what no request can carry, and what is too long for S3, which
/// would refuse every write: see [`shorten`].
pub(crate) fn carried(object: &NewObject) -> ObjectHeaders {
    let mut headers = plain(&object.headers);
    shorten(&mut headers);
    headers
}

/// Drops what does not fit beside what matters more. Type and encoding, which say what the bytes
/// mean, come before language and caching, and of either two the shorter one first. The disposition
/// comes last: a download without it has a name of the client's choice, and nothing else is lost.
/// Cutting values was rejected: half a value says something else.
fn shorten(headers: &mut ObjectHeaders) {
    let mut meaning = [
        ("content-type", &mut headers.content_type),
        ("content-encoding", &mut headers.content_encoding),
    ];
    let mut others = [
        ("content-language", &mut headers.content_language),
        ("cache-control", &mut headers.cache_control),
    ];
    meaning.sort_by_key(|(name, value)| bytes(name, value));
    others.sort_by_key(|(name, value)| bytes(name, value));
    let last = ("content-disposition", &mut headers.content_disposition);
    let mut room = MAX_BYTES;
    for (name, value) in meaning.into_iter().chain(others).chain([last]) {
        match room.checked_sub(bytes(name, value)) {
            Some(left) => room = left,
            None => *value = None,
        }
    }
}

fn bytes(name: &str, value: &Option<String>) -> usize {
    value.as_ref().map_or(0, |value| name.len() + value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long values of these lengths are afterwards; 0 stands for none. The order is type,
    /// encoding, disposition, language, caching.
    fn shortened(lengths: [usize; 5]) -> [usize; 5] {
        let [content_type, encoding, disposition, language, caching] =
            lengths.map(|length| (length > 0).then(|| "v".repeat(length)));
        let mut headers = ObjectHeaders {
            content_type,
            content_encoding: encoding,
            content_disposition: disposition,
            content_language: language,
            cache_control: caching,
        };
        shorten(&mut headers);
        [
            headers.content_type,
            headers.content_encoding,
            headers.content_disposition,
            headers.content_language,
            headers.cache_control,
        ]
        .map(|value| value.map_or(0, |value| value.len()))
    }

    #[test]
    fn what_is_too_long_for_s3_is_dropped_in_the_order_of_what_matters_least() {
        for (lengths, expected) in [
            ([10, 4, 30, 2, 60], [10, 4, 30, 2, 60]),
            ([0, 0, 4_000, 0, 0], [0; 5]),
            ([10, 4, 4_000, 2, 60], [10, 4, 0, 2, 60]),
            ([10, 4, 1_100, 2, 1_100], [10, 4, 0, 2, 1_100]),
            ([10, 4, 30, 2, 3_000], [10, 4, 30, 2, 0]),
            ([10, 4, 30, 1_200, 1_100], [10, 4, 30, 0, 1_100]),
            ([1_000, 900, 30, 100, 200], [1_000, 900, 30, 0, 0]),
            ([1_200, 1_100, 30, 2, 60], [0, 1_100, 30, 2, 60]),
            ([9_000; 5], [0; 5]),
        ] {
            assert_eq!(shortened(lengths), expected, "{lengths:?}");
        }
    }

    #[test]
    fn the_limit_counts_names_too_and_leaves_room_for_the_sdks_own_type() {
        let most = 2_048 - 36 - "cache-control".len();
        assert_eq!(shortened([0, 0, 0, 0, most])[4], most);
        assert_eq!(shortened([0, 0, 0, 0, most + 1])[4], 0);
    }
}
