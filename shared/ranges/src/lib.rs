//! Which address lies where, by the ranges that clouds publish of themselves.
//!
//! | look in | for |
//! |---|---|
//! | `published` | the files as Amazon, Google and Microsoft publish them |
//! | `intervals` | many nested prefixes as one row of intervals |
//! | `compact` | a set as bytes: what is embedded, and what `cloud-mirror ranges update` writes |
//!
//! The embedded set is made of the files in `published/` of this crate, and a test compares the two.

mod compact;
mod intervals;
pub mod published;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use cloud_mirror_domain::place::{Geography, Place, Published};
use thiserror::Error;

use intervals::Intervals;
use published::Publication;

static EMBEDDED: &[u8] = include_bytes!("../data/ranges.bin");

/// The published ranges of several clouds.
///
/// Guaranteed: an address lies where the longest prefix that holds it says, over all files at once. Of
/// one and the same prefix that is named twice, what names a region counts before what names none,
/// and then the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    published: Vec<Published>,
    places: Vec<Place>,
    v4: Intervals<u32>,
    v6: Intervals<u128>,
}

/// Why a set of ranges cannot be used.
#[derive(Debug, Error)]
pub enum RangesError {
    /// The file cannot be read.
    #[error("{path:?} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// What was read is no set of ranges, or is damaged.
    #[error("{0}; make a new one with `cloud-mirror ranges update FILE…`")]
    Damaged(&'static str),
    /// The same of a file.
    #[error("{path:?}: {error}")]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<RangesError>,
    },
    /// More places than can be numbered.
    #[error("there are more than {most} regions in these files", most = intervals::NO_PLACE)]
    TooMany,
}

impl Ranges {
    /// The set that is part of the program.
    ///
    /// # Errors
    /// None that a released program has: a test reads it.
    pub fn embedded() -> Result<Self, RangesError> {
        Self::from_bytes(EMBEDDED)
    }

    /// The size of the embedded set, in bytes.
    pub fn embedded_size_bytes() -> usize {
        EMBEDDED.len()
    }

    /// A set that `cloud-mirror ranges update` has written. Blocks while it reads: meant for the start
    /// of a process.
    ///
    /// # Errors
    /// Where the file cannot be read, or is no such set, whole and of this version.
    pub fn load(path: &Path) -> Result<Self, RangesError> {
        let unreadable = |cause| RangesError::Unreadable {
            path: path.to_owned(),
            cause,
        };
        let read = Self::from_bytes(&std::fs::read(path).map_err(unreadable)?);
        read.map_err(|error| RangesError::InFile {
            path: path.to_owned(),
            error: Box::new(error),
        })
    }

    /// A set from its bytes. Total: any other bytes are an error.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RangesError> {
        compact::read(bytes)
    }

    /// The bytes from which [`Self::from_bytes`] makes the same set. The same set has always the same.
    pub fn to_bytes(&self) -> Vec<u8> {
        compact::write(self)
    }

    /// A set of these publications, in the order of their clouds.
    ///
    /// # Errors
    /// Where there are too many regions to number.
    pub fn of(mut publications: Vec<Publication>) -> Result<Self, RangesError> {
        publications.sort_by_key(|publication| publication.cloud);
        let places = places(&publications);
        if places.len() >= usize::from(intervals::NO_PLACE) {
            return Err(RangesError::TooMany);
        }
        let (v4, v6) = intervals::of(&publications, &places);
        Ok(Self {
            published: publications.iter().map(Publication::summary).collect(),
            places,
            v4,
            v6,
        })
    }
}

impl Geography for Ranges {
    fn place(&self, address: IpAddr) -> Option<Place> {
        let number = match address.to_canonical() {
            IpAddr::V4(address) => self.v4.at(address.to_bits()),
            IpAddr::V6(address) => self.v6.at(address.to_bits()),
        };
        self.places.get(usize::from(number)).cloned()
    }

    fn published(&self) -> &[Published] {
        &self.published
    }
}

/// Every place once, in order, so that the same files make the same set.
fn places(publications: &[Publication]) -> Vec<Place> {
    let all = publications.iter().flat_map(Publication::places);
    let mut places: Vec<Place> = all.collect();
    places.sort();
    places.dedup();
    places
}
