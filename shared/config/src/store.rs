//! `store` of a `[[source]]`: what lies behind its URL.

use cloud_mirror_domain::rules::Store;
use cloud_mirror_domain::url::SourceUrl;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::error::ConfigError;
use crate::names::{azure, gcs, s3};
use crate::place::{Home, Spelled};
use crate::service::{S3Compatible, Services};
use crate::source::key;
use crate::words::{Region, Service};

/// The store behind a source.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreTable {
    /// The word that pools use for `service`; required.
    provider: Service,
    /// The bucket's name; required, but for `"azure"`.
    bucket: Option<String>,
    /// The storage account's name; required for `"azure"`, and only there.
    account: Option<String>,
    /// The container's name; required for `"azure"`, and only there.
    container: Option<String>,
    /// The bucket's region; required.
    region: Region,
    /// The folder of keys, decoded, that the rule's URL stands for; by default what the URL says
    /// where it is one of the provider's own, and empty elsewhere.
    prefix: Option<String>,
    /// Whether whoever asks the bucket pays for it, and our requests say that we do; `false`. Only
    /// for `"s3"`.
    #[serde(default)]
    requester_pays: bool,
}

impl StoreTable {
    /// The store behind the URLs of `source[n]`, in agreement with what their prefix says.
    pub(crate) fn store(
        self,
        n: usize,
        url: &SourceUrl,
        services: &Services,
    ) -> Result<Store, ConfigError> {
        self.check_provider(n, services)?;
        let service = services.connection(self.provider.word(), &self.region.0);
        let service = service.transpose()?;
        let bucket = self.named(n)?;
        let prefix = match self.spelled(n, url, service.as_ref())? {
            Some(place) => {
                self.check_place(n, &bucket, &place)?;
                self.prefix_at(n, &place)?
            }
            None => self.prefix_behind(n)?,
        };
        Ok(Store {
            provider: self.provider.word().to_owned(),
            endpoint: service.map(|service| service.endpoint),
            bucket,
            region: self.region.0,
            prefix,
            requester_pays: self.requester_pays,
        })
    }

    fn check_provider(&self, n: usize, services: &Services) -> Result<(), ConfigError> {
        let provider = key(n, "store.provider");
        if self.provider == Service::File {
            let problem = "\"file\" is no provider of stores; leave out the store, and the source is streamed";
            return Err(ConfigError::at(provider, problem));
        }
        services.check(provider, &self.provider)?;
        if self.requester_pays && self.provider != Service::S3 {
            let problem = "belongs to stores of provider \"s3\"; leave it out";
            return Err(ConfigError::at(key(n, "store.requester_pays"), problem));
        }
        Ok(())
    }

    /// The bucket, as the domain calls it.
    fn named(&self, n: usize) -> Result<String, ConfigError> {
        match self.provider {
            Service::Azure => {
                self.check_absent(n, "bucket", self.bucket.as_ref())?;
                let account = named(n, "account", self.account.as_ref(), azure::check_account)?;
                let container = named(
                    n,
                    "container",
                    self.container.as_ref(),
                    azure::check_existing,
                )?;
                Ok(format!("{account}/{container}"))
            }
            _ => {
                self.check_absent(n, "account", self.account.as_ref())?;
                self.check_absent(n, "container", self.container.as_ref())?;
                let check = match self.provider {
                    Service::Gcs => gcs::check_existing,
                    _ => s3::check_existing,
                };
                named(n, "bucket", self.bucket.as_ref(), check).map(str::to_owned)
            }
        }
    }

    fn check_absent(
        &self,
        n: usize,
        name: &str,
        value: Option<&String>,
    ) -> Result<(), ConfigError> {
        if value.is_none() {
            return Ok(());
        }
        let own = self.provider.word();
        let instead = match self.provider {
            Service::Azure => "account and container",
            _ => "bucket",
        };
        let problem = format!("stores of provider {own:?} have none; write {instead}");
        Err(ConfigError::at(store_key(n, name), problem))
    }

    /// What the URL says, where it is spelled as the provider spells its own.
    fn spelled(
        &self,
        n: usize,
        url: &SourceUrl,
        service: Option<&S3Compatible>,
    ) -> Result<Option<Spelled>, ConfigError> {
        let home = match self.provider {
            Service::Azure => Home::Azure,
            Service::Gcs => Home::Gcs,
            _ => service.map_or(Home::S3, Home::At),
        };
        if let Some(place) = home.spelled(url) {
            return Ok(Some(place));
        }
        let mut others = Home::CLOUDS.into_iter();
        let Some(other) = others.find(|other| other.spelled(url).is_some()) else {
            return Ok(None);
        };
        let (written, meant) = (self.provider.word(), other.word().unwrap_or_default());
        let url = key(n, "url");
        let problem = format!("{written:?} is not the provider of {url}; write {meant:?}");
        Err(ConfigError::at(key(n, "store.provider"), problem))
    }

    fn check_place(&self, n: usize, bucket: &str, place: &Spelled) -> Result<(), ConfigError> {
        let url = key(n, "url");
        if bucket != place.bucket {
            return Err(self.other_bucket(n, bucket, place));
        }
        match &place.region {
            Some(meant) if self.region.0 != *meant => {
                let written = &self.region.0;
                let problem = format!("{written:?} is not the region of {url}; write {meant:?}");
                Err(ConfigError::at(key(n, "store.region"), problem))
            }
            _ => Ok(()),
        }
    }

    fn other_bucket(&self, n: usize, bucket: &str, place: &Spelled) -> ConfigError {
        let url = key(n, "url");
        if place.bucket.is_empty() || place.bucket.ends_with('/') {
            let problem =
                format!("names no bucket; write it with {bucket:?}, which is its store's");
            return ConfigError::at(url, problem);
        }
        let account = |bucket: &str| {
            bucket
                .split_once('/')
                .map(|(account, _)| account.to_owned())
        };
        let name = match self.provider {
            Service::Azure if account(bucket) != account(&place.bucket) => "account",
            Service::Azure => "container",
            _ => "bucket",
        };
        let part = |bucket: &str| match bucket.split_once('/') {
            Some((account, _)) if name == "account" => account.to_owned(),
            Some((_, container)) => container.to_owned(),
            None => bucket.to_owned(),
        };
        let (written, meant) = (part(bucket), part(&place.bucket));
        let problem = format!("{written:?} is not the {name} of {url}; write {meant:?}");
        ConfigError::at(store_key(n, name), problem)
    }

    /// Of one of the provider's own URLs: what it says, whether or not it is repeated.
    fn prefix_at(&self, n: usize, place: &Spelled) -> Result<String, ConfigError> {
        let is_s3 = self.provider == Service::S3;
        let meant = decoded(&place.key, is_s3)
            .map_err(|problem| ConfigError::at(key(n, "url"), problem))?;
        match &self.prefix {
            Some(written) if *written != meant => {
                let url = key(n, "url");
                let problem = format!(
                    "{written:?} is not what {url} stands for, which is {meant:?}; leave it out"
                );
                Err(ConfigError::at(key(n, "store.prefix"), problem))
            }
            _ => Ok(meant),
        }
    }

    /// Of any other URL, such as that of a CDN in front of the bucket.
    fn prefix_behind(&self, n: usize) -> Result<String, ConfigError> {
        let prefix = self.prefix.clone().unwrap_or_default();
        if prefix.split('/').any(|part| matches!(part, "." | "..")) {
            let problem = "has a \".\" or \"..\" between its slashes, and no such object is read; write the folder's real name";
            return Err(ConfigError::at(key(n, "store.prefix"), problem));
        }
        Ok(prefix)
    }
}

fn store_key(n: usize, name: &str) -> String {
    key(n, &format!("store.{name}"))
}

fn named<'a>(
    n: usize,
    name: &str,
    value: Option<&'a String>,
    check: fn(&str) -> Result<(), String>,
) -> Result<&'a str, ConfigError> {
    let value = value.ok_or_else(|| "is missing; write its name".to_owned());
    let checked = value.and_then(|value| check(value).map(|()| value.as_str()));
    checked.map_err(|problem| ConfigError::at(store_key(n, name), problem))
}

/// A key as the provider reads it in a URL, where that is certain.
fn decoded(key: &str, is_s3: bool) -> Result<String, &'static str> {
    if is_s3 && key.contains('+') {
        return Err("S3 reads \"+\" as a space, and others do not; write %20 or %2B");
    }
    let decoded = percent_decode_str(key).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "its path is not UTF-8, and keys are; correct its percent-encoding")
}
