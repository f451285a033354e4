//! Words that mean something: services, providers, regions.

use serde::{Deserialize, Deserializer};

use crate::units::Text;

/// The services that pools of this build may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    File,
    S3,
}

/// The providers that stores of this build may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    S3,
}

/// A region: a segment of requests' paths and of folders' and buckets' names.
#[derive(Clone, Debug)]
pub(crate) struct Region(pub(crate) String);

impl Service {
    const ALL: [Self; 2] = [Self::File, Self::S3];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::S3 => "s3",
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        one_of(&Self::ALL, Self::word, text)
            .map_err(|words| format!("{text:?} is not a service of this build; it has: {words}"))
    }
}

impl Provider {
    const ALL: [Self; 1] = [Self::S3];

    /// The same word as that of the pools that can copy from such a store.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::S3 => Service::S3.word(),
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        one_of(&Self::ALL, Self::word, text)
            .map_err(|words| format!("{text:?} is not a provider of this build; it has: {words}"))
    }
}

impl Region {
    /// Nothing in it may mean anything where it is put. `all` is every region in a purge, `auto`
    /// the caller's own.
    fn read(text: &str) -> Result<Self, String> {
        if matches!(text, "all" | "auto") {
            return Err(format!(
                "{text:?} has a meaning of its own in requests; choose another name"
            ));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || !text.chars().all(plain) {
            return Err(format!(
                "{text:?} is no region; use small letters, digits and \"-\", as in \"eu-central-1\""
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The one that the text names, or all the words there are.
fn one_of<T: Copy>(all: &[T], word: fn(T) -> &'static str, text: &str) -> Result<T, String> {
    let mut known = all.iter().copied();
    known.find(|one| word(*one) == text).ok_or_else(|| {
        let words: Vec<&str> = all.iter().copied().map(word).collect();
        words.join(", ")
    })
}

impl<'de> Deserialize<'de> for Service {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text {
            expected: "a service like \"file\"",
            read: Self::read,
        })
    }
}

impl<'de> Deserialize<'de> for Provider {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text {
            expected: "a provider like \"s3\"",
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
