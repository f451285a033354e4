//! The copy queue and the bulk queue.

use serde_json::json;

use super::servers::Nobody;
use super::world::{World, as_the_template_makes};

/// What each is called, and what its URL is read from.
const BOTH: [(&str, &str, &str); 2] = [
    ("copy queue", "CopyQueueUrl", "COPY_QUEUE_URL"),
    ("bulk queue", "BulkQueueUrl", "BULK_QUEUE_URL"),
];

#[tokio::test]
async fn a_queue_that_is_missing_is_named_with_who_makes_it() {
    let mut world = World::healthy().await;
    for (role, output, variable) in BOTH {
        let right = world.told(output);
        let url = format!("{}/000000000000/another", world.queues.url());
        world.output(output, &url);
        let told = world.doctor(&[]).await;
        told.blames(
            role,
            &format!("there is no queue {url}"),
            "`sam deploy` makes it",
        )
        .blames(role, "", variable)
        .and_nothing_else();
        world.output(output, &right);
    }
}

#[tokio::test]
async fn a_queue_that_nothing_names_is_told_with_where_its_url_is_found() {
    let mut world = World::healthy().await;
    for (role, output, variable) in BOTH {
        let right = world.told(output);
        world.forget(output);
        let told = world.doctor(&[]).await;
        told.blames(
            role,
            &format!("{variable} is not set"),
            "sam list stack-outputs",
        )
        .and_nothing_else();
        world.output(output, &right);
    }
}

#[tokio::test]
async fn a_queue_without_dead_letters_is_named_with_how_it_gets_them() {
    let mut world = World::healthy().await;
    for (role, output, _) in BOTH {
        let right = world.told(output);
        let url = world
            .create_queue("eternal", json!({"VisibilityTimeout": "5400"}))
            .await;
        world.output(output, &url);
        let told = world.doctor(&[]).await;
        let remedy = format!("`aws sqs set-queue-attributes --queue-url {url} --attributes");
        told.blames(&format!("{role}'s dead letters"), "it has none", &remedy)
            .and_nothing_else();
        world.output(output, &right);
    }
}

#[tokio::test]
async fn dead_letters_that_lead_nowhere_are_told() {
    let world = World::healthy().await;
    let letters = format!("{}-dead", world.told("CopyQueueUrl"));
    world.delete_queue(&letters).await;
    let told = world.doctor(&[]).await;
    let gone = format!("their queue {letters} is gone");
    told.blames("copy queue's dead letters", &gone, "`aws sqs create-queue`")
        .and_nothing_else();
}

#[tokio::test]
async fn dead_letters_that_wait_for_somebody_are_told_with_who_sends_them_back() {
    let world = World::healthy().await;
    let letters = format!("{}-dead", world.told("BulkQueueUrl"));
    world.send(&letters, "{}").await;
    let told = world.doctor(&[]).await;
    told.blames(
        "bulk queue's dead letters",
        "about 1 wait",
        "`cloud-mirror redrive`",
    )
    .and_nothing_else();
}

#[tokio::test]
async fn a_visibility_that_is_too_short_is_named_with_the_right_one() {
    let mut world = World::healthy().await;
    for (role, output, _) in BOTH {
        let right = world.told(output);
        let mut attributes = as_the_template_makes("copies");
        attributes["VisibilityTimeout"] = "5399".into();
        let url = world.create_queue("hasty", attributes).await;
        world.output(output, &url);
        let told = world.doctor(&[]).await;
        let remedy = format!(
            "`aws sqs set-queue-attributes --queue-url {url} --attributes VisibilityTimeout=5400`"
        );
        told.blames(&format!("{role}'s visibility"), "5399 s", &remedy)
            .and_nothing_else();
        world.output(output, &right);
    }
}

#[tokio::test]
async fn queues_whose_endpoint_is_unreachable_are_told_with_what_leads_there() {
    let mut world = World::healthy().await;
    let nobody = Nobody::answers().await;
    world.set("AWS_ENDPOINT_URL_SQS", &nobody.url());
    let told = world.doctor(&[]).await;
    for (role, _, _) in BOTH {
        told.blames(role, "nobody answers", "AWS_ENDPOINT_URL_SQS");
    }
}
