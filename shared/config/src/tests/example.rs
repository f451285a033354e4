//! The examples, at the top of the repository and in `deploy`: they are right, whole, and show the
//! defaults.

use super::*;

const EXAMPLE: &str = include_str!("../../../../mirror.toml");
const AWS: &str = include_str!("../../../../deploy/mirror.toml");

/// An example with every table and key that is off switched on.
fn everything_on(example: &'static str) -> String {
    let switched_on = |line: &'static str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => {
            setting
        }
        _ => line,
    };
    example
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
    assert_eq!(accepted(&everything_on(EXAMPLE)).policy, Policy::default());
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
    let example = format!("{}\n{}", everything_on(EXAMPLE), everything_on(AWS));
    let pool = "[[pool]]\nservice = \"file\"";
    let tables = [
        "[wait]",
        "[lifetimes]",
        "[copy]",
        "[[source]]",
        pool,
        "[service.minio]",
        "[auto]",
        "[auto.edge]",
        "[purge]",
    ];
    for table in tables {
        let keys = keys_of(table);
        assert!(!keys.is_empty(), "{table}");
        for key in keys {
            let shown = [format!("{key} = "), format!("[auto.{key}]")];
            let shown = example
                .lines()
                .any(|line| shown.iter().any(|shown| line.starts_with(shown)));
            assert!(shown, "{table} {key} is not in the example");
        }
    }
    for table in keys_of("") {
        let shown = [
            format!("[{table}]"),
            format!("[[{table}]]"),
            format!("[{table}."),
        ];
        assert!(
            example
                .lines()
                .any(|line| shown.iter().any(|shown| line.starts_with(shown))),
            "{table}"
        );
    }
}

#[test]
fn what_the_example_switches_off_works_when_it_is_switched_on() {
    let config = accepted(&everything_on(EXAMPLE));
    assert!(config.purge.token.is_some());
    let store = config.rules.sources[1].store.as_ref().unwrap();
    assert_eq!(
        (store.provider.as_str(), store.prefix.as_str()),
        ("s3", "public/")
    );
    assert_eq!(config.ranges, Some(PathBuf::from("ranges.bin")));
    assert_eq!(config.rules.auto.near.len(), 2);
}

#[test]
fn what_the_example_for_aws_switches_off_works_when_it_is_switched_on() {
    let config = accepted(&everything_on(AWS));
    let pools: Vec<_> = config.pools.iter().map(|pool| pool.id.as_path()).collect();
    assert_eq!(
        pools[3..],
        [
            "azure/westeurope",
            "azure/germanywestcentral",
            "gcs/europe-west3",
            "minio/berlin"
        ]
    );
    let stores = config
        .rules
        .sources
        .iter()
        .filter_map(|rule| rule.store.as_ref());
    let stores: Vec<_> = stores
        .map(|store| (&*store.provider, &*store.prefix))
        .collect();
    assert_eq!(
        stores,
        [
            ("s3", "public/"),
            ("azure", ""),
            ("gcs", "public/"),
            ("minio", "")
        ]
    );
    let minio = config.s3_compatible("minio", "berlin").unwrap();
    assert_eq!(minio.endpoint, "https://minio.berlin.example.com");
    let edge = config.rules.auto.edge.unwrap();
    assert_eq!(edge.countries.len(), 3);
}

#[test]
fn the_example_for_aws_shows_the_defaults() {
    let config = accepted(AWS);
    assert_eq!(config.policy, Policy::default());
    let left_out = |line: &&str| {
        let keys = ["private", "access", "key_style", "lifespan", "drain"];
        !keys.iter().any(|key| line.starts_with(key))
    };
    let bare: Vec<&str> = AWS.lines().filter(left_out).collect();
    let bare = accepted(&bare.join("\n").replace(", prefix = \"public/\"", ""));
    assert_eq!(config.pools, bare.pools);
    assert_eq!(config.rules.sources, bare.rules.sources);
    assert_eq!(config.buckets().pools[0].bucket, "acme-mirror-us-east-1");
}
