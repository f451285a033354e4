//! Who may do what: tokens, public buckets and denied ones.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use reqwest::Method;

use super::support::{BUCKET, a_bucket, answer, ask, ask_json, client, plain, refusal, refused};

#[tokio::test]
async fn without_a_token_nothing_is_done() {
    let server = a_bucket().await;
    server.put(BUCKET, "a", "bytes", &[]);
    let url = format!("{}/{BUCKET}/a", server.url());
    assert_eq!(
        refusal(plain().get(&url)).await,
        refused(403, "AccessDenied")
    );
    assert_eq!(
        refusal(plain().put(&url)).await,
        refused(403, "AccessDenied")
    );
    let json = format!("{}/storage/v1/b/{BUCKET}", server.url());
    assert_eq!(answer(plain().get(json)).await.status(), 401);
}

#[tokio::test]
async fn a_token_of_nobody_is_refused() {
    let server = a_bucket().await;
    let url = format!("{}/{BUCKET}/a", server.url());
    for token in ["", "ya29.other", "a.b.c"] {
        let get = plain().get(&url).bearer_auth(token);
        assert_eq!(refusal(get).await, refused(401, "AuthenticationRequired"));
    }
}

#[tokio::test]
async fn a_token_that_the_account_signs_for_itself_is_good() {
    let server = a_bucket().await;
    server.put(BUCKET, "a", "bytes", &[]);
    let got = client(&server).get(&Path::from("a")).await.unwrap();
    assert_eq!(got.bytes().await.unwrap(), "bytes");
}

#[allow(
    clippy::disallowed_methods,
    reason = "tokens are made with the machine's time"
)]
#[tokio::test]
async fn a_self_signed_token_ends_and_cannot_be_changed() {
    let server = a_bucket().await;
    server.put(BUCKET, "a", "bytes", &[]);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let status = async |token: String| {
        let url = format!("{}/{BUCKET}/a", server.url());
        answer(plain().get(url).bearer_auth(token))
            .await
            .status()
            .as_u16()
    };
    let token = |issued: Duration| server.self_signed_token(issued);
    assert_eq!(status(token(now)).await, 200);
    assert_eq!(status(token(now - Duration::from_secs(3_601))).await, 401);
    let good = token(now);
    let mut parts = good.split('.');
    let (header, claims, signature) = (parts.next(), parts.next(), parts.next());
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims.unwrap()).unwrap();
    let claims = String::from_utf8(claims)
        .unwrap()
        .replace("read_write", "full_control");
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
    let changed = format!("{}.{claims}.{}", header.unwrap(), signature.unwrap());
    assert_ne!(changed, good);
    assert_eq!(status(changed).await, 401);
}

#[tokio::test]
async fn objects_of_a_public_bucket_are_read_by_everybody_and_nothing_else_is_done() {
    let server = a_bucket().await;
    server.put(BUCKET, "a", "bytes", &[]);
    server.make_public(BUCKET);
    let url = |path: &str| format!("{}/{BUCKET}/{path}", server.url());
    let got = answer(plain().get(url("a"))).await;
    assert_eq!(got.text().await.unwrap(), "bytes");
    assert_eq!(answer(plain().head(url("a"))).await.status(), 200);
    assert_eq!(answer(plain().get(url("none"))).await.status(), 403);
    assert_eq!(answer(plain().get(url("?list-type=2"))).await.status(), 403);
    assert_eq!(answer(plain().delete(url("a"))).await.status(), 403);
    // A bad token is no better for the bucket's being public.
    let bad = plain().get(url("a")).bearer_auth("ya29.other");
    assert_eq!(answer(bad).await.status(), 401);
}

#[tokio::test]
async fn a_denied_bucket_refuses_everything() {
    let server = a_bucket().await;
    server.put(BUCKET, "a", "bytes", &[]);
    server.deny(BUCKET, true);
    let get = || ask(&server, Method::GET, "a");
    assert_eq!(refusal(get()).await, refused(403, "AccessDenied"));
    let bucket = ask_json(&server, Method::GET, &format!("/{BUCKET}"));
    assert_eq!(answer(bucket).await.status(), 403);
    server.deny(BUCKET, false);
    assert_eq!(answer(get()).await.status(), 200);
}
