//! `/v1/pools`: what exists, which pool is near where, and what the providers' ranges are worth.

use std::time::{Duration, UNIX_EPOCH};

use cloud_mirror_domain::place::Published;
use cloud_mirror_domain::rules::{Pool, PoolId};
use cloud_mirror_domain::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::Redirect;

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Redirect {
    pub(crate) fn pools(&self) -> Value {
        let published = self.ports.geography.published().iter();
        let now = self.now();
        json!({
            "pools": self.rules.pools.iter().map(pool).collect::<Vec<_>>(),
            "near": self.near(),
            "ranges": published.map(|ranges| of_ranges(ranges, now)).collect::<Vec<_>>(),
        })
    }

    fn near(&self) -> Map<String, Value> {
        let lists = self.rules.auto.near.iter().map(|(region, pools)| {
            let pools = pools.iter().map(PoolId::to_string);
            (region.clone(), pools.collect::<Vec<_>>().into())
        });
        lists.collect()
    }
}

fn pool(pool: &Pool) -> Value {
    json!({
        "id": pool.id.to_string(),
        "service": pool.id.service,
        "region": pool.id.region,
        "lifespan_seconds": pool.lifespan.as_secs(),
        "drain": pool.drain,
    })
}

fn of_ranges(ranges: &Published, now: Timestamp) -> Value {
    let moment = Duration::from_secs(ranges.published.as_seconds());
    json!({
        "cloud": ranges.cloud.word(),
        "published": humantime::format_rfc3339_seconds(UNIX_EPOCH + moment).to_string(),
        "age_days": now.since(ranges.published).as_secs() / DAY.as_secs(),
        "prefixes": ranges.prefixes,
    })
}
