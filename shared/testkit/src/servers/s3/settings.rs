//! How the server deviates from S3.

use super::content::Content;
use super::{ACCESS_KEY, SECRET_KEY};

const MIB: u64 = 1024 * 1024;

/// How the server deviates from S3; by default it does not.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The access key that it knows, and the secret that belongs to it.
    pub keys: (&'static str, &'static str),
    /// Whether a request signed for another region than the bucket's is answered 301.
    pub regions: bool,
    /// The least size in bytes of a part that is not the last one: 5 MiB. A test with small objects
    /// lowers it.
    pub smallest_part: u64,
    /// The greatest size in bytes of a source of one CopyObject, and of one part: 5 GiB.
    pub largest_copy: u64,
    /// Whether bytes that arrive, by PutObject and UploadPart, are hashed and not kept, so that
    /// gigabytes may: false. What a client claims of them is verified first. Such an object has its
    /// size and [`received`](super::S3Server::received), but no checksum of a whole that came in
    /// parts, and its bytes cannot be read (501).
    pub forgets_bytes: bool,
    /// Operations, such as `GetObjectTagging`, and request headers in small letters, such as
    /// `x-amz-tagging`, that it does not know and answers 501 `NotImplemented`.
    pub unknown: &'static [&'static str],
    /// Operations that it does, but without regard to the conditions in `If-Match`, `If-None-Match`
    /// and, of a copy, `x-amz-copy-source-if-match`.
    pub unconditional: &'static [&'static str],
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keys: (ACCESS_KEY, SECRET_KEY),
            regions: true,
            smallest_part: 5 * MIB,
            largest_copy: 5 * 1024 * MIB,
            forgets_bytes: false,
            unknown: &[],
            unconditional: &[],
        }
    }
}

/// What one S3-compatible service or another does not know: some of them have some of it, and none is
/// asked for any.
const UNKNOWN_SOMEWHERE: &[&str] = &[
    "GetBucketEncryption",
    "GetObjectTagging",
    "GetPublicAccessBlock",
    "PutBucketEncryption",
    "PutObjectTagging",
    "PutPublicAccessBlock",
    "x-amz-acl",
    "x-amz-checksum-algorithm",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-mode",
    "x-amz-checksum-type",
    "x-amz-object-annotation-directive",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-trailer",
];

impl Settings {
    /// The least of what S3-compatible services have in common, as their documentation says it, with
    /// keys of its own: no tags, no checksums but Content-MD5 and the SHA-256 of a signature, no
    /// settings of buckets but lifecycle and policy, and conditions on PutObject and
    /// CompleteMultipartUpload only.
    pub fn compatible() -> Self {
        Self {
            keys: ("compatible-key", "compatible-secret"),
            regions: false,
            unknown: UNKNOWN_SOMEWHERE,
            unconditional: &["CopyObject", "DeleteObject", "UploadPartCopy"],
            ..Self::default()
        }
    }

    /// Whether it does not know an operation or a request header.
    pub(super) fn lacks(&self, name: &str) -> bool {
        self.unknown.contains(&name)
    }

    /// Whether it minds an operation's conditions.
    pub(super) fn minds_conditions_of(&self, operation: &str) -> bool {
        !self.unconditional.contains(&operation)
    }

    /// What is kept of bytes that arrived.
    pub(super) fn kept(&self, content: Content) -> Content {
        match self.forgets_bytes {
            true => content.forgotten(),
            false => content,
        }
    }
}
