//! `store` of a `[[source]]`: what lies behind its URL.

use cloud_mirror_domain::rules::Store;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_domain::url::s3::S3Place;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::bucket;
use crate::error::ConfigError;
use crate::source::key;
use crate::words::{Provider, Region};

/// The store behind a source.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreTable {
    /// The word that pools use for `service`; required.
    provider: Provider,
    /// The bucket's name; required.
    bucket: String,
    /// The bucket's region; required.
    region: Region,
    /// The folder of keys, decoded, that the rule's URL stands for; by default what the URL says
    /// where it is one of S3's own, and empty elsewhere.
    prefix: Option<String>,
    /// Whether whoever asks the bucket pays for it, and our requests say that we do; `false`.
    #[serde(default)]
    requester_pays: bool,
}

impl StoreTable {
    /// The store behind the URLs of `source[n]`, in agreement with what their prefix says.
    pub(crate) fn store(self, n: usize, url: &SourceUrl) -> Result<Store, ConfigError> {
        bucket::check_existing(&self.bucket)
            .map_err(|problem| ConfigError::at(key(n, "store.bucket"), problem))?;
        let prefix = match S3Place::of(url) {
            Some(place) => {
                self.check_place(n, &place)?;
                self.prefix_at(n, &place)?
            }
            None => self.prefix_behind(n)?,
        };
        Ok(Store {
            provider: self.provider.word().to_owned(),
            endpoint: None,
            bucket: self.bucket,
            region: self.region.0,
            prefix,
            requester_pays: self.requester_pays,
        })
    }

    fn check_place(&self, n: usize, place: &S3Place) -> Result<(), ConfigError> {
        let url = key(n, "url");
        if self.bucket != place.bucket {
            let (written, meant) = (&self.bucket, &place.bucket);
            let problem = format!("{written:?} is not the bucket of {url}; write {meant:?}");
            return Err(ConfigError::at(key(n, "store.bucket"), problem));
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

    /// Of one of S3's own URLs: what it says, whether or not it is repeated.
    fn prefix_at(&self, n: usize, place: &S3Place) -> Result<String, ConfigError> {
        let meant =
            decoded(&place.key).map_err(|problem| ConfigError::at(key(n, "url"), problem))?;
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

/// A key as S3 reads it in a URL, where that is certain.
fn decoded(key: &str) -> Result<String, &'static str> {
    if key.contains('+') {
        return Err("S3 reads \"+\" as a space, and others do not; write %20 or %2B");
    }
    let decoded = percent_decode_str(key).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "its path is not UTF-8, and keys are; correct its percent-encoding")
}
