//! Who may do what: signatures, presigned URLs, public buckets and denied ones.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, S3Server};
use reqwest::StatusCode;

use crate::support::{
    BUCKET, REGION, a_bucket, client_with, lasting, plain, put, refusal, refused,
};

async fn fetch(url: &str) -> reqwest::Response {
    plain().get(url).send().await.unwrap()
}

fn url(server: &S3Server, key: &str) -> String {
    format!("{}/{BUCKET}/{key}", server.url())
}

#[tokio::test]
async fn an_unsigned_request_is_refused() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    let answer = fetch(&url(&server, "a")).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("<Code>AccessDenied</Code>")
    );
    let put = plain()
        .put(url(&server, "a"))
        .body("other")
        .send()
        .await
        .unwrap();
    assert_eq!(put.status(), StatusCode::FORBIDDEN);
    let absent = fetch(&format!("{}/none/a", server.url())).await;
    assert_eq!(absent.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_wrong_signature_and_an_unknown_key_are_refused() {
    let (server, _) = a_bucket().await;
    let wrong = client_with(&server, REGION, (ACCESS_KEY, "wrong"));
    let head = wrong.get_object().bucket(BUCKET).key("a").send().await;
    assert_eq!(refusal(head), refused(403, "SignatureDoesNotMatch"));
    let unknown = client_with(&server, REGION, ("unknown", "wrong"));
    let get = unknown.get_object().bucket(BUCKET).key("a").send().await;
    assert_eq!(refusal(get).0, 403);
}

#[tokio::test]
async fn objects_of_a_public_bucket_are_read_by_everybody_and_nothing_else_is_done() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    server.make_public(BUCKET);
    assert_eq!(
        fetch(&url(&server, "a")).await.text().await.unwrap(),
        "bytes"
    );
    let head = plain().head(url(&server, "a")).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["content-length"], "5");
    let absent = fetch(&url(&server, "none")).await;
    assert_eq!(absent.status(), StatusCode::FORBIDDEN);
    let list = fetch(&url(&server, "?list-type=2")).await;
    assert_eq!(list.status(), StatusCode::FORBIDDEN);
    let delete = plain().delete(url(&server, "a")).send().await.unwrap();
    assert_eq!(delete.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_presigned_url_gives_the_bytes_to_its_method_alone() {
    let (_server, client) = a_bucket().await;
    let key = "a folder/ä+b%2Fc?d#e";
    put(&client, key, b"bytes").await;
    let get = client.get_object().bucket(BUCKET).key(key);
    let get = get.presigned(lasting(60)).await.unwrap();
    assert_eq!(fetch(get.uri()).await.text().await.unwrap(), "bytes");
    let head = plain().head(get.uri()).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::FORBIDDEN);
    let presigned = client.head_object().bucket(BUCKET).key(key);
    let presigned = presigned.presigned(lasting(60)).await.unwrap();
    let head = plain().head(presigned.uri()).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["content-length"], "5");
}

#[allow(
    clippy::disallowed_methods,
    reason = "signatures are made with the machine's time"
)]
#[tokio::test]
async fn a_presigned_url_ends() {
    let (_server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    let ended = PresigningConfig::builder()
        .start_time(SystemTime::now() - Duration::from_secs(120))
        .expires_in(Duration::from_secs(60));
    let get = client.get_object().bucket(BUCKET).key("a");
    let get = get.presigned(ended.build().unwrap()).await.unwrap();
    let answer = fetch(get.uri()).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(answer.text().await.unwrap().contains("expired"));
}

#[tokio::test]
async fn a_denied_bucket_refuses_everything() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    server.deny(BUCKET, true);
    let get = || client.get_object().bucket(BUCKET).key("a").send();
    assert_eq!(refusal(get().await), refused(403, "AccessDenied"));
    let head = client.head_bucket().bucket(BUCKET).send().await;
    assert_eq!(refusal(head).0, 403);
    server.deny(BUCKET, false);
    get().await.unwrap();
}

#[tokio::test]
async fn without_the_right_to_list_absence_looks_like_a_denial() {
    let (server, client) = a_bucket().await;
    put(&client, "a", b"bytes").await;
    server.hide_absence(BUCKET, true);
    let head = |key| client.head_object().bucket(BUCKET).key(key).send();
    assert_eq!(refusal(head("none").await).0, 403);
    head("a").await.unwrap();
}
