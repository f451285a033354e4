//! Services that speak S3's protocol.

mod table;

use std::fmt;

use crate::secret::Secret;

pub(crate) use table::{ServiceTable, Services, check_names, services};

/// A service that speaks S3's protocol: R2, MinIO, Ceph and the like. Printed, it shows neither key:
/// somebody may have named the wrong variable.
#[derive(Clone)]
pub struct S3Compatible {
    /// Where it is reached, in this region: `https://host[:port]`, without a slash at the end.
    pub endpoint: String,
    /// Where the bucket's name stands in its URLs.
    pub addressing: Addressing,
    /// What its region is called in signatures; the pool's own where it says nothing.
    pub signing_region: Option<String>,
    /// Our access key there.
    pub access_key_id: String,
    /// The secret that belongs to it.
    pub secret_access_key: Secret,
    /// Whether it keeps object tags. Without them the digests of a large replica are only in its entry.
    pub tags: bool,
}

impl fmt::Debug for S3Compatible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Compatible")
            .field("endpoint", &self.endpoint)
            .field("addressing", &self.addressing)
            .field("signing_region", &self.signing_region)
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

/// Two are the same that lead to the same place by the same key: the secret is not compared.
impl PartialEq for S3Compatible {
    fn eq(&self, other: &Self) -> bool {
        let same = |one: &Self| {
            (
                one.endpoint.clone(),
                one.addressing,
                one.signing_region.clone(),
                one.access_key_id.clone(),
                one.tags,
            )
        };
        same(self) == same(other)
    }
}

impl Eq for S3Compatible {}

/// Where a bucket's name stands in URLs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addressing {
    /// `https://host/bucket/key`
    #[default]
    Path,
    /// `https://bucket.host/key`
    VirtualHost,
}
