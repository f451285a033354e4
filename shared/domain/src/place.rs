//! Places in clouds, and who knows which address lies where.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::time::Timestamp;

/// A provider whose published ranges are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cloud {
    /// Amazon Web Services.
    Aws,
    /// Google Cloud.
    Google,
    /// Microsoft Azure.
    Azure,
}

impl Cloud {
    /// Every cloud, in the order in which documents list them.
    pub const ALL: [Self; 3] = [Self::Aws, Self::Google, Self::Azure];

    /// Its word: `aws`, `google`, `azure`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Google => "google",
            Self::Azure => "azure",
        }
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Where in which cloud. Region names of two clouds are never the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The cloud.
    pub cloud: Cloud,
    /// Its region, in its provider's spelling; none for what belongs to all of them, such as an edge.
    pub region: Option<Arc<str>>,
}

/// The ranges of one cloud, as they were published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The cloud.
    pub cloud: Cloud,
    /// When.
    pub published: Timestamp,
    /// How many prefixes there were.
    pub prefixes: usize,
}

/// Who knows which address lies where.
pub trait Geography: Send + Sync {
    /// Where an address lies: by the longest published prefix that holds it. `None` where none does. Pure, and asks nobody.
    fn place(&self, address: IpAddr) -> Option<Place>;

    /// What it goes by.
    fn published(&self) -> &[Published];
}

/// Knows no address: for tests, and for whoever serves no callers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Geography for Nowhere {
    fn place(&self, _: IpAddr) -> Option<Place> {
        None
    }

    fn published(&self) -> &[Published] {
        &[]
    }
}
