//! Where clients find replicas and private originals.

use std::time::Duration;

use cloud_mirror_domain::ports::{Clock as _, Method, OriginSigner as _};
use cloud_mirror_domain::rules::Access;
use cloud_mirror_gcs::GcsSigner;

use crate::support::{STORE, Stage, put, reader, stored, url};

const QUARTER: Duration = Duration::from_secs(15 * 60);

#[tokio::test]
async fn a_replica_in_a_presigned_pool_is_opened_by_its_address_alone() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    for path in [
        "a",
        "a/",
        "a//b",
        "a%2Fb",
        "a%20b+c",
        "na%C3%AFve",
        "a?x=1&y=%20",
    ] {
        put(&ports, &url(path), path).await.unwrap();
        let signed = ports.pool.address(&url(path), Method::Get).await.unwrap();
        let answer = reader().get(&signed.url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", signed.url);
        assert_eq!(answer.bytes().await.unwrap(), path);
        let (unsigned, _) = signed.url.split_once('?').unwrap();
        let refused = reader().get(unsigned).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{unsigned}");
    }
}

#[tokio::test]
async fn a_replica_in_a_public_pool_is_opened_by_its_plain_address() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Public).await;
    put(&ports, &url("a%2Fb"), "bytes").await.unwrap();
    let address = ports
        .pool
        .address(&url("a%2Fb"), Method::Get)
        .await
        .unwrap();
    let expected = format!("{}/replicas/example.com/a%252Fb", stage.gcs.url());
    assert_eq!((address.url.as_str(), address.expires), (&*expected, None));
    let answer = reader().get(&address.url).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), "bytes");
}

#[tokio::test]
async fn an_address_is_for_one_method_and_a_quarter_of_an_hour() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    put(&ports, &url("a"), "bytes").await.unwrap();
    let before = stage.clock.now();
    let head = ports.pool.address(&url("a"), Method::Head).await.unwrap();
    assert!(head.url.contains("X-Goog-Expires=900&"), "{}", head.url);
    assert!(head.expires.unwrap() >= before + QUARTER);
    assert!(head.expires.unwrap() <= stage.clock.now() + QUARTER);
    let reader = reader();
    assert_eq!(reader.head(&head.url).send().await.unwrap().status(), 200);
    assert_eq!(reader.get(&head.url).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn an_original_is_opened_by_its_signed_address_alone() {
    let stage = Stage::new().await;
    stage.gcs.create_bucket(STORE, "us-central1");
    let signer = GcsSigner::new(stage.clients(), stage.clock.clone());
    for key in ["a", "a//b", "a b+c", "naïve", "a?x=1", "'\"()", "dir/"] {
        stage.gcs.put(STORE, key, key.to_owned(), &[]);
        let signed = signer.address(&stored(key), Method::Get).await.unwrap();
        let answer = reader().get(&signed.url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", signed.url);
        assert_eq!(answer.bytes().await.unwrap(), key);
        let (unsigned, _) = signed.url.split_once('?').unwrap();
        let refused = reader().get(unsigned).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{unsigned}");
    }
}

#[tokio::test]
async fn signing_with_a_key_of_our_own_asks_nobody() {
    let stage = Stage::new().await;
    let ports = stage.pool(Access::Presigned).ports();
    let signer = GcsSigner::new(stage.clients(), stage.clock.clone());
    for method in [Method::Get, Method::Head] {
        ports.pool.address(&url("a"), method).await.unwrap();
        signer.address(&stored("a"), method).await.unwrap();
    }
    assert_eq!(stage.gcs.requests().len(), 0);
}
