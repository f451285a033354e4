//! `[[source]]`: what may be mirrored.

use cloud_mirror_domain::rules::{Access, QueryPolicy, SourceRule, Store};
use cloud_mirror_domain::url::address::is_public;
use cloud_mirror_domain::url::s3::S3Place;
use cloud_mirror_domain::url::{SourceUrl, UrlError};
use serde::Deserialize;

use crate::error::ConfigError;
use crate::place::Home;
use crate::placeholders::Placeholders;
use crate::service::Services;
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
    /// How clients are sent to the source itself: `"public"`, by its plain URL, or `"presigned"`, by
    /// one that is signed; by default presigned where it is private. Presigned needs what `private`
    /// needs.
    access: Option<Access>,
    /// What the source marks `no-store` or `private` is mirrored all the same; by default false.
    #[serde(default)]
    ignore_cache_control: bool,
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
    /// What a query string means: `"origin"` (the default), `"keep"` or `"drop"`. `"keep"` is none for
    /// sources that are private or presigned.
    #[serde(default)]
    query: QueryPolicy,
}

/// The rules, checked one by one and against each other.
pub(crate) fn rules(
    tables: Vec<SourceTable>,
    place: &Placeholders,
    services: &Services,
) -> Result<Vec<SourceRule>, ConfigError> {
    let mut rules: Vec<SourceRule> = Vec::new();
    for (n, table) in tables.into_iter().enumerate() {
        let rule = table.rule(n, place, services)?;
        if let Some(twin) = rules.iter().position(|other| is_same(other, &rule)) {
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

/// Whether both allow the same URLs: S3 has many spellings of one place, and of two rules for it one
/// would never count.
fn is_same(one: &SourceRule, other: &SourceRule) -> bool {
    let (one, other) = (&one.prefix, &other.prefix);
    let places = S3Place::of(one).zip(S3Place::of(other));
    let in_s3 = |(one, other): (S3Place, S3Place)| one.same_bucket(&other) && one.key == other.key;
    one == other || (one.scheme() == other.scheme() && places.is_some_and(in_s3))
}

impl SourceTable {
    fn rule(
        self,
        n: usize,
        place: &Placeholders,
        services: &Services,
    ) -> Result<SourceRule, ConfigError> {
        let prefix = prefix(&key(n, "url"), &self.url, place)?;
        self.check_permissions(n, &prefix)?;
        self.check_credentials(n)?;
        self.check_query(n)?;
        let access = self.access();
        let store = self.store.map(|table| table.store(n, &prefix, services));
        let store = store.transpose()?;
        if !self.private {
            check_payment(n, &prefix, store.as_ref())?;
        }
        Ok(SourceRule {
            store,
            prefix,
            private: self.private,
            access,
            ignore_cache_control: self.ignore_cache_control,
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

    /// Whoever may not read an object's plain URL is sent to a signed one, unless clients have a way
    /// in of their own.
    fn access(&self) -> Access {
        let default = match self.private {
            true => Access::Presigned,
            false => Access::Public,
        };
        self.access.unwrap_or(default)
    }

    /// Nothing is read with our credentials, or signed with them, but stores.
    fn check_credentials(&self, n: usize) -> Result<(), ConfigError> {
        let problem = if self.store.is_some() {
            return Ok(());
        } else if self.private {
            "only the objects of a store are read with our credentials; name the store, or leave out private"
        } else if self.access() == Access::Presigned {
            "only addresses in a store are signed with our credentials; name the store, or leave out access"
        } else {
            return Ok(());
        };
        let name = if self.private { "private" } else { "access" };
        Err(ConfigError::at(key(n, name), problem))
    }

    /// With our credentials nothing is read or signed but objects, whose names have no query.
    fn check_query(&self, n: usize) -> Result<(), ConfigError> {
        let guarded = self.private || self.access() == Access::Presigned;
        if guarded && self.query == QueryPolicy::Keep {
            let problem = "\"keep\" has a query belong to an object's name, and no object of a store has one; write \"drop\" where it says nothing, or leave it out";
            return Err(ConfigError::at(key(n, "query"), problem));
        }
        Ok(())
    }
}

/// A bucket that wants to be paid refuses whoever does not sign, and what refuses strangers is
/// copied only where the rule is private; or where something in front of it serves strangers.
fn check_payment(n: usize, prefix: &SourceUrl, store: Option<&Store>) -> Result<(), ConfigError> {
    let pays = store.is_some_and(|store| store.requester_pays);
    if pays && Home::S3.spelled(prefix).is_some() {
        let problem = "such a bucket refuses every request that is not signed, so that nothing of it would be copied; say private = true beside it";
        return Err(ConfigError::at(key(n, "store.requester_pays"), problem));
    }
    Ok(())
}

/// A key of the nth source, as errors name it.
pub(crate) fn key(n: usize, name: &str) -> String {
    format!("source[{n}].{name}")
}

/// The key by which a source's objects are for authorised callers only, where they are: it is
/// private, or clients are sent to it by addresses that we sign.
pub(crate) fn guarded(n: usize, rule: &SourceRule) -> Option<String> {
    if rule.private {
        return Some(key(n, "private"));
    }
    (rule.access == Access::Presigned).then(|| key(n, "access"))
}

/// The bucket there that a source's objects lie in, and the key that names it: its store's, or that of
/// a url in one of that service's spellings.
pub(crate) fn bucket(n: usize, rule: &SourceRule, home: Home<'_>) -> Option<(String, String)> {
    match &rule.store {
        Some(store) if !home.has(store) => None,
        Some(store) => {
            let name = match home {
                Home::Azure => "store.container",
                _ => "store.bucket",
            };
            Some((key(n, name), store.bucket.clone()))
        }
        None => Some((key(n, "url"), home.spelled(&rule.prefix)?.bucket)),
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
