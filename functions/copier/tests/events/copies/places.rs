//! Where objects come from and where they go.

/// A kind of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// Any HTTP server.
    Web,
    /// A bucket that everybody may read, and that the rule names as its store.
    PublicS3,
    /// A bucket that only our credentials read.
    S3,
    /// The same at a service that speaks S3's protocol.
    PublicCompatible,
    Compatible,
    PublicGcs,
    Gcs,
    PublicAzure,
    Azure,
}

/// A kind of pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Into {
    Folder,
    S3,
    /// Where the source [`From::Compatible`] is.
    Compatible,
    /// A service of another endpoint.
    OtherCompatible,
    Gcs,
    Azure,
}

impl From {
    /// As the document says it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Web => "the web",
            Self::PublicS3 => "S3, public",
            Self::S3 => "S3, private",
            Self::PublicCompatible => "S3-compatible, public",
            Self::Compatible => "S3-compatible, private",
            Self::PublicGcs => "GCS, public",
            Self::Gcs => "GCS, private",
            Self::PublicAzure => "Azure, public",
            Self::Azure => "Azure, private",
        }
    }

    /// The word of its store's provider; none of the web.
    pub(super) fn service(self) -> Option<&'static str> {
        match self {
            Self::Web => None,
            Self::PublicS3 | Self::S3 => Some("s3"),
            Self::PublicCompatible | Self::Compatible => Some("compatible"),
            Self::PublicGcs | Self::Gcs => Some("gcs"),
            Self::PublicAzure | Self::Azure => Some("azure"),
        }
    }

    /// Whether only our credentials read it.
    pub(super) fn is_private(self) -> bool {
        match self {
            Self::Web
            | Self::PublicS3
            | Self::PublicCompatible
            | Self::PublicGcs
            | Self::PublicAzure => false,
            Self::S3 | Self::Compatible | Self::Gcs | Self::Azure => true,
        }
    }
}

impl Into {
    /// As the document says it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Folder => "a folder",
            Self::S3 => "S3",
            Self::Compatible => "S3-compatible",
            Self::OtherCompatible => "S3-compatible, another",
            Self::Gcs => "GCS",
            Self::Azure => "Azure",
        }
    }

    /// The pool's service.
    pub(super) fn service(self) -> &'static str {
        match self {
            Self::Folder => "file",
            Self::S3 => "s3",
            Self::Compatible => "compatible",
            Self::OtherCompatible => "other",
            Self::Gcs => "gcs",
            Self::Azure => "azure",
        }
    }

    /// Whether the digests of an object that came in parts are kept beside it. A service without tags
    /// cannot keep them: they are known only when the upload has begun.
    pub(super) fn keeps_digests_of_parts(self) -> bool {
        !matches!(self, Self::Compatible | Self::OtherCompatible)
    }
}
