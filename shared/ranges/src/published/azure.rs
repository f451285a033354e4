//! Microsoft's `ServiceTags_Public_YYYYMMDD.json`.

use cloud_mirror_domain::place::Cloud;
use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value;

use super::{Prefix, Publication, PublishedError, moment};

/// The tag of all addresses, and the beginning of those of each region. The others are of services, and
/// hold parts of the same.
const ALL: &str = "AzureCloud";

/// Regions whose names are spelled otherwise in this file than anywhere else, by Microsoft's own list
/// ("Virtual network service tags"), with `brazilse` as files have it.
const SPELLINGS: [(&str, &str); 9] = [
    ("brazilse", "brazilsoutheast"),
    ("centralfrance", "francecentral"),
    ("germanyn", "germanynorth"),
    ("germanywc", "germanywestcentral"),
    ("norwaye", "norwayeast"),
    ("norwayw", "norwaywest"),
    ("southfrance", "francesouth"),
    ("switzerlandn", "switzerlandnorth"),
    ("switzerlandw", "switzerlandwest"),
];

#[derive(Deserialize)]
struct File {
    values: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    address_prefixes: Vec<IpNet>,
}

pub(super) fn read(name: &str, file: Value) -> Result<Publication, PublishedError> {
    let file: File = serde_json::from_value(file)?;
    let mut prefixes = Vec::new();
    for tag in file.values {
        let Some(rest) = tag.name.strip_prefix(ALL) else {
            continue;
        };
        let region = match rest.strip_prefix('.') {
            Some(region) => Some(spelled(region).into()),
            None if rest.is_empty() => None,
            None => continue,
        };
        let nets = tag.properties.address_prefixes.into_iter();
        prefixes.extend(nets.map(|net| Prefix {
            net,
            region: region.clone(),
        }));
    }
    Ok(Publication {
        cloud: Cloud::Azure,
        published: moment(&date_in(name).ok_or(PublishedError::Undated)?)?,
        prefixes,
    })
}

fn spelled(region: &str) -> &str {
    let known = SPELLINGS.iter().find(|(here, _)| *here == region);
    known.map_or(region, |(_, elsewhere)| elsewhere)
}

/// The eight digits at the end of the file's name.
fn date_in(name: &str) -> Option<String> {
    let stem = name.strip_suffix(".json")?;
    let digits = stem.get(stem.len().checked_sub(8)?..)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, month, day) = (&digits[..4], &digits[4..6], &digits[6..]);
    Some(format!("{year}-{month}-{day}T00:00:00Z"))
}
