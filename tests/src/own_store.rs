//! Pools on an S3 of the test's own.

use std::collections::HashMap;
use std::sync::Arc;

use cloud_mirror_domain::ports::Pool as _;
use cloud_mirror_domain::rules::{Pool, PoolId};
use cloud_mirror_domain::url::KeyStyle;
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_s3::{Access, S3Clients, S3Pool, S3PoolSettings};
use cloud_mirror_testkit::servers::s3::S3Server;

use crate::aws;
use crate::setup::{REGIONS, Setup};

/// The pools whose addresses are not signed, unless a story wants all to be.
const OPEN: &str = "eu-central-1";

/// The bucket of a region's pool.
pub(crate) fn bucket(region: &str) -> String {
    format!("mirror-{region}")
}

/// The tables of pools in `mirror.toml`.
pub(crate) fn tables(setup: &Setup) -> String {
    let pool = |region| {
        let access = match access(setup, region) {
            Access::Public => "public",
            Access::Presigned => "presigned",
        };
        format!(
            "[[pool]]\nservice = \"s3\"\nregions = [\"{region}\"]\nbucket = \"mirror-{{region}}\"\naccess = \"{access}\"\n{}\n",
            setup.drain(region)
        )
    };
    REGIONS.map(pool).concat()
}

/// Makes the buckets, and tells the test's own way to them.
pub(crate) async fn prepared_pools(s3: &S3Server, setup: &Setup) -> HashMap<PoolId, S3Pool> {
    let clients = S3Clients::new(aws::s3(&s3.url()));
    let mut pools = HashMap::new();
    for (id, settings) in settings(setup) {
        let open = settings.access == Access::Public;
        let bucket = settings.bucket.clone();
        let pool = S3Pool::new(settings, clients.clone(), Arc::new(SystemClock));
        pool.prepare().await.unwrap();
        if open {
            s3.make_public(&bucket);
        }
        pools.insert(id, pool);
    }
    pools
}

/// What each pool is.
pub(crate) fn settings(setup: &Setup) -> Vec<(PoolId, S3PoolSettings)> {
    let pool = |region: &str| {
        let id = PoolId::new("s3", region);
        let settings = S3PoolSettings {
            bucket: bucket(region),
            region: region.to_owned(),
            access: access(setup, region),
            lifespan: Pool::new(id.clone()).lifespan,
            key_style: KeyStyle::default(),
        };
        (id, settings)
    };
    REGIONS.map(pool).into()
}

fn access(setup: &Setup, region: &str) -> Access {
    if region == OPEN && !setup.presigned {
        Access::Public
    } else {
        Access::Presigned
    }
}
