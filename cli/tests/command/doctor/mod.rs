//! `cloud-mirror doctor`: every fault that a deployment can have is named, with its remedy.
//!
//! Each fault is truly there: the real command looks at servers that speak AWS's protocols.

mod configuration;
mod queues;
mod servers;
mod stores;
mod surroundings;
mod table;
mod told;
mod world;

use serde_json::Value;

use servers::Nobody;
pub(crate) use world::World;

#[tokio::test]
async fn a_deployment_with_nothing_wrong_is_said_to_be_well() {
    let told = World::healthy().await.doctor(&[]).await;
    told.all_is_well();
    for check in [
        "configuration",
        "template's parameters",
        "private sources",
        "clock",
        "account concurrency",
        "copiers' share",
        "table's key",
        "table's TTL",
        "copy queue's visibility",
        "bulk queue's dead letters",
        "pool s3_eu-central-1's lifecycle",
        "pool s3_us-east-1's public-access block",
        "source https://acme-artifacts.s3.us-west-2.amazonaws.com/public/",
        "mirror's pools",
    ] {
        told.finds_well(check);
    }
}

#[tokio::test]
async fn one_fault_hides_no_other() {
    let mut world = World::healthy().await;
    let nobody = Nobody::answers().await;
    world.set("AWS_ENDPOINT_URL_SQS", &nobody.url());
    world.output("StatusTableName", "another");
    world.lambda.limit(10, 0);
    world.s3.deny("acme-artifacts", true);
    let told = world.doctor(&[]).await;
    for check in [
        "table",
        "copy queue",
        "bulk queue",
        "account concurrency",
        "source https://acme-artifacts.s3.us-west-2.amazonaws.com/public/",
    ] {
        told.blames(check, "", "");
    }
    told.finds_well("pool s3_eu-central-1's lifecycle");
}

#[tokio::test]
async fn programs_are_told_each_check_as_json() {
    let mut world = World::healthy().await;
    world.output("StatusTableName", "another");
    let told = world.doctor(&["--json"]).await;
    assert_eq!(told.code, 1, "{told:?}");
    let findings = told
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let findings: Vec<Value> = findings.collect();
    let of = |state: &str| {
        findings
            .iter()
            .filter(|finding| finding["state"] == state)
            .count()
    };
    assert_eq!(
        (of("fault"), of("ok")),
        (1, findings.len() - 1),
        "{findings:?}"
    );
    let table = findings
        .iter()
        .find(|finding| finding["check"] == "table")
        .unwrap();
    assert!(
        table["remedy"].as_str().unwrap().contains("sam deploy"),
        "{table}"
    );
}

#[tokio::test]
async fn a_doctor_that_cannot_even_begin_says_so_by_its_exit_code() {
    let world = World::healthy().await;
    let told = world.doctor(&["--mirror", "ftp://example.com"]).await;
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.text.is_empty(), "{told:?}");
    assert!(told.errors.contains("ftp://example.com"), "{told:?}");
}

#[tokio::test]
async fn the_help_has_examples() {
    let world = World::healthy().await;
    let told = world.doctor(&["--help"]).await;
    assert_eq!(told.code, 0, "{told:?}");
    let example = "cloud-mirror doctor --outputs outputs.json --samconfig samconfig.toml";
    assert!(told.text.contains(example), "{told:?}");
}
