//! Faults that a test orders, and what is on record.

use cloud_mirror_testkit::servers::gcs::{Credential, Fault};
use reqwest::Method;

use super::support::{BUCKET, a_bucket, answer, ask, refusal, refused};

#[tokio::test]
async fn ordered_faults_befall_the_operation_as_often_as_ordered() {
    let server = a_bucket().await;
    server.fail_next("PutObject", 1, Fault::slow_down());
    let put = || ask(&server, Method::PUT, "a").body("bytes");
    assert_eq!(refusal(put()).await, refused(503, "SlowDown"));
    assert_eq!(server.object(BUCKET, "a"), None);
    assert_eq!(answer(put()).await.status(), 200);
    server.fail_next("PutObject", 1, Fault::HangUp);
    server.heal();
    assert_eq!(answer(put()).await.status(), 200);
    assert_eq!(server.count("PutObject"), 3);
}

#[tokio::test]
async fn a_lost_reply_has_had_its_effect_and_a_hung_up_request_has_not() {
    let server = a_bucket().await;
    server.fail_next("PutObject", 1, Fault::LostReply);
    ask(&server, Method::PUT, "a")
        .body("bytes")
        .send()
        .await
        .unwrap_err();
    assert_eq!(server.object(BUCKET, "a").unwrap(), "bytes");
    server.fail_next("DeleteObject", 1, Fault::HangUp);
    ask(&server, Method::DELETE, "a").send().await.unwrap_err();
    assert_eq!(server.keys(BUCKET), ["a"]);
}

#[tokio::test]
async fn a_silent_request_lasts_until_the_connections_are_closed() {
    let server = a_bucket().await;
    server.fail_next("GetObject", 1, Fault::Silence);
    let get = tokio::spawn(ask(&server, Method::GET, "a").send());
    server.until_count("GetObject", 1).await;
    server.drop_connections();
    get.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn requests_are_recorded_with_operation_place_and_bytes() {
    let server = a_bucket().await;
    answer(ask(&server, Method::PUT, "a%2Fb?x").body("bytes")).await;
    let range = ask(&server, Method::GET, "a%2Fb").header("range", "bytes=1-2");
    answer(range).await;
    let copy = ask(&server, Method::PUT, "c").header("x-goog-copy-source", "pool/a%2Fb");
    answer(copy).await;
    let [put, get, copy] = &server.requests()[..] else {
        panic!("three requests were made")
    };
    assert_eq!(
        (put.operation.as_str(), put.method.as_str()),
        ("PutObject", "PUT")
    );
    assert_eq!(
        (put.path.as_str(), put.query.as_str()),
        ("/pool/a%2Fb", "x")
    );
    assert_eq!((put.received_bytes, put.sent_bytes), (5, 0));
    assert_eq!(
        (put.status, put.credential),
        (Some(200), Credential::Header)
    );
    assert_eq!(get.range.as_deref(), Some("bytes=1-2"));
    assert_eq!((get.status, get.sent_bytes), (Some(206), 2));
    assert_eq!(copy.copy_source.as_deref(), Some("pool/a%2Fb"));
}
