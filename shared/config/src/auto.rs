//! `[auto]` and `[near]`: which pool is meant where a request leaves that to us.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cloud_mirror_domain::rules::{Auto, Edge, PoolId};
use http::HeaderName;
use serde::Deserialize;

use crate::env::Env;
use crate::error::ConfigError;
use crate::pool::PoolSettings;
use crate::secret::SecretName;
use crate::words::Region;

/// For a region, the pools that serve its callers, each as `service/region`.
pub(crate) type Near = BTreeMap<String, Vec<String>>;

/// `[auto]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AutoTable {
    /// The region of callers of whom nothing is known; by default none.
    default_region: Option<Region>,
    /// The file with the ranges of the clouds' addresses; by default those that are built in. Relative
    /// to the folder of `mirror.toml`.
    ranges: Option<String>,
    /// `[auto.edge]`, optional.
    edge: Option<EdgeTable>,
}

/// `[auto.edge]`. It names a secret and never holds it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EdgeTable {
    /// The header in which the edge shows its secret; required.
    secret_header: String,
    /// The name of the environment variable that holds the secret; required.
    secret_env: String,
    /// The region of callers from a country, or from a part of one; by default none.
    #[serde(default)]
    countries: BTreeMap<String, Region>,
}

/// What the tables say, and every region in them leads to a pool.
pub(crate) fn settings(
    auto: AutoTable,
    near: Near,
    pools: &[PoolSettings],
    env: &dyn Env,
) -> Result<Auto, ConfigError> {
    let near = near.into_iter().map(|(region, named)| {
        let list = neighbours(&region, &named, pools)?;
        Ok((region, list))
    });
    let near: BTreeMap<_, _> = near.collect::<Result<_, _>>()?;
    let edge = auto.edge.map(|edge| edge.settings(env)).transpose()?;
    let auto = Auto {
        default_region: auto.default_region.map(|Region(region)| region),
        near,
        edge,
    };
    check_regions(&auto, pools)?;
    Ok(auto)
}

impl AutoTable {
    /// The file with the ranges, as it is written.
    pub(crate) fn ranges(&self) -> Result<Option<PathBuf>, ConfigError> {
        match self.ranges.as_deref() {
            Some("") => {
                let problem = "is empty; write the file that `cloud-mirror ranges update` made, or leave it out";
                Err(ConfigError::at("auto.ranges", problem))
            }
            ranges => Ok(ranges.map(PathBuf::from)),
        }
    }
}

impl EdgeTable {
    fn settings(self, env: &dyn Env) -> Result<Edge, ConfigError> {
        let secret = SecretName {
            key: "auto.edge.secret_env".to_owned(),
            name: &self.secret_env,
            example: "EDGE_SECRET",
            noun: "secret",
            meaning: "what the edge sends in secret_header",
            or: "leave out [auto.edge]",
        };
        if let Some(country) = self.countries.keys().find(|country| !is_country(country)) {
            let problem = format!(
                "{country:?} is no country; write two capital letters, as in DE, or a part of one, as in \"US-CA\""
            );
            return Err(ConfigError::at("auto.edge.countries", problem));
        }
        let countries = self.countries.into_iter();
        Ok(Edge {
            secret_header: header(&self.secret_header)?,
            secret: secret.read(env)?.expose().to_owned(),
            countries: countries
                .map(|(country, Region(region))| (country, region))
                .collect(),
        })
    }
}

/// In small letters, as requests are compared.
fn header(name: &str) -> Result<String, ConfigError> {
    HeaderName::from_bytes(name.as_bytes())
        .map(|name| name.as_str().to_owned())
        .map_err(|_| {
            let problem =
                format!("{name:?} is no name of a header; write one like \"x-edge-secret\"");
            ConfigError::at("auto.edge.secret_header", problem)
        })
}

/// `DE`, or `US-CA`: ISO 3166-1, and -2 with up to three letters and digits.
fn is_country(text: &str) -> bool {
    let (country, part) = match text.split_once('-') {
        Some((country, part)) => (country, Some(part)),
        None => (text, None),
    };
    let is_part = |part: &str| {
        let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        (1..=3).contains(&part.len()) && part.bytes().all(capital)
    };
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && part.is_none_or(is_part)
}

/// The pools that a region's callers go to, in their order.
fn neighbours(
    region: &str,
    named: &[String],
    pools: &[PoolSettings],
) -> Result<Vec<PoolId>, ConfigError> {
    let key = |n: usize| format!("near.{region}[{n}]");
    Region::read(region).map_err(|problem| ConfigError::at("near", problem))?;
    if named.is_empty() {
        let problem = "there is none; name at least one pool, as in [\"s3/eu-central-1\"]";
        return Err(ConfigError::at(format!("near.{region}"), problem));
    }
    let mut list: Vec<PoolId> = Vec::new();
    for (n, path) in named.iter().enumerate() {
        let id = pools
            .iter()
            .map(|pool| &pool.id)
            .find(|id| id.as_path() == *path);
        let id = id.ok_or_else(|| ConfigError::at(key(n), no_pool(path, pools)))?;
        if list.contains(id) {
            return Err(ConfigError::at(
                key(n),
                format!("{path:?} is named before; name it once"),
            ));
        }
        list.push(id.clone());
    }
    Ok(list)
}

fn no_pool(path: &str, pools: &[PoolSettings]) -> String {
    let known: Vec<String> = pools.iter().map(|pool| pool.id.as_path()).collect();
    format!(
        "there is no pool {path:?}; the pools are: {}",
        known.join(", ")
    )
}

/// A region that leads nowhere would send its callers to the origin, and nobody would see why.
fn check_regions(auto: &Auto, pools: &[PoolSettings]) -> Result<(), ConfigError> {
    let default = auto.default_region.iter();
    let default = default.map(|region| ("auto.default_region".to_owned(), region));
    let countries = auto.edge.iter().flat_map(|edge| &edge.countries);
    let countries =
        countries.map(|(country, region)| (format!("auto.edge.countries.{country}"), region));
    let leads_somewhere = |region: &String| {
        auto.near.contains_key(region) || pools.iter().any(|pool| pool.id.region == *region)
    };
    let mut regions = default.chain(countries);
    match regions.find(|(_, region)| !leads_somewhere(region)) {
        None => Ok(()),
        Some((key, region)) => {
            let problem = format!(
                "no pool is in {region:?}, and [near] names none for it; name a pool's region, or add it to [near]"
            );
            Err(ConfigError::at(key, problem))
        }
    }
}
