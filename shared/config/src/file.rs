//! The file as it is written: tables and keys, before they are checked against each other.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use cloud_mirror_domain::policy::{CopyLimits, Lifetimes, Policy, Wait};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::auto::{AutoTable, Near};
use crate::copy::{self, CopyTable};
use crate::error::{ConfigError, one_line};
use crate::lifetimes::{self, LifetimesTable};
use crate::pool::{self, PoolTable};
use crate::purge::PurgeTable;
use crate::service::{self, ServiceTable};
use crate::source::SourceTable;
use crate::wait::{self, WaitTable};
use crate::words::Service;

/// Every table of `mirror.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// `[wait]`, optional.
    #[serde(default, with = "WaitTable")]
    wait: Wait,
    /// `[lifetimes]`, optional.
    #[serde(default, with = "LifetimesTable")]
    lifetimes: Lifetimes,
    /// `[copy]`, optional.
    #[serde(default, with = "CopyTable")]
    copy: CopyLimits,
    /// `[[source]]`, at least one.
    #[serde(default, deserialize_with = "tables")]
    pub(crate) source: Vec<SourceTable>,
    /// `[[pool]]`, at least one.
    #[serde(default, deserialize_with = "tables")]
    pub(crate) pool: Vec<PoolTable>,
    /// `[service.NAME]`, each optional.
    #[serde(default)]
    pub(crate) service: BTreeMap<String, ServiceTable>,
    /// `[auto]`, optional.
    #[serde(default)]
    pub(crate) auto: AutoTable,
    /// `[near]`, optional.
    #[serde(default)]
    pub(crate) near: Near,
    /// `[purge]`, optional.
    #[serde(default)]
    pub(crate) purge: PurgeTable,
}

/// The one key that decides which others a pool may have.
#[derive(Deserialize)]
struct Services {
    #[serde(default, deserialize_with = "tables")]
    pool: Vec<PoolService>,
    #[serde(default)]
    service: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
struct PoolService {
    service: Service,
}

impl Services {
    fn check(&self) -> Result<(), ConfigError> {
        let pools = self.pool.iter().enumerate();
        let named = pools.map(|(n, pool)| (pool::key(n, "service"), &pool.service));
        service::check_names(self.service.keys(), named)
    }
}

impl File {
    /// Reads the tables; every error names its key and line.
    pub(crate) fn read(text: &str) -> Result<Self, ConfigError> {
        // Keys come in alphabetical order, so that a pool of another service would be refused for
        // its `endpoint` and nobody told why: the services are looked at first.
        deserialize::<Services>(text)?.check()?;
        deserialize(text)
    }

    /// The policy, its values checked against each other.
    pub(crate) fn policy(&self) -> Result<Policy, ConfigError> {
        wait::check(&self.wait)?;
        lifetimes::check(&self.lifetimes)?;
        copy::check(&self.copy)?;
        Ok(Policy {
            wait: self.wait,
            lifetimes: self.lifetimes,
            copy: self.copy,
        })
    }
}

/// Reads repeated tables, and tells who wrote `[pool]` that brackets are missing.
fn tables<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Tables<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Tables<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("tables, each headed in double brackets like [[pool]]")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, tables: A) -> Result<Vec<T>, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(tables))
        }
    }

    from.deserialize_seq(Tables(PhantomData))
}

fn deserialize<T: DeserializeOwned>(text: &str) -> Result<T, ConfigError> {
    let document = toml::Deserializer::parse(text).map_err(|error| ConfigError::Syntax {
        problem: one_line(error.message()),
        line: line_of(&error, text),
    })?;
    serde_path_to_error::deserialize(document).map_err(|error| ConfigError::Key {
        key: one_line(&error.path().to_string()),
        problem: one_line(error.inner().message()),
        line: line_of(error.inner(), text),
    })
}

fn line_of(error: &toml::de::Error, text: &str) -> Option<usize> {
    let before = text.get(..error.span()?.start)?;
    Some(before.matches('\n').count() + 1)
}
