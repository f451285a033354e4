//! What S3 can do, and what can be asked of services that speak its protocol.

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType};

/// How much of S3 there is behind its protocol.
///
/// Services that speak it have PutObject and CompleteMultipartUpload with conditions in common, which is
/// what a pool cannot be without; `prepare` tries that. What only some of them know is asked of none:
/// a header that such a service does not know may fail the whole request, or be ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// S3 itself.
    #[default]
    Aws,
    /// A service that speaks its protocol.
    Compatible {
        /// It keeps object tags.
        tags: bool,
    },
}

impl Dialect {
    pub(crate) fn is_aws(self) -> bool {
        self == Self::Aws
    }

    /// Whether digests are kept as tags.
    pub(crate) fn has_tags(self) -> bool {
        match self {
            Self::Aws => true,
            Self::Compatible { tags } => tags,
        }
    }

    /// The one checksum that every object of a pool has. Without it, the SHA-256 of each body is in its
    /// request's signature, which every service compares that checks signatures at all.
    pub(crate) fn checksum(self) -> Option<ChecksumAlgorithm> {
        self.is_aws().then_some(ChecksumAlgorithm::Crc64Nvme)
    }

    /// Of the whole object, not of its parts.
    pub(crate) fn checksum_type(self) -> Option<ChecksumType> {
        self.is_aws().then_some(ChecksumType::FullObject)
    }

    /// Whether checksums are asked for.
    pub(crate) fn checksum_mode(self) -> Option<ChecksumMode> {
        self.is_aws().then_some(ChecksumMode::Enabled)
    }
}
