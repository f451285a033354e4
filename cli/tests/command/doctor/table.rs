//! The status table.

use serde_json::json;

use super::servers::Nobody;
use super::world::World;

#[tokio::test]
async fn a_table_that_is_missing_is_named_with_who_makes_it() {
    let mut world = World::healthy().await;
    world.output("StatusTableName", "another");
    let told = world.doctor(&[]).await;
    told.blames(
        "table",
        "there is no table \"another\" in us-east-1",
        "`sam deploy` makes it",
    )
    .and_nothing_else();
}

#[tokio::test]
async fn a_table_that_nothing_names_is_told_with_where_its_name_is_found() {
    let mut world = World::healthy().await;
    world.forget("StatusTableName");
    let told = world.doctor(&[]).await;
    told.blames("table", "STATUS_TABLE is not set", "sam list stack-outputs")
        .and_nothing_else();
}

#[tokio::test]
async fn a_table_of_the_wrong_key_is_named_with_the_right_one() {
    let mut world = World::healthy().await;
    for (name, key, words) in [
        ("other-name", json!([["key", "S", "HASH"]]), "is key (S)"),
        ("other-type", json!([["id", "N", "HASH"]]), "is id (N)"),
        (
            "two-parts",
            json!([["id", "S", "HASH"], ["at", "N", "RANGE"]]),
            "is id (S), at (N)",
        ),
    ] {
        world.create_table(name, key).await;
        world.enable_ttl(name, "ttl").await;
        world.output("StatusTableName", name);
        let told = world.doctor(&[]).await;
        told.blames("table's key", words, "AttributeName=id,KeyType=HASH")
            .and_nothing_else();
    }
}

#[tokio::test]
async fn a_table_without_ttl_is_named_with_the_command_that_switches_it_on() {
    let mut world = World::healthy().await;
    world
        .create_table("eternal", json!([["id", "S", "HASH"]]))
        .await;
    world.output("StatusTableName", "eternal");
    let remedy = "`aws dynamodb update-time-to-live --table-name eternal --time-to-live-specification Enabled=true,AttributeName=ttl`";
    let told = world.doctor(&[]).await;
    told.blames("table's TTL", "it is off", remedy)
        .and_nothing_else();
    world.enable_ttl("eternal", "expires").await;
    let told = world.doctor(&[]).await;
    told.blames("table's TTL", "it goes by \"expires\"", remedy)
        .and_nothing_else();
}

#[tokio::test]
async fn a_table_whose_endpoint_is_unreachable_is_told_with_what_leads_there() {
    let mut world = World::healthy().await;
    let nobody = Nobody::answers().await;
    world.set("AWS_ENDPOINT_URL_DYNAMODB", &nobody.url());
    let told = world.doctor(&[]).await;
    told.blames("table", "nobody answers", "AWS_ENDPOINT_URL_DYNAMODB");
    told.could_not_look_at("clock", &nobody.url(), "the table's endpoint");
}
