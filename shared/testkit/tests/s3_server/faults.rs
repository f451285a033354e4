//! Faults come when a test orders them.

use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use cloud_mirror_testkit::servers::s3::Fault;

use crate::support::{BUCKET, MIB, a_bucket, get, noise, put, refusal, refused};

#[tokio::test]
async fn so_many_requests_fail_as_were_ordered_and_no_others() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    server.fail_next("GetObject", 2, Fault::slow_down());
    let get_object = || client.get_object().bucket(BUCKET).key("a").send();
    client
        .head_object()
        .bucket(BUCKET)
        .key("a")
        .send()
        .await
        .unwrap();
    assert_eq!(refusal(get_object().await), refused(503, "SlowDown"));
    assert_eq!(refusal(get_object().await), refused(503, "SlowDown"));
    assert_eq!(get(&client, "a").await, b"bytes");
}

#[tokio::test]
async fn orders_are_met_one_after_the_other_and_may_be_taken_back() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    server.fail_next("GetObject", 1, Fault::Error(500, "InternalError".into()));
    server.fail_next("GetObject", 9, Fault::slow_down());
    let get_object = || client.get_object().bucket(BUCKET).key("a").send();
    assert_eq!(refusal(get_object().await).0, 500);
    assert_eq!(refusal(get_object().await).0, 503);
    server.heal();
    get_object().await.unwrap();
}

#[tokio::test]
async fn a_failed_write_has_no_effect() {
    let (server, client) = a_bucket().await;
    server.fail_next(
        "PutObject",
        1,
        Fault::Error(409, "ConditionalRequestConflict".into()),
    );
    let put = client.put_object().bucket(BUCKET).key("a").send().await;
    assert_eq!(refusal(put), refused(409, "ConditionalRequestConflict"));
    assert_eq!(server.object(BUCKET, "a"), None);
}

#[tokio::test]
async fn a_large_write_is_refused_as_clearly_as_a_small_one() {
    let (server, client) = a_bucket().await;
    server.fail_next("PutObject", 1, Fault::slow_down());
    let put = client.put_object().bucket(BUCKET).key("a");
    let put = put.body(noise(20 * MIB).into()).send().await;
    assert_eq!(refusal(put), refused(503, "SlowDown"));
}

#[tokio::test]
async fn a_copy_can_fail_with_200() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    server.fail_next("CopyObject", 1, Fault::ErrorIn200("SlowDown".into()));
    let copy = client.copy_object().bucket(BUCKET).key("b");
    let copy = copy.copy_source(format!("{BUCKET}/a")).send().await;
    assert_eq!(copy.unwrap_err().code(), Some("SlowDown"));
    assert_eq!(server.object(BUCKET, "b"), None);
    assert_eq!(server.requests().last().unwrap().status, Some(200));
}

#[tokio::test]
async fn a_silent_request_is_never_answered() {
    let (server, client) = a_bucket().await;
    server.fail_next("HeadObject", 1, Fault::Silence);
    let head = client.head_object().bucket(BUCKET).key("a").send();
    let head = tokio::spawn(head);
    server.until_count("HeadObject", 1).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!head.is_finished());
    assert_eq!(server.requests()[0].status, None);
    put(&client, "a", b"bytes").await;
    head.abort();
}

#[tokio::test]
async fn a_closed_connection_has_no_answer_and_no_effect() {
    let (server, client) = a_bucket().await;
    server.fail_next("PutObject", 1, Fault::HangUp);
    let put = client.put_object().bucket(BUCKET).key("a").send().await;
    assert!(matches!(put.unwrap_err(), SdkError::DispatchFailure(_)));
    assert_eq!(server.object(BUCKET, "a"), None);
}

#[tokio::test]
async fn a_lost_reply_is_one_to_a_request_that_had_its_effect() {
    let (server, client) = a_bucket().await;
    server.fail_next("PutObject", 1, Fault::LostReply);
    let put = client.put_object().bucket(BUCKET).key("a");
    let put = put.body(b"bytes".to_vec().into()).send().await;
    assert!(matches!(put.unwrap_err(), SdkError::DispatchFailure(_)));
    assert_eq!(server.object(BUCKET, "a").unwrap(), "bytes");
}

#[tokio::test]
async fn connections_can_be_closed_under_a_request() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    server.fail_next("HeadObject", 1, Fault::Silence);
    let head = client.head_object().bucket(BUCKET).key("a").send();
    let head = tokio::spawn(head);
    server.until_count("HeadObject", 1).await;
    server.drop_connections();
    let head = head.await.unwrap();
    assert!(matches!(head.unwrap_err(), SdkError::DispatchFailure(_)));
    assert_eq!(get(&client, "a").await, b"bytes");
}

#[tokio::test]
async fn a_dropped_server_answers_nobody() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    drop(server);
    tokio::task::yield_now().await;
    let head = client.head_object().bucket(BUCKET).key("a").send().await;
    assert!(matches!(head.unwrap_err(), SdkError::DispatchFailure(_)));
}
