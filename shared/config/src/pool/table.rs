//! One table of pools, as it is written.

use std::time::Duration;

use cloud_mirror_domain::rules::{Access, Pool, PoolId};
use cloud_mirror_domain::url::KeyStyle;
use humantime::format_duration;
use serde::Deserialize;

use super::{Outside, PoolSettings, Storage, key};
use crate::error::ConfigError;
use crate::names::{azure, gcs, s3};
use crate::placeholders::Placeholders;
use crate::service::S3Compatible;
use crate::units;
use crate::words::{Region, Service};

/// What buckets count lifespans in.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a path and a bucket look like, for one who wrote none.
pub(super) const FOLDER: &str = "{data}/pools/{region}";
pub(super) const BUCKET: &str = "acme-mirror-{region}";
const ACCOUNT: &str = "acme{region}";

/// A key that means something for some services only: its name, whether it does for one, and for which.
type Key = (&'static str, fn(&Service) -> bool, &'static str);

const KEYS: [Key; 6] = [
    ("path", is_file, "service \"file\""),
    ("bucket", has_buckets, "services that have buckets"),
    ("account", is_azure, "service \"azure\""),
    ("container", is_azure, "service \"azure\""),
    ("access", is_remote, "any service but \"file\""),
    ("key_style", has_buckets, "services that have buckets"),
];

fn is_file(service: &Service) -> bool {
    *service == Service::File
}

fn is_azure(service: &Service) -> bool {
    *service == Service::Azure
}

fn is_remote(service: &Service) -> bool {
    !is_file(service)
}

fn has_buckets(service: &Service) -> bool {
    !is_file(service) && !is_azure(service)
}

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
    /// The bucket; required for `"s3"`, `"gcs"` and services of their own, and only there. Knows the
    /// placeholders `{prefix}` and `{region}`.
    bucket: Option<String>,
    /// The storage account; required for `"azure"`, and only there. Knows the placeholder `{region}`.
    account: Option<String>,
    /// The container in it; required for `"azure"`, and only there. Knows the placeholders `{prefix}`
    /// and `{region}`.
    container: Option<String>,
    /// Who may read the replicas, not for `"file"`: `"presigned"` (the default) or `"public"`.
    access: Option<Access>,
    /// How the replicas are named, only where there is a bucket: `"host"` (the default) or `"url"`.
    /// On Azure names are made so that they need no escape, and there is no choice.
    key_style: Option<KeyStyle>,
    /// Send callers elsewhere and keep what is there; by default false.
    #[serde(default)]
    drain: bool,
    /// How long a replica lives: a duration above zero, by default `"1d"`; but for `"file"` whole days.
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
        match (&self.service, self.access()) {
            (Service::File, _) => Some(("service", "file")),
            (_, Access::Public) => Some(("access", "public")),
            (_, Access::Presigned) => None,
        }
    }

    fn access(&self) -> Access {
        self.access.unwrap_or(Access::Presigned)
    }

    /// The pools of the nth table, one for each region.
    pub(super) fn pools(
        &self,
        n: usize,
        outside: &Outside<'_>,
    ) -> Result<Vec<PoolSettings>, ConfigError> {
        self.check_keys(n)?;
        let pool = |Region(region): &Region| {
            Ok(PoolSettings {
                id: PoolId::new(self.service.word(), region),
                lifespan: self.lifespan,
                drain: self.drain,
                key_style: self.key_style.unwrap_or_default(),
                storage: self.storage(n, region, outside)?,
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
        if is_remote(&self.service) && !is_whole_days(self.lifespan) {
            let lifespan = format_duration(self.lifespan);
            let problem = format!(
                "{lifespan} is no number of whole days, and lifecycles of buckets know no other; write \"1d\" or more"
            );
            return Err(ConfigError::at(key(n, "lifespan"), problem));
        }
        Ok(())
    }

    /// Each key means something for some services only.
    fn check_service(&self, n: usize) -> Result<(), ConfigError> {
        for (name, belongs, owners) in KEYS {
            if self.has(name) && !belongs(&self.service) {
                let own = self.service.word();
                let problem =
                    format!("belongs to pools of {owners}, and this one is {own:?}; leave it out");
                return Err(ConfigError::at(key(n, name), problem));
            }
        }
        Ok(())
    }

    fn has(&self, key: &str) -> bool {
        match key {
            "path" => self.path.is_some(),
            "bucket" => self.bucket.is_some(),
            "account" => self.account.is_some(),
            "container" => self.container.is_some(),
            "access" => self.access.is_some(),
            "key_style" => self.key_style.is_some(),
            _ => false,
        }
    }

    fn storage(
        &self,
        n: usize,
        region: &str,
        outside: &Outside<'_>,
    ) -> Result<Storage, ConfigError> {
        match &self.service {
            Service::File => self.folder(n, region, outside.place),
            Service::S3 => self.on_s3(n, region, outside, None),
            Service::Azure => self.on_azure(n, region, outside),
            Service::Gcs => Ok(Storage::Gcs {
                bucket: self.bucket(n, region, outside, gcs::check_new)?,
                access: self.access(),
            }),
            Service::Named(name) => {
                let connection = outside.services.connection(name, region);
                self.on_s3(n, region, outside, connection.transpose()?)
            }
        }
    }

    fn folder(&self, n: usize, region: &str, place: &Placeholders) -> Result<Storage, ConfigError> {
        let key = key(n, "path");
        let path = required(&key, self.path.as_deref(), FOLDER)?;
        let path = place.in_path(&key, path, region)?;
        required(&key, Some(&path), FOLDER)?;
        Ok(Storage::Folder(path.into()))
    }

    fn on_s3(
        &self,
        n: usize,
        region: &str,
        outside: &Outside<'_>,
        compatible: Option<S3Compatible>,
    ) -> Result<Storage, ConfigError> {
        Ok(Storage::S3 {
            bucket: self.bucket(n, region, outside, s3::check_new)?,
            access: self.access(),
            compatible,
        })
    }

    fn bucket(
        &self,
        n: usize,
        region: &str,
        outside: &Outside<'_>,
        check: fn(&str) -> Result<(), String>,
    ) -> Result<String, ConfigError> {
        let key = key(n, "bucket");
        let bucket = required(&key, self.bucket.as_deref(), BUCKET)?;
        let bucket = Placeholders::in_bucket(&key, bucket, region, outside.env)?;
        check(&bucket).map_err(|problem| ConfigError::at(key, problem))?;
        Ok(bucket)
    }

    fn on_azure(
        &self,
        n: usize,
        region: &str,
        outside: &Outside<'_>,
    ) -> Result<Storage, ConfigError> {
        let (in_account, in_container) = (key(n, "account"), key(n, "container"));
        let account = required(&in_account, self.account.as_deref(), ACCOUNT)?;
        let account = Placeholders::in_region(&in_account, account, region)?;
        azure::check_account(&account).map_err(|problem| ConfigError::at(in_account, problem))?;
        let container = required(&in_container, self.container.as_deref(), "replicas")?;
        let container = Placeholders::in_bucket(&in_container, container, region, outside.env)?;
        azure::check_new(&container).map_err(|problem| ConfigError::at(in_container, problem))?;
        Ok(Storage::Azure {
            account,
            container,
            access: self.access(),
        })
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
