//! `[service.NAME]`: services that speak S3's protocol.

use std::collections::BTreeMap;

use cloud_mirror_domain::url::SourceUrl;
use serde::Deserialize;

use super::{Addressing, S3Compatible};
use crate::env::Env;
use crate::error::ConfigError;
use crate::placeholders::Placeholders;
use crate::secret::{Secret, SecretName};
use crate::words::{self, Service};

/// What such a service's address looks like.
const ENDPOINT: &str = "https://minio.example.com";

/// One service, as it is written. It names secrets and never holds them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceTable {
    /// The protocol that it speaks; required.
    #[serde(rename = "provider")]
    _protocol: Protocol,
    /// Where it is reached: `https://host[:port]`; required. Knows the placeholder `{region}`.
    endpoint: String,
    /// Where the bucket's name stands: `"path"` (the default) or `"virtual-host"`.
    #[serde(default)]
    addressing: Addressing,
    /// What its region is called in signatures; by default as the pool's or the store's own.
    signing_region: Option<String>,
    /// The name of the environment variable that holds our access key; required.
    access_key_env: String,
    /// The name of the environment variable that holds the secret to it; required.
    secret_key_env: String,
    /// Whether it keeps object tags; by default false.
    #[serde(default)]
    tags: bool,
    /// Plain `http` may be spoken outside of this machine; by default false.
    #[serde(default)]
    allow_http: bool,
}

/// The one protocol that services of others speak.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Protocol {
    S3,
}

/// Every `[service.NAME]`, read and checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Services(BTreeMap<String, Definition>);

/// A service in any region.
#[derive(Clone, Debug)]
struct Definition {
    key: String,
    endpoint: String,
    allow_http: bool,
    addressing: Addressing,
    signing_region: Option<String>,
    access_key_id: Secret,
    secret_access_key: Secret,
    tags: bool,
}

/// That names of services are free to have and that every one that a pool names is there.
pub(crate) fn check_names<'a>(
    defined: impl Iterator<Item = &'a String> + Clone,
    named: impl Iterator<Item = (String, &'a Service)>,
) -> Result<(), ConfigError> {
    for name in defined.clone() {
        check_name(name)?;
    }
    for (key, service) in named {
        check_defined(key, service, defined.clone())?;
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), ConfigError> {
    let mut built_in = Service::BUILT_IN.iter().map(Service::word);
    let problem = if built_in.any(|word| word == name) || words::has_a_meaning(name) {
        "that name has a meaning of its own in requests; choose another"
    } else if !words::is_plain(name) {
        "a service's name is part of paths; use small letters, digits and \"-\", as in [service.r2]"
    } else {
        return Ok(());
    };
    Err(ConfigError::at(key(name, None), problem))
}

fn check_defined<'a>(
    key: String,
    service: &Service,
    mut defined: impl Iterator<Item = &'a String> + Clone,
) -> Result<(), ConfigError> {
    let Service::Named(name) = service else {
        return Ok(());
    };
    let known = Service::BUILT_IN.iter().map(Service::word);
    let known: Vec<&str> = known.chain(defined.clone().map(String::as_str)).collect();
    match defined.any(|one| one == name) {
        true => Ok(()),
        false => {
            let known = known.join(", ");
            let problem = format!(
                "{name:?} is not a service of this configuration; it has: {known}; or define it as [service.{name}]"
            );
            Err(ConfigError::at(key, problem))
        }
    }
}

fn key(name: &str, part: Option<&str>) -> String {
    match part {
        Some(part) => format!("service.{name}.{part}"),
        None => format!("service.{name}"),
    }
}

/// The services of all tables, whose names have been checked.
pub(crate) fn services(
    tables: BTreeMap<String, ServiceTable>,
    env: &dyn Env,
) -> Result<Services, ConfigError> {
    let define = |(name, table): (String, ServiceTable)| {
        let service = table.define(&name, env)?;
        Ok((name, service))
    };
    tables
        .into_iter()
        .map(define)
        .collect::<Result<_, _>>()
        .map(Services)
}

impl ServiceTable {
    fn define(self, name: &str, env: &dyn Env) -> Result<Definition, ConfigError> {
        if self
            .signing_region
            .as_deref()
            .is_some_and(|region| !words::is_plain(region))
        {
            let problem = "that is no region; use small letters, digits and \"-\", as in \"us-east-1\" or \"auto\"";
            return Err(ConfigError::at(key(name, Some("signing_region")), problem));
        }
        let service = Definition {
            key: key(name, Some("endpoint")),
            secret_access_key: secret(name, "secret_key_env", &self.secret_key_env, env)?,
            access_key_id: secret(name, "access_key_env", &self.access_key_env, env)?,
            endpoint: self.endpoint,
            allow_http: self.allow_http,
            addressing: self.addressing,
            signing_region: self.signing_region,
            tags: self.tags,
        };
        // Whatever it is called: a fault in the rest of it is told even where no pool is there yet.
        service.endpoint_in("region-1")?;
        Ok(service)
    }
}

fn secret(service: &str, part: &str, name: &str, env: &dyn Env) -> Result<Secret, ConfigError> {
    let (example, meaning) = match part {
        "access_key_env" => ("R2_ACCESS_KEY_ID", "our access key there"),
        _ => ("R2_SECRET_ACCESS_KEY", "the secret of our access key there"),
    };
    let name = SecretName {
        key: key(service, Some(part)),
        name,
        example,
        noun: "key",
        meaning,
        or: "remove the service",
    };
    name.read(env)
}

impl Services {
    /// That a service is there, where it is one that must be defined.
    pub(crate) fn check(&self, key: String, service: &Service) -> Result<(), ConfigError> {
        check_defined(key, service, self.0.keys())
    }

    /// The connection to the service of that name in a region; `None` where there is none.
    pub(crate) fn connection(
        &self,
        name: &str,
        region: &str,
    ) -> Option<Result<S3Compatible, ConfigError>> {
        let service = self.0.get(name)?;
        let connection = |endpoint| S3Compatible {
            endpoint,
            addressing: service.addressing,
            signing_region: service.signing_region.clone(),
            access_key_id: service.access_key_id.expose().to_owned(),
            secret_access_key: service.secret_access_key.clone(),
            tags: service.tags,
        };
        Some(service.endpoint_in(region).map(connection))
    }
}

impl Definition {
    /// The endpoint as URLs spell it, so that two spellings of one are one place.
    fn endpoint_in(&self, region: &str) -> Result<String, ConfigError> {
        let text = Placeholders::in_region(&self.key, &self.endpoint, region)?;
        let refused = |problem: String| ConfigError::at(&*self.key, problem);
        let url = SourceUrl::parse(&text)
            .ok()
            .filter(|url| url.path() == "/" && url.query().is_none() && !text.contains(['#', '*']));
        let Some(url) = url else {
            // Not shown: there may be a password in it.
            return Err(refused(format!(
                "that is no address of a service; write its scheme and host, and a port if it has one, as in {ENDPOINT:?}"
            )));
        };
        let local =
            url.ip().is_some_and(|ip| ip.to_canonical().is_loopback()) || url.host() == "localhost";
        if url.scheme() == "http" && !local && !self.allow_http {
            return Err(refused(
                "http:// is spoken unprotected; write https://, or say allow_http = true beside it if that is meant".to_owned(),
            ));
        }
        Ok(format!("{}://{}", url.scheme(), url.authority()))
    }
}
