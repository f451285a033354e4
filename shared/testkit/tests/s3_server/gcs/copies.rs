//! Copies and compositions: bytes that never leave the server.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::support::{BUCKET, a_bucket, answer, ask, ask_json, header, refusal, refused};

#[tokio::test]
async fn a_copy_has_the_sources_bytes_and_its_own_generation() {
    let server = a_bucket().await;
    let kept = [("content-type", "text/html"), ("x-goog-meta-one", "1")];
    let source = server.put(BUCKET, "a b", "hello", &kept);
    let copy = |to| ask(&server, Method::PUT, to).header("x-goog-copy-source", "pool/a%20b");
    let copied = answer(copy("same")).await;
    assert!(header(&copied, "x-goog-generation").parse::<u64>().unwrap() > source);
    let replaced = copy("other").header("x-goog-metadata-directive", "REPLACE");
    answer(replaced.header("content-type", "text/plain")).await;
    let told = async |path| {
        let head: Response = answer(ask(&server, Method::HEAD, path)).await;
        (
            header(&head, "content-type"),
            header(&head, "x-goog-meta-one"),
            header(&head, "etag"),
        )
    };
    let etag = "\"5d41402abc4b2a76b9719d911017c592\"".to_owned();
    assert_eq!(
        told("same").await,
        ("text/html".into(), "1".into(), etag.clone())
    );
    assert_eq!(
        told("other").await,
        ("text/plain".into(), String::new(), etag)
    );
    assert_eq!(server.object(BUCKET, "other").unwrap(), "hello");
    assert_eq!(server.count("GetObject"), 0);
}

#[tokio::test]
async fn a_copy_meets_only_what_it_names() {
    let server = a_bucket().await;
    server.put(BUCKET, "a", "hello", &[]);
    let there = server.put(BUCKET, "b", "there", &[]);
    let copy = |name, value: String| {
        let copy = ask(&server, Method::PUT, "b").header("x-goog-copy-source", "/pool/a");
        copy.header(name, value)
    };
    let unmet = refused(412, "PreconditionFailed");
    let if_match = "x-goog-copy-source-if-match";
    assert_eq!(refusal(copy(if_match, "\"other\"".into())).await, unmet);
    let generation = "x-goog-if-generation-match";
    assert_eq!(refusal(copy(generation, "0".into())).await, unmet);
    assert_eq!(server.object(BUCKET, "b").unwrap(), "there");
    let met = copy(generation, there.to_string());
    let met = met.header(if_match, "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!(answer(met).await.status(), 200);
    assert_eq!(server.object(BUCKET, "b").unwrap(), "hello");
}

#[tokio::test]
async fn a_copy_reads_only_what_its_caller_may_read() {
    let server = a_bucket().await;
    for bucket in ["denied", "paid"] {
        server.create_bucket(bucket, "us-east1");
        server.put(bucket, "a", "hello", &[]);
    }
    server.deny("denied", true);
    server.set_requester_pays("paid", true);
    let copy = |source| ask(&server, Method::PUT, "b").header("x-goog-copy-source", source);
    let denied = refusal(copy("denied/a")).await;
    assert_eq!(denied, refused(403, "AccessDenied"));
    let unpaid = refusal(copy("paid/a")).await;
    assert_eq!(unpaid, refused(400, "UserProjectMissing"));
    let paid = copy("paid/a").header("x-goog-user-project", "ours");
    assert_eq!(answer(paid).await.status(), 200);
}

#[tokio::test]
async fn a_part_cannot_be_copied() {
    let server = a_bucket().await;
    let part = ask(&server, Method::PUT, "a?partNumber=1&uploadId=u");
    let part = part.header("x-goog-copy-source", "pool/b");
    assert_eq!(refusal(part).await, refused(501, "NotImplemented"));
}

#[tokio::test]
async fn a_composition_has_its_components_bytes_in_their_order() {
    let server = a_bucket().await;
    server.put(BUCKET, "s/1", "one ", &[]);
    let second = server.put(BUCKET, "s/2", "two", &[]);
    let body = |generation: u64| {
        json!({
            "sourceObjects": [{"name": "s/1"}, {"name": "s/2", "generation": generation.to_string()}],
            "destination": {"contentType": "text/html", "metadata": {"one": "1"}},
        })
    };
    let compose = async |generation: u64, condition: &str| {
        let path = format!("/{BUCKET}/o/a%2Fb/compose{condition}");
        let body = body(generation).to_string();
        answer(ask_json(&server, Method::POST, &path).body(body)).await
    };
    assert_eq!(compose(second + 1, "").await.status(), 404);
    let made = compose(second, "?ifGenerationMatch=0").await;
    let made: Value = serde_json::from_str(&made.text().await.unwrap()).unwrap();
    assert_eq!(
        (&made["componentCount"], &made["contentType"]),
        (&json!(2), &json!("text/html"))
    );
    assert_eq!(compose(second, "?ifGenerationMatch=0").await.status(), 412);
    assert_eq!(server.object(BUCKET, "a/b").unwrap(), "one two");
    let head = answer(ask(&server, Method::HEAD, "a/b")).await;
    assert_eq!(header(&head, "x-goog-meta-one"), "1");
    assert_eq!(
        json!(header(&head, "x-goog-generation")),
        made["generation"]
    );
    assert!(!header(&head, "x-goog-hash").contains("md5"));
}
