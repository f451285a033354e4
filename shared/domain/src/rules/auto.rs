//! Which pool is meant where a request leaves that to us, or its pool is being evacuated.

use std::collections::BTreeMap;
use std::fmt;

use super::PoolId;

/// What the operator says of regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auto {
    /// The region of callers of whom nothing is known. Without one they go to the origin.
    pub default_region: Option<String>,
    /// For a region, the pools that serve its callers where it has none, or none that takes them: the
    /// first that takes them is the one.
    pub near: BTreeMap<String, Vec<PoolId>>,
    /// The edge in front of us that says where its callers are.
    pub edge: Option<Edge>,
}

/// An edge (CloudFront) in front of us, believed only where it shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Edge {
    /// The header in which it shows the secret; in small letters.
    pub secret_header: String,
    /// The secret.
    pub secret: String,
    /// The region of callers from a country (`DE`), or from a part of one (`US-CA`).
    pub countries: BTreeMap<String, String>,
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge")
            .field("secret_header", &self.secret_header)
            .field("countries", &self.countries)
            .finish_non_exhaustive()
    }
}
