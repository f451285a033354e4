//! What lies at other providers than S3: looked at as the functions would use it, because there is one
//! way to ask them all.

use cloud_mirror_config::{Config, ConfigError, Env, Storage};
use cloud_mirror_domain::error::{Failure, Fault, Kind};
use cloud_mirror_domain::ports::{Fetch, PoolError, Source};
use cloud_mirror_domain::rules::{PoolId, SourceRule};
use cloud_mirror_runtime::aws;
use futures::future::join_all;

use super::finding::Finding;
use super::observe::Observed;
use super::pools::ensure;

/// An object that nobody has.
const NOBODYS: &str = "cloud-mirror-doctor-looks-for-nothing";

/// What an operator's own credentials do with it.
const WHOSE: &str = "tried with your own credentials, not with the functions'";

/// What was seen there.
#[derive(Default)]
pub(super) struct Elsewhere {
    /// What `pools ensure` would change of each pool.
    pools: Vec<(PoolId, Result<Vec<String>, PoolError>)>,
    /// Whether each private source lets us in, by its URL.
    private: Vec<(String, Result<(), Failure>)>,
}

/// Looks at every pool that is neither a folder nor on S3, and at every private source whose store is
/// another cloud's. Reads only. Nothing where the configuration cannot be read or names a folder, which
/// is said elsewhere.
pub(super) async fn look(config: &Result<Config, ConfigError>, env: &dyn Env) -> Elsewhere {
    let Ok(config) = config else {
        return Elsewhere::default();
    };
    let has_folders = config
        .pools
        .iter()
        .any(|pool| pool.storage.access().is_none());
    if has_folders {
        return Elsewhere::default();
    }
    Elsewhere {
        pools: pools(config, env).await,
        private: private(config, env).await,
    }
}

async fn pools(config: &Config, env: &dyn Env) -> Vec<(PoolId, Result<Vec<String>, PoolError>)> {
    let others = config.pools.iter().filter(|pool| !is_s3(&pool.storage));
    let others: Vec<_> = others.map(|pool| pool.id.clone()).collect();
    if others.is_empty() {
        return Vec::new();
    }
    match aws::pools(config, env).await {
        Ok(opened) => {
            let opened = opened.into_iter().filter(|(id, _)| others.contains(id));
            join_all(opened.map(async |(id, pool)| (id, pool.plan().await))).await
        }
        Err(error) => {
            let failed = |id| (id, Err(PoolError::Unavailable(error.to_string())));
            others.into_iter().map(failed).collect()
        }
    }
}

fn is_s3(storage: &Storage) -> bool {
    matches!(
        storage,
        Storage::S3 {
            compatible: None,
            ..
        }
    )
}

async fn private(config: &Config, env: &dyn Env) -> Vec<(String, Result<(), Failure>)> {
    let rules: Vec<_> = config
        .rules
        .sources
        .iter()
        .filter(|rule| is_private(rule))
        .collect();
    if rules.is_empty() {
        return Vec::new();
    }
    let source = aws::sources(config, env).await;
    let looks = rules.into_iter().map(async |rule| {
        let seen = match &source {
            Ok(source) => lets_in(source.as_ref(), rule).await,
            Err(error) => Err(Failure::new(Kind::NotPermitted, error.to_string())),
        };
        (rule.prefix.to_string(), seen)
    });
    join_all(looks).await
}

fn is_private(rule: &SourceRule) -> bool {
    let clouds = ["azure", "gcs"];
    let store = rule.store.as_ref().filter(|_| rule.private);
    store.is_some_and(|store| clouds.contains(&store.provider.as_str()))
}

/// Who may not read is refused before it is said that there is nothing.
async fn lets_in(source: &dyn Source, rule: &SourceRule) -> Result<(), Failure> {
    let folder = rule.prefix.as_str().trim_end_matches('/');
    let url = rule.prefix.join(&format!("{folder}/{NOBODYS}"));
    let unreadable =
        |error: &dyn std::fmt::Display| Failure::new(Kind::NotPermitted, error.to_string());
    let url = url.map_err(|error| unreadable(&error))?;
    match source.head(Fetch { url: &url, rule }).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.kind.fault() == Fault::Absent => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Each has its bucket or container, as `pools ensure` makes it.
pub(super) fn hold_replicas(seen: &Observed) -> Vec<Finding> {
    let judge = |(id, plan): &(PoolId, Result<Vec<String>, PoolError>)| {
        let check = format!("pool {id}");
        match plan {
            Ok(changes) if changes.is_empty() => Finding::ok(check, well(id)),
            Ok(changes) => Finding::fault(
                check,
                "it is not as it must be",
                format!("{}, which will {}", ensure(seen), changes.join("; ")),
            ),
            Err(PoolError::Denied(words)) => Finding::unknown(
                check,
                words,
                "look with credentials that may read the settings of its bucket or container",
            ),
            Err(error) => Finding::unknown(
                check,
                error,
                "mend what it says, and run cloud-mirror doctor again",
            ),
        }
    };
    seen.elsewhere.pools.iter().map(judge).collect()
}

/// Azure keeps lifecycles apart from storage.
fn well(pool: &PoolId) -> &'static str {
    match pool.service.as_str() {
        "azure" => "as `pools ensure` makes it; its account's lifecycle policy cannot be seen",
        _ => "as it must be",
    }
}

/// Each private source lets us in.
pub(super) fn can_be_read(seen: &Observed) -> Vec<Finding> {
    let judge = |(url, seen): &(String, Result<(), Failure>)| {
        let check = format!("source {url}");
        match seen {
            Ok(()) => Finding::ok(check, format!("it lets us in ({WHOSE})")),
            Err(Failure {
                kind: Kind::NotPermitted | Kind::SourceRefused,
                detail,
            }) => Finding::fault(
                check,
                format!("its store cannot be read ({WHOSE}): {detail}"),
                "give the credentials of the functions, and yours to look with, the right to read its bucket or container",
            ),
            Err(failure) => Finding::unknown(
                check,
                &failure.detail,
                "mend what it says, and run cloud-mirror doctor again",
            ),
        }
    };
    seen.elsewhere.private.iter().map(judge).collect()
}
