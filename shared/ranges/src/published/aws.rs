//! Amazon's `ip-ranges.json`.

use cloud_mirror_domain::place::Cloud;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Deserialize;
use serde_json::Value;

use super::{Prefix, Publication, PublishedError, moment};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    /// `2026-07-29-08-27-05`, in UTC.
    create_date: String,
    prefixes: Vec<V4>,
    #[serde(rename = "ipv6_prefixes")]
    v6_prefixes: Vec<V6>,
}

/// Once for each service that uses it; the service does not matter here.
#[derive(Deserialize)]
struct V4 {
    ip_prefix: Ipv4Net,
    region: String,
}

#[derive(Deserialize)]
struct V6 {
    ipv6_prefix: Ipv6Net,
    region: String,
}

pub(super) fn read(file: Value) -> Result<Publication, PublishedError> {
    let file: File = serde_json::from_value(file)?;
    let v4 = file.prefixes.into_iter();
    let v4 = v4.map(|of| prefix(of.ip_prefix.into(), &of.region));
    let v6 = file.v6_prefixes.into_iter();
    let v6 = v6.map(|of| prefix(of.ipv6_prefix.into(), &of.region));
    Ok(Publication {
        cloud: Cloud::Aws,
        published: moment(&rfc3339(&file.create_date)?)?,
        prefixes: v4.chain(v6).collect(),
    })
}

fn prefix(net: IpNet, region: &str) -> Prefix {
    let region = (region != "GLOBAL").then(|| region.into());
    Prefix { net, region }
}

fn rfc3339(date: &str) -> Result<String, PublishedError> {
    let parts: Vec<&str> = date.split('-').collect();
    match parts[..] {
        [year, month, day, hour, minute, second] => {
            Ok(format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
        }
        _ => Err(PublishedError::Undated),
    }
}
