//! The faults of the Node original that lay in what it was told: a request's query, and its own
//! configuration.

use std::collections::BTreeMap;

use cloud_mirror_config::{Config, Placeholders};
use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_tests::{Setup, Stage};

const SOURCE: &str = "[[source]]\nurl = \"https://example.com/a/\"";
const POOL: &str = "[[pool]]\nservice = \"file\"\nregions = [\"eu\"]\npath = \"{data}/{region}\"\n";

/// The tables that are settings, and a source and a pool to put keys into.
const TABLES: [&str; 6] = ["[wait]", "[lifetimes]", "[copy]", "[purge]", SOURCE, POOL];

/// Keys, and the tables that they belong to.
const KEYS: [(&str, &str); 18] = [
    ("[wait]", "invocation = \"25s\""),
    ("[wait]", "total = \"25s\""),
    ("[lifetimes]", "present_margin = \"30m\""),
    ("[lifetimes]", "error_memory = \"30s\""),
    ("[lifetimes]", "retry_backoff = \"1s..60s\""),
    ("[lifetimes]", "lease = \"60s\""),
    ("[lifetimes]", "recheck = \"6h\""),
    ("[lifetimes]", "unrecorded_upload = \"1d\""),
    ("[copy]", "server_side_single = \"256MiB\""),
    ("[copy]", "stream_part = \"16MiB\""),
    ("[copy]", "parts_in_flight = 16"),
    ("[copy]", "max_object = \"5TiB\""),
    ("[purge]", "token_env = \"TOKEN\""),
    (SOURCE, "allow_http = true"),
    (SOURCE, "allow_private = true"),
    (SOURCE, "redirect_hosts = [\"cdn.example.com\"]"),
    (SOURCE, "query = \"drop\""),
    (POOL, "lifespan = \"1d\""),
];

pub(crate) async fn fault_of_node_12_a_query_string_is_answered_deliberately(stage: Stage) {
    let mirror = stage.mirror().await;
    let answer = mirror.ask("/a?x=1").await;
    assert!(mirror.is_origin(&answer, "/a?x=1"), "{answer:?}");
    assert_eq!(
        answer.header("cache-status"),
        "cloud-mirror; fwd=bypass; detail=query"
    );
    let plain = mirror.route("redirect", &mirror.origin.url("/a?x=1"));
    let answer = mirror.client.ask("GET", &plain, &[]).await;
    assert!(mirror.is_origin(&answer, "/a?x=1"), "{answer:?}");
}

pub(crate) async fn fault_of_node_12_a_setting_in_the_wrong_section_is_refused_at_start(
    stage: Stage,
) {
    let misplaced = Setup::default().policy("[wait]\nallow_http = false");
    let refused = stage.try_mirror_as(misplaced.processes(1)).await;
    let why = refused.err().expect("it does not start");
    assert!(why.contains("wait.allow_http"), "it names the key: {why}");
    assert!(why.contains("unknown field"), "{why}");
}

#[test]
fn fault_of_node_12_no_setting_is_ignored_wherever_it_stands() {
    for (home, setting) in KEYS {
        let (name, _) = setting.split_once(' ').expect("a name");
        for table in TABLES {
            let read = read(&with(table, setting));
            match read {
                Ok(_) => assert_eq!(table, home, "{name} is taken there"),
                Err(why) => {
                    assert_ne!(table, home, "{why}");
                    assert!(why.contains(&format!("{name}: unknown field")), "{why}");
                }
            }
        }
        let on_top = read(&format!("{setting}\n{SOURCE}\n{POOL}")).expect_err(setting);
        assert!(
            on_top.contains(&format!("{name}: unknown field")),
            "{on_top}"
        );
    }
}

/// A configuration that is right but for this setting in this table.
fn with(table: &str, setting: &str) -> String {
    let others = [SOURCE, POOL].into_iter().filter(|other| *other != table);
    let others = others.collect::<Vec<_>>().join("\n");
    format!("{table}\n{setting}\n{others}")
}

/// What the original's misplaced setting was for.
#[test]
fn fault_of_node_12_plain_http_is_refused_unless_it_was_allowed() {
    let plain = SOURCE.replace("https:", "http:");
    let why = read(&format!("{plain}\n{POOL}")).expect_err("it was not allowed");
    assert!(why.contains("source[0].allow_http"), "{why}");
    read(&format!("{plain}\nallow_http = true\n{POOL}")).expect("it was allowed");
}

/// There are no profiles to be merged: a shorter list is the whole list.
#[test]
fn fault_of_node_12_no_entry_of_another_configuration_survives() {
    let more = "[[source]]\nurl = \"https://example.com/b/\"\n[[source]]\nurl = \"https://example.com/c/\"";
    let longer = read(&format!("{SOURCE}\n{more}\n{POOL}")).expect("three sources");
    assert_eq!(longer.rules.sources.len(), 3);
    let shorter = read(&format!("{SOURCE}\n{POOL}")).expect("one source");
    let allowed = shorter.rules.sources.iter();
    let allowed: Vec<_> = allowed.map(|rule| rule.prefix.as_str()).collect();
    assert_eq!(allowed, ["https://example.com/a/"]);
}

pub(crate) async fn fault_of_node_12_what_only_another_configuration_allows_is_refused(
    stage: Stage,
) {
    let mirror = stage.mirror().await;
    let samples = format!("{}/origin/sample", mirror.deployment.base_url());
    for url in [
        samples.as_str(),
        "https://downloads.example.org/a",
        "https://artifacts.example.com/public/a",
    ] {
        let route = mirror.route("redirect", &to_base64url(url));
        let answer = mirror.client.ask("GET", &route, &[]).await;
        let answered = (answer.status, answer.header("location"));
        assert_eq!(answered, (403, ""), "{url}");
    }
}

fn read(text: &str) -> Result<Config, String> {
    let place = Placeholders::default().with_data("/data");
    let env: BTreeMap<_, _> = [("TOKEN".to_owned(), "sesame".to_owned())].into();
    Config::parse(text, &place, &env).map_err(|error| error.to_string())
}

/// Each number of the template is behind its name, in seconds.
#[test]
fn fault_of_node_03_a_message_stays_invisible_for_longer_than_a_copier_may_run() {
    let template = include_str!("../../template.yaml");
    let after = |resource: &str, key: &str| {
        let (_, rest) = template
            .split_once(&format!("\n  {resource}:\n"))
            .expect(resource);
        let (_, rest) = rest.split_once(&format!("      {key}: ")).expect(key);
        let number = rest.split_whitespace().next().expect("a number");
        number.parse::<u64>().expect("a number")
    };
    let limit = after("CopierFunction", "Timeout");
    for queue in ["CopyQueue", "BulkQueue"] {
        let invisible = after(queue, "VisibilityTimeout");
        assert!(invisible >= 6 * limit, "{queue}: {invisible} s, {limit} s");
    }
}
