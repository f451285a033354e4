//! Words that mean something: services and regions.

use serde::{Deserialize, Deserializer};

use crate::units::Text;

/// A service: the word of pools in requests, and of stores as their provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Folders of one machine.
    File,
    /// Amazon S3.
    S3,
    /// Azure Blob Storage.
    Azure,
    /// Google Cloud Storage.
    Gcs,
    /// What `[service.NAME]` says. Whether there is one is not known yet.
    Named(String),
}

/// A region: a segment of requests' paths and of folders' and buckets' names.
#[derive(Clone, Debug)]
pub(crate) struct Region(pub(crate) String);

impl Service {
    /// Those that no `[service.NAME]` defines.
    pub(crate) const BUILT_IN: [Self; 4] = [Self::File, Self::S3, Self::Azure, Self::Gcs];

    pub(crate) fn word(&self) -> &str {
        match self {
            Self::File => "file",
            Self::S3 => "s3",
            Self::Azure => "azure",
            Self::Gcs => "gcs",
            Self::Named(name) => name,
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        let built_in = Self::BUILT_IN.into_iter();
        let mut built_in = built_in.filter(|service| service.word() == text);
        match built_in.next() {
            Some(service) => Ok(service),
            None if is_plain(text) => Ok(Self::Named(text.to_owned())),
            None => Err(format!(
                "{text:?} is no service; use small letters, digits and \"-\", as in \"s3\""
            )),
        }
    }
}

impl Region {
    /// Nothing in it may mean anything where it is put. `all` is every region in a purge, `auto`
    /// the caller's own.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if has_a_meaning(text) {
            return Err(format!(
                "{text:?} has a meaning of its own in requests; choose another name"
            ));
        }
        if !is_plain(text) {
            return Err(format!(
                "{text:?} is no region; use small letters, digits and \"-\", as in \"eu-central-1\""
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What stands for several, or for one that is not named, where a request names a service or a region.
pub(crate) fn has_a_meaning(text: &str) -> bool {
    matches!(text, "all" | "auto")
}

/// Small letters, digits and `-`: what a path, a host, an id and a file's name can carry as it is.
pub(crate) fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(plain)
}

impl<'de> Deserialize<'de> for Service {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text {
            expected: "a service like \"s3\"",
            read: Self::read,
        })
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text {
            expected: "a region like \"eu-central-1\"",
            read: Self::read,
        })
    }
}
