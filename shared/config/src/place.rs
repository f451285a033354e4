//! Where objects lie, and how URLs spell that.

use cloud_mirror_domain::rules::Store;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_domain::url::s3::S3Place;

use crate::service::{Addressing, S3Compatible};

const GOOGLE: &str = "storage.googleapis.com";
const AZURE: &str = ".blob.core.windows.net";

/// Whose buckets are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Home<'a> {
    /// Amazon S3's.
    S3,
    /// Azure Blob Storage's. Its buckets are called `account/container`.
    Azure,
    /// Google Cloud Storage's.
    Gcs,
    /// A service's that speaks S3's protocol.
    At(&'a S3Compatible),
}

/// A place as a URL spells it.
pub(crate) struct Spelled {
    /// The bucket; empty, or ending with a slash, where the URL names none.
    pub(crate) bucket: String,
    /// The region, where the spelling names one.
    pub(crate) region: Option<String>,
    /// The key, percent-encoded.
    pub(crate) key: String,
}

impl Home<'_> {
    /// Those whose spelling is known without a configuration.
    pub(crate) const CLOUDS: [Home<'static>; 3] = [Home::S3, Home::Azure, Home::Gcs];

    /// Its word in `store.provider`; the services' own are not known here.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::S3 => Some("s3"),
            Self::Azure => Some("azure"),
            Self::Gcs => Some("gcs"),
            Self::At(_) => None,
        }
    }

    /// Whether both are one and the same, however they are called.
    pub(crate) fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::At(one), Self::At(other)) => one.endpoint == other.endpoint,
            (one, other) => one.word().is_some() && one.word() == other.word(),
        }
    }

    /// Whether a store is one of its buckets.
    pub(crate) fn has(self, store: &Store) -> bool {
        match self {
            Self::At(service) => store.endpoint.as_ref() == Some(&service.endpoint),
            cloud => cloud.word() == Some(&store.provider),
        }
    }

    /// What a URL says, if it is one of this service's own.
    pub(crate) fn spelled(self, url: &SourceUrl) -> Option<Spelled> {
        match self {
            Self::S3 => S3Place::of(url).map(Spelled::from),
            Self::Azure => in_account(url),
            Self::Gcs => in_path(url, GOOGLE).or_else(|| in_host(url, GOOGLE)),
            Self::At(service) => {
                let (_, authority) = service.endpoint.split_once("://")?;
                let hosted = service.addressing == Addressing::VirtualHost;
                let in_host = || hosted.then(|| in_host(url, authority)).flatten();
                in_path(url, authority).or_else(in_host)
            }
        }
    }
}

impl From<S3Place> for Spelled {
    fn from(place: S3Place) -> Self {
        Self {
            bucket: place.bucket,
            region: place.region,
            key: place.key,
        }
    }
}

/// `https://account.blob.core.windows.net/container/key`
fn in_account(url: &SourceUrl) -> Option<Spelled> {
    let account = url.authority().strip_suffix(AZURE)?;
    let (container, key) = first_segment(url);
    Some(Spelled {
        bucket: format!("{account}/{container}"),
        region: None,
        key,
    })
}

/// `https://host/bucket/key`
fn in_path(url: &SourceUrl, authority: &str) -> Option<Spelled> {
    let (bucket, key) = first_segment(url);
    (url.authority() == authority).then_some(Spelled {
        bucket,
        region: None,
        key,
    })
}

/// `https://bucket.host/key`
fn in_host(url: &SourceUrl, authority: &str) -> Option<Spelled> {
    let bucket = url.authority().strip_suffix(authority)?.strip_suffix('.')?;
    let key = url.path().strip_prefix('/').unwrap_or_default();
    Some(Spelled {
        bucket: bucket.to_owned(),
        region: None,
        key: key.to_owned(),
    })
}

fn first_segment(url: &SourceUrl) -> (String, String) {
    let path = url.path().strip_prefix('/').unwrap_or_default();
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    (first.to_owned(), rest.to_owned())
}
