//! The files as clouds publish them.
//!
//! | cloud | file | regions |
//! |---|---|---|
//! | Amazon Web Services | `ip-ranges.json` | `region`; `GLOBAL` is none |
//! | Google Cloud | `cloud.json` | `scope`; `global` is none |
//! | Microsoft Azure | `ServiceTags_Public_YYYYMMDD.json` | the tags `AzureCloud.…`; `AzureCloud` itself is none |

mod aws;
mod azure;
mod google;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use cloud_mirror_domain::place::{Cloud, Place, Published};
use cloud_mirror_domain::time::Timestamp;
use ipnet::IpNet;
use serde_json::Value;
use thiserror::Error;

/// What one cloud has published of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The cloud.
    pub cloud: Cloud,
    /// When.
    pub published: Timestamp,
    /// Its prefixes, as often and in the order as they are named.
    pub prefixes: Vec<Prefix>,
}

/// One published prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The addresses.
    pub net: IpNet,
    /// Their region; none where they belong to all of them.
    pub region: Option<Arc<str>>,
}

/// Why a file is none that a cloud publishes.
#[derive(Debug, Error)]
pub enum PublishedError {
    /// It is no JSON, or lacks what such a file has.
    #[error("{0}")]
    Unreadable(#[from] serde_json::Error),
    /// It is some other JSON.
    #[error(
        "this is no file of ranges that is understood; those are Amazon's ip-ranges.json, Google's cloud.json and Microsoft's ServiceTags_Public_YYYYMMDD.json"
    )]
    Unknown,
    /// Nothing says when it was published.
    #[error(
        "nothing says when it was published; leave the file its own name, as in ServiceTags_Public_20260727.json"
    )]
    Undated,
}

/// Reads a file of any cloud: what it is shows in its content. `name` is the file's own, in which Microsoft
/// says the date, and nobody else anything.
///
/// # Errors
/// Where it is no such file, whole.
pub fn read(name: &str, text: &str) -> Result<Publication, PublishedError> {
    let file: Value = serde_json::from_str(text)?;
    if file.get("values").is_some() {
        azure::read(name, file)
    } else if file.get("createDate").is_some() {
        aws::read(file)
    } else if file.get("creationTime").is_some() {
        google::read(file)
    } else {
        Err(PublishedError::Unknown)
    }
}

impl Publication {
    /// Where one of its prefixes lies.
    pub fn place_of(&self, prefix: &Prefix) -> Place {
        Place {
            cloud: self.cloud,
            region: prefix.region.clone(),
        }
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        self.prefixes.iter().map(|prefix| self.place_of(prefix))
    }

    pub(crate) fn summary(&self) -> Published {
        Published {
            cloud: self.cloud,
            published: self.published,
            prefixes: self.prefixes.len(),
        }
    }
}

/// A moment in RFC 3339's words, in UTC.
fn moment(text: &str) -> Result<Timestamp, PublishedError> {
    let moment = humantime::parse_rfc3339(text).map_err(|_| PublishedError::Undated)?;
    let since = moment.duration_since(std::time::UNIX_EPOCH);
    let since = since.map_err(|_| PublishedError::Undated)?;
    // Whole seconds: that is what a set keeps.
    Ok(Timestamp::from_millis(since.as_secs() * 1000))
}
