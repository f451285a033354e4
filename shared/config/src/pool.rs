//! `[[pool]]`: where replicas are kept.

use std::path::PathBuf;
use std::time::Duration;

use cloud_mirror_domain::rules::{Pool, PoolId};
use cloud_mirror_domain::url::KeyStyle;
use serde::{Deserialize, Deserializer};

use crate::error::ConfigError;
use crate::placeholders::Placeholders;
use crate::units::{self, Text};

/// One pool: one service in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// Its id; no two pools have the same.
    pub id: PoolId,
    /// How long a replica lives, by the storage's own lifecycle.
    pub lifespan: Duration,
    /// How its objects are named. Folders name theirs by a hash, whatever this says.
    pub key_style: KeyStyle,
    /// Where the bytes are.
    pub storage: Storage,
}

/// Where the bytes of a pool are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// `service = "file"`: a folder, which no other pool shares. It need not exist yet.
    Folder(PathBuf),
}

impl PoolSettings {
    /// The pool, as far as the domain's rules care.
    pub fn rule(&self) -> Pool {
        Pool {
            id: self.id.clone(),
            lifespan: self.lifespan,
        }
    }
}

/// Pools of one service, one for each region.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PoolTable {
    /// The service's word in requests; required.
    service: Service,
    /// The regions' words in requests; required.
    regions: Vec<Region>,
    /// The folder; required. Knows the placeholders `{data}` and `{region}`.
    path: String,
    /// How long a replica lives: a duration above zero, by default `"1d"`.
    #[serde(
        default = "default_lifespan",
        deserialize_with = "units::positive_duration"
    )]
    lifespan: Duration,
}

/// The services of this build.
#[derive(Clone, Copy)]
pub(crate) enum Service {
    File,
}

struct Region(String);

impl Service {
    const ALL: [Self; 1] = [Self::File];

    fn word(self) -> &'static str {
        match self {
            Self::File => "file",
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|service| service.word() == text)
            .ok_or_else(|| {
                let words: Vec<&str> = Self::ALL.into_iter().map(Self::word).collect();
                format!(
                    "{text:?} is not a service of this build; it has: {}",
                    words.join(", ")
                )
            })
    }
}

impl<'de> Deserialize<'de> for Service {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text {
            expected: "a service like \"file\"",
            read: Self::read,
        })
    }
}

impl Region {
    /// A region is a segment of requests' paths and of folders' names: nothing in it may mean
    /// anything there. `all` is every region in a purge, `auto` the caller's own.
    fn read(text: &str) -> Result<Self, String> {
        if matches!(text, "all" | "auto") {
            return Err(format!(
                "{text:?} has a meaning of its own in requests; choose another name"
            ));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || !text.chars().all(plain) {
            return Err(format!(
                "{text:?} is no region; use small letters, digits and \"-\", as in \"eu-central-1\""
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text {
            expected: "a region like \"eu-central-1\"",
            read: Self::read,
        })
    }
}

/// The domain's own default, which does not depend on the id.
fn default_lifespan() -> Duration {
    Pool::new(PoolId::new(Service::File.word(), "any")).lifespan
}

/// The pools of all tables, checked one by one and against each other.
pub(crate) fn settings(
    tables: &[PoolTable],
    place: &Placeholders,
) -> Result<Vec<PoolSettings>, ConfigError> {
    let mut pools = Vec::new();
    for (n, table) in tables.iter().enumerate() {
        if table.regions.is_empty() {
            let problem = "there is none; name at least one, as in [\"eu-central-1\"]";
            return Err(ConfigError::at(key(n, "regions"), problem));
        }
        for region in &table.regions {
            let pool = table.pool(n, region, place)?;
            check_against(&pools, &pool, n)?;
            pools.push(pool);
        }
    }
    if pools.is_empty() {
        let problem = "there is none, so no replica could be kept; add a [[pool]] with service, regions and path";
        return Err(ConfigError::at("pool", problem));
    }
    Ok(pools)
}

impl PoolTable {
    fn pool(
        &self,
        n: usize,
        Region(region): &Region,
        place: &Placeholders,
    ) -> Result<PoolSettings, ConfigError> {
        let folder = place.in_path(&key(n, "path"), &self.path, region)?;
        if folder.is_empty() {
            let problem = "is empty; write a folder like \"{data}/pools/{region}\"";
            return Err(ConfigError::at(key(n, "path"), problem));
        }
        Ok(PoolSettings {
            id: PoolId::new(self.service.word(), region),
            lifespan: self.lifespan,
            key_style: KeyStyle::default(),
            storage: Storage::Folder(folder.into()),
        })
    }
}

fn check_against(pools: &[PoolSettings], pool: &PoolSettings, n: usize) -> Result<(), ConfigError> {
    if pools.iter().any(|other| other.id == pool.id) {
        let problem = format!(
            "there would be two pools {}; name it once",
            pool.id.as_path()
        );
        return Err(ConfigError::at(key(n, "regions"), problem));
    }
    let Some(other) = pools.iter().find(|other| other.storage == pool.storage) else {
        return Ok(());
    };
    let Storage::Folder(folder) = &pool.storage;
    let problem = format!(
        "{folder:?} is the folder of the pool {} already; give each its own, as in \"{{data}}/pools/{{region}}\"",
        other.id.as_path()
    );
    Err(ConfigError::at(key(n, "path"), problem))
}

fn key(n: usize, name: &str) -> String {
    format!("pool[{n}].{name}")
}
