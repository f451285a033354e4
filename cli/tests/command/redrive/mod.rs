//! Dead letters go back, and are copied: the command over SQS's and DynamoDB's own protocols, and a
//! mirror on them whose copier made the letters.

mod cloud;

use std::process::Output;

use serde_json::{Value, json};

use cloud::{Cloud, LARGE};

/// The whole way: a copy that only an operator can have made, its letter, the remedy, and the copy.
#[tokio::test]
async fn a_redriven_letter_makes_its_copy() {
    let mut cloud = Cloud::start("2s").await;
    let mirror = cloud.mirror("max_object = \"4B\"").await;
    cloud.asked_for(&mirror, LARGE).await;
    cloud.until_dead(1).await;
    drop(mirror);

    let _mended = cloud.mirror("").await;
    let told = cloud.redrive(&["--json"]).await;
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let letter = &lines(&told)[0];
    assert_eq!(letter["error"], "too-large", "{letter}");
    assert_eq!(letter["url"], cloud.origin.url(LARGE));
    assert_eq!(letter["outcome"], "sent-back");
    assert!(
        letter["remedy"].as_str().unwrap().contains("max_object"),
        "{letter}"
    );
    cloud.until_copied(LARGE).await;
    assert_eq!(cloud.waiting_in("dead").await, 0);
}

/// A popular object's error is renewed by every request, and a copier that meets it sends the letter
/// back to the dead without having tried.
#[tokio::test]
async fn a_letter_whose_error_is_still_remembered_comes_when_that_time_is_over() {
    let mut cloud = Cloud::start("6s").await;
    let mirror = cloud.mirror("max_object = \"4B\"").await;
    cloud.asked_for(&mirror, LARGE).await;
    cloud.until_noticed(&mirror, LARGE).await;
    drop(mirror);
    let copies = cloud.queue_url("copies");
    cloud.sqs("PurgeQueue", json!({"QueueUrl": copies})).await;
    cloud.one_is_dead(&cloud.message(LARGE)).await;

    let told = cloud.redrive(&["--json"]).await;
    let letter = &lines(&told)[0];
    let delay = letter["delay_seconds"].as_u64().expect("a delay");
    assert!(
        (5..=11).contains(&delay),
        "its time, and the clocks' difference: {letter}"
    );
    let _mended = cloud.mirror("").await;
    cloud.until_copied(LARGE).await;
    assert_eq!(cloud.waiting_in("dead").await, 0);
}

#[tokio::test]
async fn an_error_that_outlives_every_delay_leaves_its_letter_where_it_is() {
    let mut cloud = Cloud::start("2h").await;
    let mirror = cloud.mirror("max_object = \"4B\"").await;
    cloud.asked_for(&mirror, LARGE).await;
    cloud.until_noticed(&mirror, LARGE).await;
    drop(mirror);
    cloud.one_is_dead(&cloud.message(LARGE)).await;
    let told = cloud.redrive(&["--json"]).await;
    assert_eq!(told.status.code(), Some(1), "{told:?}");
    let letter = &lines(&told)[0];
    assert_eq!(letter["outcome"], "left", "{letter}");
    assert!(
        letter["reason"]
            .as_str()
            .unwrap()
            .contains("redrive it then"),
        "{letter}"
    );
    assert_eq!(
        cloud.waiting_in("dead").await,
        1,
        "and can be received at once"
    );
}

#[tokio::test]
async fn a_dry_run_shows_every_letter_and_leaves_it_to_be_received_at_once() {
    let cloud = Cloud::start("2s").await;
    for n in 0..13 {
        cloud.one_is_dead(&cloud.message(&format!("/{n}"))).await;
    }
    let told = cloud.redrive(&["--dry-run"]).await;
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let said = text(&told.stdout);
    for n in 0..13 {
        let line = format!(
            "put s3_eu-central-1 {}\n",
            cloud.origin.url(&format!("/{n}"))
        );
        assert_eq!(said.matches(&line).count(), 1, "{said}");
    }
    assert!(said.contains("remembers no error"), "{said}");
    assert!(
        said.ends_with("13 dead letters, 13 would be sent back\n"),
        "{said}"
    );
    assert_eq!(
        (
            cloud.waiting_in("dead").await,
            cloud.waiting_in("copies").await
        ),
        (13, 0)
    );
}

#[tokio::test]
async fn what_no_release_can_read_is_shown_and_left_unless_forced() {
    let cloud = Cloud::start("2s").await;
    cloud
        .one_is_dead("{\"v\": 7, \"url\": \"https://e.com/?X-Amz-Signature=5ec3e7\"}")
        .await;
    let told = cloud.redrive(&[]).await;
    assert_eq!(told.status.code(), Some(1), "{told:?}");
    let said = text(&told.stdout);
    assert!(
        said.contains("version 7") && said.contains("--force"),
        "{said}"
    );
    assert!(!said.contains("5ec3e7"), "a signature is a secret: {said}");
    assert_eq!(cloud.waiting_in("dead").await, 1);

    let told = cloud.redrive(&["--force"]).await;
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    assert_eq!(
        (
            cloud.waiting_in("dead").await,
            cloud.waiting_in("copies").await
        ),
        (0, 1)
    );
}

#[tokio::test]
async fn a_letter_that_cannot_be_sent_stays_and_the_others_go_back() {
    let cloud = Cloud::start("2s").await;
    cloud
        .one_is_dead(&"too long for its queue ".repeat(100))
        .await;
    cloud.one_is_dead(&cloud.message("/0")).await;
    let shorter = json!({
        "QueueUrl": cloud.queue_url("copies"),
        "Attributes": {"MaximumMessageSize": "1024"},
    });
    cloud.sqs("SetQueueAttributes", shorter).await;
    let told = cloud.redrive(&["--force"]).await;
    assert_eq!(told.status.code(), Some(1), "{told:?}");
    let said = text(&told.stdout);
    assert!(
        said.contains("left: ") && said.contains("SendMessage"),
        "{said}"
    );
    assert_eq!(
        (
            cloud.waiting_in("dead").await,
            cloud.waiting_in("copies").await
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn no_more_letters_are_touched_than_were_asked_for() {
    let cloud = Cloud::start("2s").await;
    for n in 0..5 {
        cloud.one_is_dead(&cloud.message(&format!("/{n}"))).await;
    }
    let told = cloud.redrive(&["--limit", "2", "--queue", "copy"]).await;
    assert!(
        text(&told.stdout).ends_with("2 dead letters, 2 sent back\n"),
        "{told:?}"
    );
    assert_eq!(
        (
            cloud.waiting_in("dead").await,
            cloud.waiting_in("copies").await
        ),
        (3, 2)
    );
}

#[tokio::test]
async fn where_a_queue_has_no_dead_letters_nothing_is_touched_and_the_way_out_is_named() {
    let cloud = Cloud::start("2s").await;
    cloud.one_is_dead(&cloud.message("/0")).await;
    cloud
        .sqs("CreateQueue", json!({"QueueName": "immortal"}))
        .await;
    let mut command = cloud.command(&[]);
    let command = command.env("BULK_QUEUE_URL", cloud.queue_url("immortal"));
    let told = command.output().await.unwrap();
    assert_eq!(told.status.code(), Some(2), "{told:?}");
    let said = text(&told.stderr);
    assert!(
        said.contains("the bulk queue") && said.contains("RedrivePolicy"),
        "{said}"
    );
    assert_eq!(cloud.waiting_in("dead").await, 1);
}

fn lines(told: &Output) -> Vec<Value> {
    let text = text(&told.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
