//! Pools: storage that holds replicas for one service and region.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::AUTO;

/// The id of a pool, `s3_eu-central-1` in writing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PoolId {
    /// `s3`, `file`, …
    pub service: String,
    /// `eu-central-1`, …
    pub region: String,
}

/// A pool, as far as the rules care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its id.
    pub id: PoolId,
    /// How long a replica lives, by the store's own lifecycle.
    pub lifespan: Duration,
    /// Its callers are sent elsewhere, and what it holds is kept: its region is being evacuated.
    pub drain: bool,
    /// Where its service is reached, where that is not the provider's own address. Only stores of the
    /// same service and the same endpoint copy from each other.
    pub endpoint: Option<String>,
}

impl Pool {
    /// A pool whose replicas live for a day.
    pub fn new(id: PoolId) -> Self {
        Self {
            id,
            lifespan: Duration::from_secs(24 * 3600),
            drain: false,
            endpoint: None,
        }
    }
}

impl PoolId {
    /// The pool of a service and a region.
    pub fn new(service: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            region: region.into(),
        }
    }

    /// Whether it leaves something to us: its service or its region is `auto`.
    pub fn is_auto(&self) -> bool {
        self.service == AUTO || self.region == AUTO
    }

    /// `service/region`, as it stands in a request's path.
    pub fn as_path(&self) -> String {
        format!("{}/{}", self.service, self.region)
    }
}

impl fmt::Display for PoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.service, self.region)
    }
}

impl FromStr for PoolId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('_') {
            Some((service, region)) if !service.is_empty() && !region.is_empty() => {
                Ok(Self::new(service, region))
            }
            _ => Err(format!(
                "{text:?} is no pool id; one looks like s3_eu-central-1"
            )),
        }
    }
}

impl TryFrom<String> for PoolId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PoolId> for String {
    fn from(id: PoolId) -> Self {
        id.to_string()
    }
}
