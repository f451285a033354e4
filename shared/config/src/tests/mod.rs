//! The promises of a configuration: what it means, and what it says of one that is wrong.

mod auto;
mod cloud_pools;
mod cloud_stores;
mod deployment;
mod design;
mod example;
mod guarded;
mod pool_refusals;
mod refusals;
mod rule_refusals;
mod s3_pools;
mod services;
mod stores;
mod template;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::rules::{PoolId, QueryPolicy, Store};
use cloud_mirror_domain::url::KeyStyle;
use cloud_mirror_domain::url::SourceUrl;

use super::*;

const SOURCE: &str = "[[source]]\nurl = \"https://example.com/\"\n";
const POOL: &str = "[[pool]]\nservice = \"file\"\nregions = [\"eu\"]\npath = \"{data}/{region}\"\n";

fn env_of(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    variables.iter().map(owned).collect()
}

fn read(text: &str) -> Result<Config, String> {
    let env = env_of(&[
        ("GOOD", "hunter2"),
        ("EMPTY", ""),
        ("BROKEN", "hunter2\n"),
        ("MIRROR_PURGE_TOKEN", "hunter2"),
        ("POOL_BUCKET_PREFIX", "acme-mirror-"),
        ("EDGE_SECRET", "hunter2"),
        ("S3_COMPATIBLE_ACCESS_KEY_ID", "AKIA2"),
        ("S3_COMPATIBLE_SECRET_ACCESS_KEY", "hunter2"),
    ]);
    read_in(text, &env)
}

fn read_in(text: &str, env: &dyn Env) -> Result<Config, String> {
    let place = Placeholders::default()
        .with_data("/data")
        .with_listen("127.0.0.1:8080");
    Config::parse(text, &place, env).map_err(|error| error.to_string())
}

#[track_caller]
fn accepted(text: &str) -> Config {
    read(text).unwrap()
}

/// What is said of tables beside a source and a pool that are right.
#[track_caller]
fn refusal_of(tables: &str) -> String {
    read(&format!("{tables}\n{SOURCE}{POOL}")).expect_err(tables)
}

#[test]
fn a_source_and_a_pool_are_enough_and_everything_else_has_a_default() {
    let config = accepted(&format!("{SOURCE}{POOL}"));
    assert_eq!(config.policy, Policy::default());
    assert!(config.purge.token.is_none());
    let rule = &config.rules.sources[0];
    assert_eq!(rule.prefix.as_str(), "https://example.com/");
    assert_eq!((rule.allow_http, rule.allow_private), (false, false));
    assert!(!rule.private);
    assert_eq!(
        (rule.query, rule.store.as_ref()),
        (QueryPolicy::Origin, None)
    );
    assert_eq!(config.pools[0].lifespan, Duration::from_secs(24 * 3600));
}

#[test]
fn a_key_that_is_given_changes_nothing_else() {
    let tables = "[lifetimes]\nlease = \"100ms\"\n[copy]\nstream_memory = \"16MiB\"\n";
    let mut expected = Policy::default();
    expected.lifetimes.lease = Duration::from_millis(100);
    expected.copy.stream_memory = 16 * 1024 * 1024;
    assert_eq!(
        accepted(&format!("{tables}{SOURCE}{POOL}")).policy,
        expected
    );
}

#[test]
fn each_region_is_a_pool_with_a_folder_of_its_own() {
    let config = accepted(&format!(
        "{SOURCE}{}",
        POOL.replace("[\"eu\"]", "[\"eu\", \"us-1\"]")
    ));
    let pools: Vec<_> = config
        .pools
        .iter()
        .map(|p| (p.id.clone(), p.storage.clone()))
        .collect();
    let folder = |region: &str| Storage::Folder(PathBuf::from(format!("/data/{region}")));
    assert_eq!(
        pools,
        [
            (PoolId::new("file", "eu"), folder("eu")),
            (PoolId::new("file", "us-1"), folder("us-1")),
        ]
    );
    let ruled: Vec<_> = config
        .rules
        .pools
        .iter()
        .map(|pool| pool.id.clone())
        .collect();
    assert_eq!(
        ruled,
        [PoolId::new("file", "eu"), PoolId::new("file", "us-1")]
    );
}

#[test]
fn a_source_may_be_the_process_itself_where_both_permissions_are_given() {
    let permitted = "url = \"http://{listen}/demo/\"\nallow_http = true\nallow_private = true\n";
    let config = accepted(&format!("[[source]]\n{permitted}{POOL}"));
    assert_eq!(
        config.rules.sources[0].prefix.as_str(),
        "http://127.0.0.1:8080/demo/"
    );
}

#[test]
fn redirect_hosts_are_kept_as_urls_spell_them() {
    let hosts = r#"redirect_hosts = ["CDN.example.net", "a.example:443", "b.example:8443"]"#;
    let config = accepted(&format!("{SOURCE}{hosts}\n{POOL}"));
    let rule = &config.rules.sources[0];
    assert_eq!(
        rule.redirect_hosts,
        ["cdn.example.net", "a.example", "b.example:8443"]
    );
    let seen = SourceUrl::parse("https://cdn.example.net/blob").unwrap();
    assert!(rule.allows_redirect_to(&seen));
}

#[test]
fn the_purge_token_comes_from_the_environment_and_is_never_printed() {
    let config = accepted(&format!("[purge]\ntoken_env = \"GOOD\"\n{SOURCE}{POOL}"));
    assert_eq!(
        config.purge.token.as_ref().map(Secret::expose),
        Some("hunter2")
    );
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn an_error_from_a_file_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mirror.toml");
    let load = || {
        let error = Config::load(&path, &Placeholders::default(), &ProcessEnv).unwrap_err();
        error
            .to_string()
            .replace(&path.display().to_string(), "mirror.toml")
    };
    let missing = load();
    assert!(
        missing.starts_with("mirror.toml: cannot be read ("),
        "{missing}"
    );
    assert!(
        missing.ends_with("); create it, or name another file"),
        "{missing}"
    );
    std::fs::write(&path, "[wait]\ntotal = 25\n").unwrap();
    assert_eq!(
        load(),
        "mirror.toml: wait.total: invalid type: integer `25`, expected a duration like \"60s\" (line 2)"
    );
}
