//! Which pool is meant where a request leaves that to us.

use super::*;

const POOLS: &str = "[[pool]]\nservice = \"s3\"\nregions = [\"eu-central-1\", \"us-west-1\"]\nbucket = \"acme-{region}\"\n";
const EDGE: &str = "[auto.edge]\nsecret_header = \"X-Edge-Secret\"\nsecret_env = \"EDGE_SECRET\"\n";

#[track_caller]
fn auto_of(tables: &str) -> Config {
    accepted(&format!("{tables}\n{SOURCE}{POOLS}"))
}

#[track_caller]
fn refusal(tables: &str) -> String {
    read(&format!("{tables}\n{SOURCE}{POOLS}")).expect_err(tables)
}

#[test]
fn without_a_word_nothing_is_preferred_and_no_edge_is_believed() {
    for tables in ["", "[auto]\n[near]\n"] {
        let config = auto_of(tables);
        assert_eq!(config.rules.auto, Default::default());
        assert_eq!(config.ranges, None);
    }
}

#[test]
fn callers_of_whom_nothing_is_known_go_to_the_default() {
    let auto = auto_of("[auto]\ndefault_region = \"eu-central-1\"")
        .rules
        .auto;
    assert_eq!(auto.default_region.as_deref(), Some("eu-central-1"));
}

#[test]
fn a_region_without_a_pool_has_its_neighbours_in_their_order() {
    let near = "[near]\n\"eu-central-2\" = [\"s3/eu-central-1\", \"s3/us-west-1\"]\neastus = [\"s3/us-west-1\"]";
    let auto = auto_of(near).rules.auto;
    let (eu, us) = (
        PoolId::new("s3", "eu-central-1"),
        PoolId::new("s3", "us-west-1"),
    );
    assert_eq!(auto.near["eu-central-2"], [eu, us.clone()]);
    assert_eq!(auto.near["eastus"], [us]);
}

#[test]
fn an_edge_is_believed_by_its_secret_and_its_countries_lead_to_regions() {
    let countries = "countries = { DE = \"eu-central-1\", \"US-CA\" = \"us-west-1\" }";
    let config = auto_of(&format!("{EDGE}{countries}"));
    let edge = config.rules.auto.edge.as_ref().unwrap();
    assert_eq!(edge.secret_header, "x-edge-secret");
    assert_eq!(edge.secret, "hunter2");
    assert_eq!(edge.countries["DE"], "eu-central-1");
    assert_eq!(edge.countries["US-CA"], "us-west-1");
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(auto_of(EDGE).rules.auto.edge.unwrap().countries.is_empty());
}

#[test]
fn what_leads_nowhere_is_refused() {
    for (tables, expected) in [
        (
            "[auto]\ndefault_region = \"mars-1\"".to_owned(),
            r#"auto.default_region: no pool is in "mars-1", and [near] names none for it; name a pool's region, or add it to [near]"#,
        ),
        (
            format!("{EDGE}countries = {{ DE = \"mars-1\" }}"),
            r#"auto.edge.countries.DE: no pool is in "mars-1", and [near] names none for it; name a pool's region, or add it to [near]"#,
        ),
        (
            "[near]\nmars-1 = [\"s3/us-west-1\", \"s3/us-west-2\"]".to_owned(),
            r#"near.mars-1[1]: there is no pool "s3/us-west-2"; the pools are: s3/eu-central-1, s3/us-west-1"#,
        ),
        (
            "[near]\nmars-1 = [\"s3/us-west-1\", \"s3/us-west-1\"]".to_owned(),
            r#"near.mars-1[1]: "s3/us-west-1" is named before; name it once"#,
        ),
        (
            "[near]\nmars-1 = []".to_owned(),
            r#"near.mars-1: there is none; name at least one pool, as in ["s3/eu-central-1"]"#,
        ),
        (
            "[near]\n\"mars/1\" = [\"s3/us-west-1\"]".to_owned(),
            r#"near: "mars/1" is no region; use small letters, digits and "-", as in "eu-central-1""#,
        ),
        (
            "[near]\nauto = [\"s3/us-west-1\"]".to_owned(),
            r#"near: "auto" has a meaning of its own in requests; choose another name"#,
        ),
    ] {
        assert_eq!(refusal(&tables), expected);
    }
    auto_of("[auto]\ndefault_region = \"mars-1\"\n[near]\nmars-1 = [\"s3/us-west-1\"]");
}

#[test]
fn an_edge_that_could_not_be_believed_is_refused() {
    for (tables, expected) in [
        (
            EDGE.replace("X-Edge-Secret", "X Edge"),
            r#"auto.edge.secret_header: "X Edge" is no name of a header; write one like "x-edge-secret""#,
        ),
        (
            EDGE.replace("EDGE_SECRET", "NOBODY_SET_IT"),
            "auto.edge.secret_env: the environment variable NOBODY_SET_IT is not set; set it to what the edge sends in secret_header, or leave out [auto.edge]",
        ),
        (
            EDGE.replace("EDGE_SECRET", "s3cr3t-t0ken"),
            "auto.edge.secret_env: that is no name of an environment variable; write one like \"EDGE_SECRET\", and never the secret itself",
        ),
        (
            EDGE.replace("secret_env = \"EDGE_SECRET\"\n", ""),
            "auto.edge: missing field `secret_env` (line 1)",
        ),
        (
            format!("{EDGE}countries = {{ Germany = \"eu-central-1\" }}"),
            r#"auto.edge.countries: "Germany" is no country; write two capital letters, as in DE, or a part of one, as in "US-CA""#,
        ),
        (
            format!("{EDGE}countries = {{ \"US-\" = \"us-west-1\" }}"),
            r#"auto.edge.countries: "US-" is no country; write two capital letters, as in DE, or a part of one, as in "US-CA""#,
        ),
        (
            "[auto]\nranges = \"\"".to_owned(),
            "auto.ranges: is empty; write the file that `cloud-mirror ranges update` made, or leave it out",
        ),
    ] {
        assert_eq!(refusal(&tables), expected);
    }
}

#[test]
fn a_file_of_ranges_lies_beside_the_configuration_unless_it_is_named_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mirror.toml");
    for (written, expected) in [
        ("ranges.bin", folder.path().join("ranges.bin")),
        (
            "/elsewhere/ranges.bin",
            PathBuf::from("/elsewhere/ranges.bin"),
        ),
    ] {
        let tables = format!("[auto]\nranges = \"{written}\"\n");
        std::fs::write(&file, format!("{tables}{SOURCE}{POOLS}")).unwrap();
        let config = Config::load(&file, &Placeholders::default(), &env_of(&[])).unwrap();
        assert_eq!(config.ranges, Some(expected));
        assert_eq!(auto_of(&tables).ranges, Some(PathBuf::from(written)));
    }
}
