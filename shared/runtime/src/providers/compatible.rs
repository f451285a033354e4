//! Services that speak S3's protocol. Each has its own endpoint in each region, its own credentials,
//! and clients that know no others.

use std::collections::HashMap;

use cloud_mirror_config::{Addressing, Config, S3Compatible};
use cloud_mirror_s3::{CompatibleService, S3Clients};

use super::places::{Place, Provider};
use crate::sdk::Sdk;

/// Their clients, by service and region.
pub(super) struct Compatible(HashMap<(String, String), S3Clients>);

impl Compatible {
    /// Those of these places. One that `mirror.toml` does not define is left out, and refused where
    /// it is asked for.
    pub(super) fn open(config: &Config, sdk: &Sdk, places: &[Place]) -> Self {
        let places = places.iter();
        let compatible = places.filter(|place| place.provider == Provider::Compatible);
        let opened = compatible.filter_map(|place| {
            let service = config.s3_compatible(&place.service, &place.region)?;
            let clients = sdk.compatible_clients(reached(service));
            Some(((place.service.clone(), place.region.clone()), clients))
        });
        Self(opened.collect())
    }

    pub(super) fn clients(&self, service: &str, region: &str) -> Option<&S3Clients> {
        self.0.get(&(service.to_owned(), region.to_owned()))
    }
}

/// How the adapter has it said.
pub(crate) fn reached(service: S3Compatible) -> CompatibleService {
    CompatibleService {
        endpoint: service.endpoint,
        by_path: service.addressing == Addressing::Path,
        signing_region: service.signing_region,
        access_key_id: service.access_key_id,
        secret_access_key: service.secret_access_key.expose().to_owned(),
        tags: service.tags,
    }
}
