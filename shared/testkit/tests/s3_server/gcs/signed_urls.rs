//! Signed URLs of version 4.

use std::time::Duration;

use cloud_mirror_testkit::servers::gcs::{Credential, GcsServer};
use object_store::path::Path;
use object_store::signer::Signer;
use reqwest::Method;
use url::Url;

use super::support::{BUCKET, a_bucket, answer, client, plain, refusal, refused};

const MISMATCH: &str = "SignatureDoesNotMatch";

async fn signed(server: &GcsServer, seconds: u64) -> Url {
    let client = client(server);
    let lasts = Duration::from_secs(seconds);
    let path = Path::from("a/b");
    let signed = client.signed_url(Method::GET, &path, lasts).await;
    signed.unwrap()
}

async fn an_object() -> GcsServer {
    let server = a_bucket().await;
    server.put(BUCKET, "a/b", "bytes", &[]);
    server.put(BUCKET, "a/c", "others", &[]);
    server
}

#[tokio::test]
async fn a_url_that_another_client_signed_gives_the_bytes() {
    let server = an_object().await;
    let url = signed(&server, 60).await;
    let got = answer(plain().get(url)).await;
    assert_eq!(got.text().await.unwrap(), "bytes");
    let arrived = server.requests().pop().unwrap();
    assert_eq!(arrived.credential, Credential::SignedUrl);
    assert_eq!((arrived.status, arrived.sent_bytes), (Some(200), 5));
}

#[tokio::test]
async fn a_signed_url_is_good_for_its_method_path_and_query_alone() {
    let server = an_object().await;
    let url = signed(&server, 60).await;
    let put = plain().put(url.clone());
    assert_eq!(refusal(put).await, refused(403, MISMATCH));
    assert_eq!(answer(plain().head(url.clone())).await.status(), 403);
    let mut other = url.clone();
    other.set_path(&format!("/{BUCKET}/a/c"));
    assert_eq!(refusal(plain().get(other)).await, refused(403, MISMATCH));
    let mut other = url.clone();
    other.query_pairs_mut().append_pair("generation", "1");
    assert_eq!(refusal(plain().get(other)).await, refused(403, MISMATCH));
    let longer = url
        .as_str()
        .replace("X-Goog-Expires=60", "X-Goog-Expires=600");
    assert_eq!(refusal(plain().get(longer)).await, refused(403, MISMATCH));
}

#[tokio::test]
async fn a_signature_of_somebody_else_is_refused() {
    let server = an_object().await;
    let url = signed(&server, 60).await;
    let (rest, signature) = url.as_str().split_once("X-Goog-Signature=").unwrap();
    let forged = format!("{rest}X-Goog-Signature={}", "0".repeat(signature.len()));
    assert_eq!(refusal(plain().get(forged)).await, refused(403, MISMATCH));
    let other = url.as_str().replace("testkit%40", "other%40");
    assert_eq!(refusal(plain().get(other)).await, refused(403, MISMATCH));
}

#[tokio::test]
async fn a_signed_url_ends() {
    let server = an_object().await;
    let now = signed(&server, 60).await;
    let date = now
        .query_pairs()
        .find(|(name, _)| name == "X-Goog-Date")
        .unwrap()
        .1;
    let ended = now.as_str().replace(&date[..8], "20200101");
    // Its time is looked at before its signature, which the other date has spoiled.
    assert_eq!(
        refusal(plain().get(ended)).await,
        refused(400, "ExpiredToken")
    );
    let weeks = now
        .as_str()
        .replace("X-Goog-Expires=60", "X-Goog-Expires=604801");
    assert_eq!(
        refusal(plain().get(weeks)).await,
        refused(400, "InvalidArgument")
    );
}
