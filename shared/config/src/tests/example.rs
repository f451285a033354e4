//! The examples, at the top of the repository and in `deploy`: they are right, whole, and show the
//! defaults.

use super::*;

const EXAMPLE: &str = include_str!("../../../../mirror.toml");
const AWS: &str = include_str!("../../../../deploy/mirror.toml");

/// The example with every key that is off switched on.
fn everything_on() -> String {
    let switched_on = |line: &'static str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase()) => setting,
        _ => line,
    };
    EXAMPLE
        .lines()
        .map(switched_on)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The keys of a table, which an unknown key makes it tell.
fn keys_of(table: &str) -> Vec<String> {
    let refusal = read(&format!("{table}\nnot-a-key = 1\n")).unwrap_err();
    let (_, known) = refusal.split_once(", expected ").expect(&refusal);
    known
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_example_shows_the_defaults() {
    let config = accepted(EXAMPLE);
    assert_eq!(config.policy, Policy::default());
    assert_eq!(accepted(&everything_on()).policy, Policy::default());
    let bare = accepted(&format!("{SOURCE}{POOL}"));
    assert_eq!(config.pools[0].lifespan, bare.pools[0].lifespan);
    let (shown, default) = (&config.rules.sources[0], &bare.rules.sources[0]);
    assert_eq!(shown.query, default.query);
    assert_eq!(shown.redirect_hosts, default.redirect_hosts);
    assert_eq!(
        (shown.allow_http, shown.allow_private),
        (default.allow_http, default.allow_private)
    );
}

#[test]
fn the_examples_show_every_key_of_every_table() {
    let example = format!("{}\n{AWS}", everything_on());
    let pool = "[[pool]]\nservice = \"file\"";
    let tables = [
        "[wait]",
        "[lifetimes]",
        "[copy]",
        "[[source]]",
        pool,
        "[purge]",
    ];
    for table in tables {
        let keys = keys_of(table);
        assert!(!keys.is_empty(), "{table}");
        for key in keys {
            let shown = example
                .lines()
                .any(|line| line.starts_with(&format!("{key} = ")));
            assert!(shown, "{table} {key} is not in the example");
        }
    }
    for table in keys_of("") {
        let shown = [format!("[{table}]"), format!("[[{table}]]")];
        assert!(
            example.lines().any(|line| shown.iter().any(|s| s == line)),
            "{table}"
        );
    }
}

#[test]
fn what_the_example_switches_off_works_when_it_is_switched_on() {
    let config = accepted(&everything_on());
    assert!(config.purge.token.is_some());
    let store = config.rules.sources[1].store.as_ref().unwrap();
    assert_eq!(
        (store.provider.as_str(), store.prefix.as_str()),
        ("s3", "public/")
    );
}

#[test]
fn the_example_for_aws_shows_the_defaults() {
    let config = accepted(AWS);
    assert_eq!(config.policy, Policy::default());
    let left_out = |line: &&str| {
        let keys = ["private", "access", "key_style", "lifespan"];
        !keys.iter().any(|key| line.starts_with(key))
    };
    let bare: Vec<&str> = AWS.lines().filter(left_out).collect();
    let bare = accepted(&bare.join("\n").replace(", prefix = \"public/\"", ""));
    assert_eq!(config.pools, bare.pools);
    assert_eq!(config.rules.sources, bare.rules.sources);
    assert_eq!(config.buckets().pools[0].bucket, "acme-mirror-us-east-1");
}
