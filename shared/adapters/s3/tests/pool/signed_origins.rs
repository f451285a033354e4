//! Addresses of originals, for who may not read them unsigned.

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::config::Credentials;
use cloud_mirror_domain::ports::{Clock as _, Method, OriginSigner as _};
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_s3::{S3Clients, S3Signer};
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, SECRET_KEY};

use crate::scene::{STORE, stored};
use crate::support::{PATIENCE, Stage, reader};

const A_MINUTE: Duration = Duration::from_secs(60);

async fn a_store() -> (Stage, S3Signer) {
    let stage = Stage::new().await;
    stage.s3.create_bucket(STORE, "us-west-2");
    let origin = S3Signer::new(stage.clients(), stage.clock.clone());
    (stage, origin)
}

#[tokio::test]
async fn an_original_is_opened_by_its_signed_address_alone() {
    let (stage, origin) = a_store().await;
    for key in ["a", "a//b", "a b+c", "naïve", "a?x=1", "'\"()"] {
        stage.s3.put(STORE, key, key.to_owned(), &[]);
        let signed = origin.address(&stored(key), Method::Get).await.unwrap();
        let answer = reader().get(&signed.url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", signed.url);
        assert_eq!(answer.bytes().await.unwrap(), key);
        let (unsigned, _) = signed.url.split_once('?').unwrap();
        let refused = reader().get(unsigned).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{unsigned}");
    }
}

#[tokio::test]
async fn an_originals_address_is_for_one_method() {
    let (stage, origin) = a_store().await;
    stage.s3.put(STORE, "a", "bytes", &[]);
    let address = async |method| origin.address(&stored("a"), method).await.unwrap().url;
    let (get, head) = (address(Method::Get).await, address(Method::Head).await);
    let reader = reader();
    assert_eq!(reader.head(&head).send().await.unwrap().status(), 200);
    assert_eq!(reader.get(&head).send().await.unwrap().status(), 403);
    assert_eq!(reader.head(&get).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn an_originals_address_ends_within_a_quarter_of_an_hour_and_with_its_credentials() {
    let (stage, origin) = a_store().await;
    stage.clock.pass(1_000 * A_MINUTE);
    let before = stage.clock.now();
    let address = origin.address(&stored("a"), Method::Get).await.unwrap();
    assert!(
        address.url.contains("X-Amz-Expires=900&"),
        "{}",
        address.url
    );
    assert!(address.expires.unwrap() >= before + 15 * A_MINUTE);
    assert!(address.expires.unwrap() <= stage.clock.now() + 15 * A_MINUTE);
    let end = stage.clock.now() + 5 * A_MINUTE;
    let ends = UNIX_EPOCH + Duration::from_millis(end.as_millis());
    let ending = Credentials::new(ACCESS_KEY, SECRET_KEY, None, Some(ends), "test");
    let clients = S3Clients::with_credentials(stage.base(PATIENCE), ending);
    let origin = S3Signer::new(clients, stage.clock.clone());
    let address = origin.address(&stored("a"), Method::Get).await.unwrap();
    assert_eq!(address.expires, Some(end));
}

#[tokio::test]
async fn signing_an_original_asks_nobody() {
    let (stage, origin) = a_store().await;
    for method in [Method::Get, Method::Head] {
        let address = origin.address(&stored("a"), method).await.unwrap();
        let only_the_host = address.url.contains("X-Amz-SignedHeaders=host&");
        assert!(only_the_host, "{}", address.url);
    }
    assert_eq!(stage.s3.requests().len(), 0);
}

/// S3 takes the parameter for the header; the server here knows only the header.
#[tokio::test]
async fn where_the_rule_says_that_we_pay_the_address_says_so_without_a_header_of_the_clients() {
    let (stage, origin) = a_store().await;
    let paid = StoredObject {
        requester_pays: true,
        ..stored("a")
    };
    stage.s3.put(STORE, "a", "bytes", &[]);
    let address = origin.address(&paid, Method::Get).await.unwrap().url;
    assert!(
        address.contains("x-amz-request-payer=requester"),
        "{address}"
    );
    assert!(address.contains("X-Amz-SignedHeaders=host&"), "{address}");
    let answer = reader().get(&address).send().await.unwrap();
    assert_eq!(answer.status(), 200, "the parameter is signed, too");
    let tampered = address.replace("payer=requester", "payer=nobody");
    let refused = reader().get(&tampered).send().await.unwrap();
    assert_eq!(refused.status(), 403);
}
