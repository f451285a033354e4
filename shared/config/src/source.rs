//! `[[source]]`: what may be mirrored.

use cloud_mirror_domain::rules::{Access, QueryPolicy, SourceRule, Store};
use cloud_mirror_domain::url::address::is_public;
use cloud_mirror_domain::url::s3::S3Place;
use cloud_mirror_domain::url::{SourceUrl, UrlError};
use serde::Deserialize;

use crate::error::ConfigError;
use crate::placeholders::Placeholders;
use crate::store::StoreTable;

/// One source rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceTable {
    /// The prefix of the URLs that may be mirrored, without `?` and `#`; required. Knows the
    /// placeholder `{listen}`.
    url: String,
    /// The store behind the URL, for server-side copies; by default none.
    store: Option<StoreTable>,
    /// The store's objects refuse unsigned requests; by default false. Needs `store`, and pools
    /// that not everybody may read.
    #[serde(default)]
    private: bool,
    /// Plain `http` may be fetched; by default false.
    #[serde(default)]
    allow_http: bool,
    /// Addresses outside the public internet may be fetched from; by default false.
    #[serde(default)]
    allow_private: bool,
    /// Hosts, each `host` or `host:port`, that the source may redirect to beside its own prefix;
    /// by default none.
    #[serde(default)]
    redirect_hosts: Vec<String>,
    /// What a query string means: `"origin"` (the default), `"keep"` or `"drop"`.
    #[serde(default)]
    query: QueryPolicy,
}

/// The rules, checked one by one and against each other.
pub(crate) fn rules(
    tables: Vec<SourceTable>,
    place: &Placeholders,
) -> Result<Vec<SourceRule>, ConfigError> {
    let mut rules: Vec<SourceRule> = Vec::new();
    for (n, table) in tables.into_iter().enumerate() {
        let rule = table.rule(n, place)?;
        if let Some(twin) = rules.iter().position(|other| other.prefix == rule.prefix) {
            let problem = format!("is the same as source[{twin}].url; keep one of the two");
            return Err(ConfigError::at(key(n, "url"), problem));
        }
        rules.push(rule);
    }
    if rules.is_empty() {
        let problem = "there is none, so nothing could be mirrored; add a [[source]] with a url";
        return Err(ConfigError::at("source", problem));
    }
    Ok(rules)
}

impl SourceTable {
    fn rule(self, n: usize, place: &Placeholders) -> Result<SourceRule, ConfigError> {
        let prefix = prefix(&key(n, "url"), &self.url, place)?;
        self.check_permissions(n, &prefix)?;
        self.check_private(n)?;
        let store = self.store.map(|table| table.store(n, &prefix));
        let store = store.transpose()?;
        if !self.private {
            check_payment(n, &prefix, store.as_ref())?;
        }
        Ok(SourceRule {
            store,
            prefix,
            private: self.private,
            access: Access::Public,
            ignore_cache_control: false,
            allow_http: self.allow_http,
            allow_private: self.allow_private,
            redirect_hosts: redirect_hosts(n, &self.redirect_hosts)?,
            query: self.query,
        })
    }

    /// What is fetched without protection, or from inside, must be meant.
    fn check_permissions(&self, n: usize, prefix: &SourceUrl) -> Result<(), ConfigError> {
        if prefix.scheme() == "http" && !self.allow_http {
            let problem = "an http:// url is fetched unprotected; write https://, or say allow_http = true if that is meant";
            return Err(ConfigError::at(key(n, "allow_http"), problem));
        }
        if let Some(ip) = prefix
            .ip()
            .filter(|ip| !is_public(*ip) && !self.allow_private)
        {
            let problem = format!(
                "{ip} is not on the public internet; say allow_private = true if that is meant"
            );
            return Err(ConfigError::at(key(n, "allow_private"), problem));
        }
        Ok(())
    }

    /// Nothing is read with our credentials but stores.
    fn check_private(&self, n: usize) -> Result<(), ConfigError> {
        if self.private && self.store.is_none() {
            let problem = "only the objects of a store are read with our credentials; name the store, or leave out private";
            return Err(ConfigError::at(key(n, "private"), problem));
        }
        Ok(())
    }
}

/// A bucket that wants to be paid refuses whoever does not sign, and what refuses strangers is
/// copied only where the rule is private; or where something in front of it serves strangers.
fn check_payment(n: usize, prefix: &SourceUrl, store: Option<&Store>) -> Result<(), ConfigError> {
    let pays = store.is_some_and(|store| store.requester_pays);
    if pays && S3Place::of(prefix).is_some() {
        let problem = "such a bucket refuses every request that is not signed, so that nothing of it would be copied; say private = true beside it";
        return Err(ConfigError::at(key(n, "store.requester_pays"), problem));
    }
    Ok(())
}

/// A key of the nth source, as errors name it.
pub(crate) fn key(n: usize, name: &str) -> String {
    format!("source[{n}].{name}")
}

/// The bucket that a source's objects lie in, and the key that names it: its store's, or that of a
/// url in one of S3's spellings.
pub(crate) fn bucket(n: usize, rule: &SourceRule) -> Option<(String, String)> {
    match &rule.store {
        Some(store) => Some((key(n, "store.bucket"), store.bucket.clone())),
        None => Some((key(n, "url"), S3Place::of(&rule.prefix)?.bucket)),
    }
}

fn prefix(key: &str, text: &str, place: &Placeholders) -> Result<SourceUrl, ConfigError> {
    let text = place.in_url(key, text)?;
    if text.contains(['?', '#']) {
        let problem = "a source is a prefix of URLs; leave out the ? or # and what follows it";
        return Err(ConfigError::at(key, problem));
    }
    let url = SourceUrl::parse(&text).map_err(|error| match error {
        UrlError::Unreadable => ConfigError::at(key, no_url(&text)),
        // Says by itself what is wrong, and shows no password.
        other => ConfigError::at(key, other.to_string()),
    })?;
    if url.host().contains('*') {
        let problem = "a source has one exact host; write one [[source]] for each";
        return Err(ConfigError::at(key, problem));
    }
    Ok(url)
}

fn no_url(text: &str) -> String {
    format!("{text:?} is no URL; write one like \"https://example.com/public/\"")
}

/// The hosts as URLs spell them, because redirects are compared with that spelling.
fn redirect_hosts(n: usize, hosts: &[String]) -> Result<Vec<String>, ConfigError> {
    let canonical = |(at, host): (usize, &String)| {
        canonical_host(host).ok_or_else(|| {
            let problem = format!(
                "{host:?} is no host; write one like \"cdn.example.com\" or \"cdn.example.com:8443\""
            );
            ConfigError::at(key(n, &format!("redirect_hosts[{at}]")), problem)
        })
    };
    hosts.iter().enumerate().map(canonical).collect()
}

fn canonical_host(host: &str) -> Option<String> {
    if host.contains(['/', '?', '#', '@', '*']) {
        return None;
    }
    let url = SourceUrl::parse(&format!("https://{host}/")).ok()?;
    Some(url.authority().to_owned())
}
