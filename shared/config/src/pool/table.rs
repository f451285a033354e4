//! One table of pools, as it is written.

use std::time::Duration;

use cloud_mirror_domain::rules::{Access, Pool, PoolId};
use cloud_mirror_domain::url::KeyStyle;
use humantime::format_duration;
use serde::Deserialize;

use super::{PoolSettings, Storage, key};
use crate::bucket;
use crate::env::Env;
use crate::error::ConfigError;
use crate::placeholders::Placeholders;
use crate::units;
use crate::words::{Region, Service};

/// What S3 counts lifespans in.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a path and a bucket look like, for one who wrote none.
pub(super) const FOLDER: &str = "{data}/pools/{region}";
pub(super) const BUCKET: &str = "acme-mirror-{region}";

/// Pools of one service, one for each region.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PoolTable {
    /// The service's word in requests; required.
    service: Service,
    /// The regions' words in requests; required.
    regions: Vec<Region>,
    /// The folder; required for `"file"`, and only there. Knows the placeholders `{data}` and
    /// `{region}`.
    path: Option<String>,
    /// The bucket; required for `"s3"`, and only there. Knows the placeholders `{prefix}` and
    /// `{region}`.
    bucket: Option<String>,
    /// Who may read the replicas, only for `"s3"`: `"presigned"` (the default) or `"public"`.
    access: Option<Access>,
    /// How the replicas are named, only for `"s3"`: `"host"` (the default) or `"url"`.
    key_style: Option<KeyStyle>,
    /// How long a replica lives: a duration above zero, by default `"1d"`; for `"s3"` whole days.
    #[serde(
        default = "default_lifespan",
        deserialize_with = "units::positive_duration"
    )]
    lifespan: Duration,
}

/// The domain's own default, which does not depend on the id.
fn default_lifespan() -> Duration {
    Pool::new(PoolId::new(Service::File.word(), "any")).lifespan
}

impl PoolTable {
    /// The key and the value by which everybody may read these pools, if everybody may.
    pub(crate) fn open(&self) -> Option<(&'static str, &'static str)> {
        match (self.service, self.access.unwrap_or(Access::Presigned)) {
            (Service::File, _) => Some(("service", self.service.word())),
            (Service::S3, Access::Public) => Some(("access", "public")),
            (Service::S3, Access::Presigned) => None,
        }
    }

    /// The pools of the nth table, one for each region.
    pub(super) fn pools(
        &self,
        n: usize,
        place: &Placeholders,
        env: &dyn Env,
    ) -> Result<Vec<PoolSettings>, ConfigError> {
        self.check_keys(n)?;
        let pool = |Region(region): &Region| {
            Ok(PoolSettings {
                id: PoolId::new(self.service.word(), region),
                lifespan: self.lifespan,
                drain: false,
                key_style: self.key_style.unwrap_or_default(),
                storage: self.storage(n, region, place, env)?,
            })
        };
        self.regions.iter().map(pool).collect()
    }

    /// What holds for all regions at once.
    fn check_keys(&self, n: usize) -> Result<(), ConfigError> {
        if self.regions.is_empty() {
            let problem = "there is none; name at least one, as in [\"eu-central-1\"]";
            return Err(ConfigError::at(key(n, "regions"), problem));
        }
        self.check_service(n)?;
        if self.service == Service::S3 && !is_whole_days(self.lifespan) {
            let lifespan = format_duration(self.lifespan);
            let problem = format!(
                "{lifespan} is no number of whole days, and S3's lifecycles know no other; write \"1d\" or more"
            );
            return Err(ConfigError::at(key(n, "lifespan"), problem));
        }
        Ok(())
    }

    /// Each key means something for one service only.
    fn check_service(&self, n: usize) -> Result<(), ConfigError> {
        for (name, owner, given) in [
            ("path", Service::File, self.path.is_some()),
            ("bucket", Service::S3, self.bucket.is_some()),
            ("access", Service::S3, self.access.is_some()),
            ("key_style", Service::S3, self.key_style.is_some()),
        ] {
            if given && owner != self.service {
                let (owner, own) = (owner.word(), self.service.word());
                let problem = format!(
                    "belongs to pools of service {owner:?}, and this one is {own:?}; leave it out"
                );
                return Err(ConfigError::at(key(n, name), problem));
            }
        }
        Ok(())
    }

    fn storage(
        &self,
        n: usize,
        region: &str,
        place: &Placeholders,
        env: &dyn Env,
    ) -> Result<Storage, ConfigError> {
        match self.service {
            Service::File => {
                let key = key(n, "path");
                let path = required(&key, self.path.as_deref(), FOLDER)?;
                let path = place.in_path(&key, path, region)?;
                required(&key, Some(&path), FOLDER)?;
                Ok(Storage::Folder(path.into()))
            }
            Service::S3 => {
                let key = key(n, "bucket");
                let bucket = required(&key, self.bucket.as_deref(), BUCKET)?;
                let bucket = Placeholders::in_bucket(&key, bucket, region, env)?;
                bucket::check_new(&bucket).map_err(|problem| ConfigError::at(key, problem))?;
                Ok(Storage::S3 {
                    bucket,
                    access: self.access.unwrap_or(Access::Presigned),
                    compatible: None,
                })
            }
        }
    }
}

fn is_whole_days(lifespan: Duration) -> bool {
    lifespan.as_nanos().is_multiple_of(DAY.as_nanos())
}

fn required<'a>(key: &str, value: Option<&'a str>, example: &str) -> Result<&'a str, ConfigError> {
    let why = match value {
        None => "is missing",
        Some("") => "is empty",
        Some(value) => return Ok(value),
    };
    let problem = format!("{why}; write one like {example:?}");
    Err(ConfigError::at(key, problem))
}
