//! Buckets, by the JSON API, and what their configuration does.

use std::time::Duration;

use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use reqwest::Method;
use serde_json::{Value, json};

use super::support::{BUCKET, a_bucket, answer, ask, ask_json, client, header};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn told(request: reqwest::RequestBuilder) -> Value {
    let answer = answer(request).await;
    assert_eq!(answer.status(), 200);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

fn lifecycle() -> Value {
    json!({ "rule": [
        {"action": {"type": "Delete"}, "condition": {"age": 1}},
        {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}},
    ]})
}

#[tokio::test]
async fn a_bucket_is_created_once_and_told_as_it_is() {
    let server = a_bucket().await;
    let body = json!({"name": "new", "location": "europe-west3", "lifecycle": lifecycle()});
    let create = || ask_json(&server, Method::POST, "?project=ours").body(body.to_string());
    let created = told(create()).await;
    assert_eq!(
        (&created["location"], &created["metageneration"]),
        (&json!("EUROPE-WEST3"), &json!("1"))
    );
    assert_eq!(answer(create()).await.status(), 409);
    let bucket = told(ask_json(&server, Method::GET, "/new")).await;
    assert_eq!(bucket["lifecycle"], lifecycle());
    let absent = ask_json(&server, Method::GET, "/none");
    assert_eq!(answer(absent).await.status(), 404);
    let unpaid = ask_json(&server, Method::POST, "").body(body.to_string());
    assert_eq!(answer(unpaid).await.status(), 400);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_if_nobody_was_faster() {
    let server = a_bucket().await;
    let body = json!({"iamConfiguration": {"publicAccessPrevention": "enforced"}}).to_string();
    let patch = || {
        let path = format!("/{BUCKET}?ifMetagenerationMatch=1");
        ask_json(&server, Method::PATCH, &path).body(body.clone())
    };
    let patched = told(patch()).await;
    let iam = &patched["iamConfiguration"];
    assert_eq!(iam["publicAccessPrevention"], "enforced");
    assert_eq!(iam["uniformBucketLevelAccess"]["enabled"], false);
    assert_eq!(patched["metageneration"], "2");
    assert_eq!(answer(patch()).await.status(), 412);
}

#[tokio::test]
async fn a_policy_is_replaced_if_nobody_was_faster_and_public_access_is_not_prevented() {
    let server = a_bucket().await;
    let path = format!("/{BUCKET}/iam");
    let mut policy = told(ask_json(&server, Method::GET, &path)).await;
    let public = json!({"role": "roles/storage.legacyObjectReader", "members": ["allUsers"]});
    policy["bindings"].as_array_mut().unwrap().push(public);
    let put = || ask_json(&server, Method::PUT, &path).body(policy.to_string());
    let prevent = |word: &str| {
        let body = json!({"iamConfiguration": {"publicAccessPrevention": word}});
        ask_json(&server, Method::PATCH, &format!("/{BUCKET}")).body(body.to_string())
    };
    told(prevent("enforced")).await;
    assert_eq!(answer(put()).await.status(), 412);
    told(prevent("inherited")).await;
    assert_eq!(told(put()).await["bindings"], policy["bindings"]);
    assert_eq!(answer(put()).await.status(), 412);
}

#[tokio::test]
async fn a_lifecycle_tells_the_end_and_a_sweep_brings_it() {
    let server = a_bucket().await;
    let body = json!({ "lifecycle": lifecycle() }).to_string();
    told(ask_json(&server, Method::PATCH, &format!("/{BUCKET}")).body(body)).await;
    server.put(BUCKET, "a", "bytes", &[]);
    answer(ask(&server, Method::POST, "a?uploads")).await;
    let head = answer(ask(&server, Method::HEAD, "a")).await;
    assert!(header(&head, "x-goog-expiration").ends_with("GMT"));
    server.time_passes(DAY - Duration::from_secs(60));
    server.sweep_lifecycle();
    assert_eq!(server.keys(BUCKET), ["a"]);
    server.time_passes(Duration::from_secs(120));
    server.sweep_lifecycle();
    assert!(server.keys(BUCKET).is_empty());
    assert_eq!(server.uploads(BUCKET).len(), 1);
    server.time_passes(6 * DAY);
    server.sweep_lifecycle();
    assert!(server.uploads(BUCKET).is_empty());
}

#[tokio::test]
async fn a_listing_of_another_client_has_every_object_of_the_prefix() {
    let server = a_bucket().await;
    for key in ["a/1", "b/1", "b/2", "c/1"] {
        server.put(BUCKET, key, "bytes", &[]);
    }
    let listed: Vec<_> = client(&server)
        .list(Some(&Path::from("b")))
        .try_collect()
        .await
        .unwrap();
    let names: Vec<_> = listed
        .iter()
        .map(|object| object.location.as_ref())
        .collect();
    assert_eq!(names, ["b/1", "b/2"]);
    let first = ask(&server, Method::GET, "?list-type=2&max-keys=3");
    let first = answer(first).await.text().await.unwrap();
    assert!(first.contains("<NextContinuationToken>b/2</NextContinuationToken>"));
    let rest = ask(
        &server,
        Method::GET,
        "?list-type=2&continuation-token=b%2F2",
    );
    let rest = answer(rest).await.text().await.unwrap();
    assert!(rest.contains("<Key>c/1</Key>") && !rest.contains("<Key>b/2</Key>"));
}
