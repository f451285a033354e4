//! Why a client is sent where it is: `cloud-mirror-explain=1`.

use cloud_mirror_domain::place::Cloud;
use cloud_mirror_domain::rules::{Basis, Chosen, PoolId};
use serde_json::{Value, json};

/// What was asked, what is known of the caller and by what, which pool a redirect would lead to, and why.
/// It tells a caller of nothing but himself and the pools, which `/v1/pools` tells anyway.
pub(crate) fn explanation(asked: &PoolId, chosen: &Chosen) -> Value {
    let caller = &chosen.caller;
    json!({
        "asked": asked.as_path(),
        "address": caller.address.map(|address| address.to_string()),
        "cloud": caller.cloud.map(Cloud::word),
        "region": caller.region.as_deref(),
        "by": caller.by.map(Basis::word),
        "pool": chosen.pool.as_ref().map(ToString::to_string),
        "why": chosen.why(),
    })
}
