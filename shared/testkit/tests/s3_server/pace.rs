//! How many requests are under way at once, and how long each takes.

use std::time::{Duration, Instant};

use cloud_mirror_testkit::servers::s3::Fault;

use crate::support::{BUCKET, a_bucket, get, put, refusal};

#[tokio::test]
async fn the_most_requests_at_once_are_counted_by_operation() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    server.fail_next("GetObject", 3, Fault::Silence);
    let silent: Vec<_> = (0..3)
        .map(|_| tokio::spawn(client.get_object().bucket(BUCKET).key("a").send()))
        .collect();
    server.until_count("GetObject", 3).await;
    server.drop_connections();
    for silent in silent {
        silent.await.unwrap().unwrap_err();
    }
    get(&client, "a").await;
    assert_eq!(server.most_at_once("GetObject"), 3);
    assert_eq!(server.most_at_once("PutObject"), 1);
    assert_eq!(server.most_at_once("CopyObject"), 0);
}

#[tokio::test]
async fn an_operation_takes_as_long_as_the_test_says_and_others_do_not() {
    let (server, client) = a_bucket().await;
    let delay = Duration::from_millis(200);
    server.delay("GetObject", delay);
    put(&client, "a", b"bytes").await;
    let begun = Instant::now();
    get(&client, "a").await;
    assert!(begun.elapsed() >= delay);
    // What would wait for an hour did not wait at all.
    server.delay("GetObject", Duration::from_secs(3600));
    server.fail_next("GetObject", 1, Fault::slow_down());
    let refused = client.get_object().bucket(BUCKET).key("a").send().await;
    assert_eq!(refusal(refused).0, 503);
    server.delay("GetObject", Duration::ZERO);
    get(&client, "a").await;
}

#[tokio::test]
async fn a_request_that_its_client_gave_up_is_not_under_way_any_more() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    server.fail_next("GetObject", 1, Fault::Silence);
    let silent = tokio::spawn(client.get_object().bucket(BUCKET).key("a").send());
    server.until_count("GetObject", 1).await;
    server.drop_connections();
    silent.await.unwrap().unwrap_err();
    get(&client, "a").await;
    assert_eq!(server.most_at_once("GetObject"), 1);
}
