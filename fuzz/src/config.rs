//! What an operator writes: `mirror.toml`, and the environment of a deployment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cloud_mirror_config::{Config, ConfigError, Deployment, Env, Placeholders, Storage};
use cloud_mirror_domain::plan::{MAX_PARTS, Parts, Plan, Route, StoreLimits, Stream, plan};
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::address;

use crate::input::text;
use crate::reference::is_bucket_name;
use crate::url::assert_canonical;

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// The one value that no error and no printed configuration may show.
const TOKEN: &str = "a-token-that-nobody-may-read";

/// The text of a `mirror.toml`.
///
/// Promised: an error is one line that names its key, or the line of the text, and shows no
/// secret; the same text is read the same twice. What is accepted can be run: something is
/// mirrored somewhere, no two pools share a place, nothing private leaks, and every size leads
/// to copies within S3's limits.
pub fn config(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let environment = BTreeMap::from([
        ("POOL_BUCKET_PREFIX".to_owned(), "acme-mirror-".to_owned()),
        ("MIRROR_PURGE_TOKEN".to_owned(), TOKEN.to_owned()),
    ]);
    let place = Placeholders::default()
        .with_data("/data")
        .with_listen("127.0.0.1:8080");
    let secret = !text.contains(TOKEN);
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

fn assert_helpful(error: &ConfigError) {
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

fn assert_sound(config: &Config) {
    assert!(!config.rules.sources.is_empty() && !config.pools.is_empty());
    for rule in &config.rules.sources {
        assert_rule(rule);
    }
    assert_pools(config);
    assert_policy(&config.policy);
    let open = |pool: &cloud_mirror_config::PoolSettings| {
        let access = matches!(
            &pool.storage,
            Storage::S3 {
                access: cloud_mirror_config::Access::Presigned,
                ..
            } | Storage::Azure {
                access: cloud_mirror_config::Access::Presigned,
                ..
            } | Storage::Gcs {
                access: cloud_mirror_config::Access::Presigned,
                ..
            }
        );
        !access
    };
    let private = config.rules.sources.iter().any(|rule| rule.private);
    assert!(!(private && config.pools.iter().any(open)), "{config:?}");
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
    assert!(!rule.private || rule.store.is_some(), "{rule:?}");
    if let Some(store) = &rule.store {
        assert!(is_bucket_name(&store.bucket), "{store:?}");
    }
    for host in &rule.redirect_hosts {
        assert!(!host.is_empty() && !host.contains(['/', '@']), "{rule:?}");
        assert!(!host.contains(|c: char| c.is_whitespace() || c.is_control()));
    }
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
        match &pool.storage {
            Storage::Folder(folder) => assert!(!folder.as_os_str().is_empty()),
            Storage::S3 { bucket, .. } => {
                assert!(is_bucket_name(bucket) && bucket.len() <= 63, "{bucket}");
                assert_eq!(pool.lifespan.as_secs() % (24 * 3600), 0, "{pool:?}");
            }
            Storage::Azure { container, .. } => assert!(!container.is_empty()),
            Storage::Gcs { bucket, .. } => assert!(!bucket.is_empty()),
        }
    }
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

/// The environment of a deployment, `NAME=value` in each line.
///
/// Promised: an error is one line that names its variable, and the same environment is read the
/// same twice; what is accepted has a table and queues that have URLs.
pub fn environment(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let pairs = lines.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment: BTreeMap<String, String> = pairs.collect();
    match Deployment::read(&environment) {
        Ok(read) => {
            assert_eq!(Deployment::read(&environment).unwrap(), read);
            assert_eq!(environment.get("STATUS_TABLE"), Some(&read.status_table));
            let queues = [Some(&read.copy_queue_url), read.bulk_queue_url.as_ref()];
            let is_url = |url: &&String| url.starts_with("http://") || url.starts_with("https://");
            assert!(queues.iter().flatten().all(is_url), "{read:?}");
        }
        Err(error) => {
            let line = error.to_string();
            assert!(!line.contains(['\n', '\r']), "{line:?} is not one line");
            let ConfigError::Variable { name, .. } = error else {
                panic!("{line:?} names no variable");
            };
            assert!(line.contains(name), "{line:?}");
        }
    }
    assert_secrets_stay(&environment);
}

/// A bearer token is one that a header can carry, and is never shown.
fn assert_secrets_stay(environment: &dyn Env) {
    let text = "[[source]]\nurl = \"https://example.com/\"\n\
        [[pool]]\nservice = \"s3\"\nregions = [\"eu\"]\nbucket = \"{prefix}{region}\"\n\
        [purge]\ntoken_env = \"MIRROR_PURGE_TOKEN\"\n";
    match Config::parse(text, &Placeholders::default(), environment) {
        Ok(config) => {
            let token = config.purge.token.as_ref().unwrap().expose();
            assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
            assert!(format!("{:?}", config.purge).ends_with("Some(Secret(hidden)) }"));
            assert_sound(&config);
        }
        Err(error) => assert_helpful(&error),
    }
}
