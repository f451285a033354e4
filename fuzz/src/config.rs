//! What an operator writes: `mirror.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cloud_mirror_config::{Access, Config, ConfigError, Placeholders, PoolSettings, Storage};
use cloud_mirror_domain::plan::{MAX_PARTS, Parts, Plan, Route, StoreLimits, Stream, plan};
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::rules::{SourceRule, Store};
use cloud_mirror_domain::url::address;

use crate::input::text;
use crate::reference::{authority_of, decoded, is_bucket_name, scheme_of};
use crate::url::assert_canonical;

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// The one value that no error and no printed configuration may show. No host has capitals, so that
/// none becomes it by being spelled as hosts are.
const TOKEN: &str = "A-Token-That-Nobody-May-Read";

/// The text of a `mirror.toml`.
///
/// Promised: an error is one line that names its key, or the line of the text, and shows no
/// secret; the same text is read the same twice. What is accepted can be run: something is
/// mirrored somewhere, no two pools share a place, nothing private leaks, every region leads to a pool, and every size leads
/// to copies within S3's limits.
pub fn config(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let environment = BTreeMap::from([
        ("POOL_BUCKET_PREFIX".to_owned(), "acme-mirror-".to_owned()),
        ("MIRROR_PURGE_TOKEN".to_owned(), TOKEN.to_owned()),
        ("EDGE_SECRET".to_owned(), TOKEN.to_owned()),
        ("SECRET_KEY".to_owned(), TOKEN.to_owned()),
        ("ACCESS_KEY".to_owned(), "AKIA2".to_owned()),
    ]);
    let place = Placeholders::default()
        .with_data("/data")
        .with_listen("127.0.0.1:8080");
    let told = |text: &[u8]| String::from_utf8_lossy(text).contains(TOKEN);
    let secret = !told(data) && !told(&decoded(data));
    let read = || Config::parse(text, &place, &environment);
    match (read(), read()) {
        (Ok(config), Ok(again)) => {
            assert_eq!(
                format!("{config:?}"),
                format!("{again:?}"),
                "the same again"
            );
            assert!(!(secret && format!("{config:?}").contains(TOKEN)));
            assert_sound(&config);
        }
        (Err(error), Err(again)) => {
            assert_eq!(error.to_string(), again.to_string(), "the same again");
            assert!(!(secret && error.to_string().contains(TOKEN)));
            assert_helpful(&error);
        }
        _ => panic!("the same text is read in two ways"),
    }
}

pub(crate) fn assert_helpful(error: &ConfigError) {
    let line = error.to_string();
    assert!(!line.contains(['\n', '\r']), "{line:?} is not one line");
    match error {
        ConfigError::Key { key, problem, .. } => {
            assert!(!key.is_empty() && !problem.is_empty(), "{line:?}");
            assert!(line.starts_with(key), "{line:?} names no key");
        }
        ConfigError::Syntax { problem, line } => {
            assert!(!problem.is_empty() && line.is_some(), "{error:?}");
        }
        other => panic!("{other:?} of a text"),
    }
}

pub(crate) fn assert_sound(config: &Config) {
    assert!(!config.rules.sources.is_empty() && !config.pools.is_empty());
    for rule in &config.rules.sources {
        assert_rule(rule);
    }
    assert_pools(config);
    assert_policy(&config.policy);
    assert_auto(config);
    let open = |pool: &PoolSettings| pool.storage.access() != Some(Access::Presigned);
    let guarded = |rule: &SourceRule| rule.private || rule.access == Access::Presigned;
    let is_guarded = config.rules.sources.iter().any(guarded);
    assert_eq!(is_guarded, config.guarded_source().is_some());
    assert!(!(is_guarded && config.pools.iter().any(open)), "{config:?}");
}

/// Every pool that is named is there, and every region leads to one.
fn assert_auto(config: &Config) {
    let auto = &config.rules.auto;
    for pools in auto.near.values() {
        assert!(!pools.is_empty() && pools.iter().all(|id| config.rules.pool(id).is_some()));
        assert_eq!(pools.iter().collect::<BTreeSet<_>>().len(), pools.len());
    }
    let countries = auto.edge.iter().flat_map(|edge| edge.countries.values());
    for region in countries.chain(&auto.default_region) {
        let has_a_pool = config.pools.iter().any(|pool| pool.id.region == *region);
        assert!(has_a_pool || auto.near.contains_key(region), "{region}");
    }
    if let Some(edge) = &auto.edge {
        assert!(!edge.secret.is_empty() && !edge.secret_header.is_empty());
        assert_eq!(edge.secret_header, edge.secret_header.to_ascii_lowercase());
    }
}

fn assert_rule(rule: &SourceRule) {
    assert_canonical(&rule.prefix);
    assert_eq!(rule.prefix.query(), None, "{rule:?}");
    assert!(
        rule.prefix.scheme() == "https" || rule.allow_http,
        "{rule:?}"
    );
    let public = rule.prefix.ip().is_none_or(address::is_public);
    assert!(public || rule.allow_private, "{rule:?}");
    let needs_a_store = rule.private || rule.access == Access::Presigned;
    assert!(!needs_a_store || rule.store.is_some(), "{rule:?}");
    if let Some(store) = &rule.store {
        assert_store(store);
    }
    for host in &rule.redirect_hosts {
        assert!(!host.is_empty() && !host.contains(['/', '@']), "{rule:?}");
        assert!(!host.contains(|c: char| c.is_whitespace() || c.is_control()));
    }
}

fn assert_store(store: &Store) {
    let parts: Vec<&str> = store.bucket.split('/').collect();
    match (&*store.provider, parts.as_slice()) {
        ("azure", [account, container]) => {
            assert!(is_bucket_name(account), "{store:?}");
            assert!(
                is_bucket_name(container.trim_start_matches('$')),
                "{store:?}"
            );
        }
        (_, [bucket]) => assert!(is_bucket_name(bucket), "{store:?}"),
        _ => panic!("{store:?}"),
    }
    let built_in = ["s3", "azure", "gcs"].contains(&&*store.provider);
    assert_eq!(built_in, store.endpoint.is_none(), "{store:?}");
    assert!(!store.requester_pays || store.provider == "s3", "{store:?}");
}

fn assert_pools(config: &Config) {
    let ids: BTreeSet<_> = config.pools.iter().map(|pool| pool.id.clone()).collect();
    let places: BTreeSet<_> = config
        .pools
        .iter()
        .map(|pool| format!("{:?}", pool.storage))
        .collect();
    assert_eq!(
        (ids.len(), places.len()),
        (config.pools.len(), config.pools.len())
    );
    for pool in &config.pools {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(!pool.id.region.is_empty() && pool.id.region.chars().all(plain));
        assert!(!pool.lifespan.is_zero() && pool.lifespan <= CENTURY);
        assert_pool(config, pool);
    }
}

fn assert_pool(config: &Config, pool: &PoolSettings) {
    match &pool.storage {
        Storage::Folder(folder) => return assert!(!folder.as_os_str().is_empty()),
        Storage::S3 {
            bucket, compatible, ..
        } => {
            assert!(is_bucket_name(bucket) && bucket.len() <= 63, "{bucket}");
            let named = config.s3_compatible(&pool.id.service, &pool.id.region);
            assert_eq!(named, *compatible);
            if let Some(service) = compatible {
                assert_endpoint(&service.endpoint);
            }
        }
        Storage::Azure {
            account, container, ..
        } => {
            let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            assert!(account.bytes().all(small) && (3..=24).contains(&account.len()));
            assert!(is_bucket_name(container) && container.len() <= 63);
        }
        Storage::Gcs { bucket, .. } => assert!(is_bucket_name(bucket), "{bucket}"),
    }
    assert_eq!(pool.lifespan.as_secs() % (24 * 3600), 0, "{pool:?}");
}

/// Scheme, host and port as URLs spell them, and nothing else.
fn assert_endpoint(endpoint: &str) {
    assert!(
        ["http", "https"].contains(&scheme_of(endpoint)),
        "{endpoint}"
    );
    let bare = format!("{}://{}", scheme_of(endpoint), authority_of(endpoint));
    assert_eq!(endpoint, bare);
    assert!(!authority_of(endpoint).is_empty() && !endpoint.contains('@'));
}

fn assert_policy(policy: &Policy) {
    let Policy {
        wait,
        lifetimes,
        copy,
    } = policy;
    assert!(wait.invocation <= wait.total && wait.total <= CENTURY);
    assert!(lifetimes.lease >= Duration::from_millis(100) && lifetimes.lease <= CENTURY);
    assert!(!lifetimes.error_memory.is_zero());
    let (shortest, longest) = lifetimes.retry_backoff;
    assert!(!shortest.is_zero() && shortest <= longest);
    for tries in [0, 1, 2, 21, u32::MAX] {
        let pause = lifetimes.backoff(tries);
        assert!((shortest..=longest).contains(&pause), "{pause:?}");
    }
    assert!(copy.parts_in_flight > 0 && copy.assumed_throughput > 0);
    let limits = [
        copy.server_side_single,
        copy.part,
        copy.stream_part,
        copy.max_object,
    ];
    let around = limits
        .into_iter()
        .flat_map(|size| [size - 1, size, size.saturating_add(1)]);
    for size in around.chain([0, GIB, 50_000 * GIB, u64::MAX]) {
        for route in [Route::ServerSide(StoreLimits::S3), Route::Stream] {
            assert_plan(policy, size, route);
        }
    }
    assert!(plan(None, Route::Stream, copy).is_ok());
}

/// A copy of that size is refused, or one that S3 makes.
fn assert_plan(policy: &Policy, size: u64, route: Route) {
    let copy = &policy.copy;
    let parts = match plan(Some(size), route, copy) {
        Err(_) => return assert!(size > copy.max_object.min(MAX_PARTS * 5 * GIB), "{size}"),
        Ok(Plan::ServerSide) => return assert!(size <= 5 * GIB, "{size}"),
        Ok(Plan::Stream(Stream::Whole { size })) => return assert!(size <= 5 * GIB, "{size}"),
        Ok(Plan::Stream(Stream::Parts {
            part_size,
            in_flight,
        })) => {
            assert!((1..=copy.parts_in_flight).contains(&in_flight));
            Parts { size, part_size }
        }
        Ok(Plan::ServerSideParts(parts)) => parts,
    };
    assert!(size <= copy.max_object, "{size}");
    assert!((5 * MIB..=5 * GIB).contains(&parts.part_size), "{parts:?}");
    assert!(parts.count() <= MAX_PARTS, "{parts:?}");
    let but_the_last = (parts.count() - 1) * parts.part_size;
    assert!(
        (1..=parts.part_size).contains(&(size - but_the_last)),
        "{parts:?}"
    );
}
