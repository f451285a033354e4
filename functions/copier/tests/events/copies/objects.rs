//! What is copied.

use bytes::Bytes;
use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::ports::ObjectHeaders;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

const MIB: u64 = 1024 * 1024;

/// The least size of a part, and here of every part but the last; in bytes.
pub(super) const PART: u64 = 5 * MIB;

/// The path of every object, as in a URL and as a key.
pub(super) const PATH: &str = "releases/%C3%BC%20b%2Bc/tool.tar";
pub(super) const KEY: &str = "releases/ü b+c/tool.tar";

/// The headers that a replica restates, in the order of [`ObjectHeaders`]. Nothing decodes this
/// encoding on its way.
pub(super) const HEADERS: [(&str, &str); 5] = [
    ("content-type", "application/x-tar"),
    ("content-encoding", "zstd"),
    ("content-disposition", "attachment; filename=\"tool.tar\""),
    ("content-language", "de"),
    ("cache-control", "public, max-age=600"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    Empty,
    Small,
    InParts,
}

pub(super) const OBJECTS: [Object; 3] = [Object::Empty, Object::Small, Object::InParts];

impl Object {
    /// As the document says it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Small => "1,000 bytes",
            Self::InParts => "5 MiB and 7 bytes",
        }
    }

    pub(super) fn size(self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Small => 1_000,
            Self::InParts => PART + 7,
        }
    }

    /// Bytes without order.
    pub(super) fn bytes(self) -> Bytes {
        let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let states = std::iter::successors(Some(7_u32), next);
        let bytes = states.map(|state| (state >> 24) as u8);
        bytes.take(self.size() as usize).collect()
    }
}

pub(super) fn headers() -> ObjectHeaders {
    let [
        content_type,
        content_encoding,
        content_disposition,
        content_language,
        cache_control,
    ] = HEADERS.map(|(_, value)| Some(value.to_owned()));
    ObjectHeaders {
        content_type,
        content_encoding,
        content_disposition,
        content_language,
        cache_control,
    }
}

pub(super) fn digests(bytes: &[u8]) -> Digests {
    Digests {
        md5: hex::encode(Md5::digest(bytes)),
        sha1: hex::encode(Sha1::digest(bytes)),
        sha256: hex::encode(Sha256::digest(bytes)),
        sha512: hex::encode(Sha512::digest(bytes)),
    }
}
