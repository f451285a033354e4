//! Where readers find replicas.

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::config::Credentials;
use cloud_mirror_domain::ports::{Clock as _, Method, PoolPorts};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_s3::{Access, S3Clients, S3Pool};
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, SECRET_KEY};

use crate::support::{BUCKET, Stage, put, reader, settings, url};

const A_MINUTE: Duration = Duration::from_secs(60);

async fn address(ports: &PoolPorts, url: &SourceUrl, method: Method) -> String {
    ports.pool.address(url, method).await.unwrap().url
}

#[tokio::test]
async fn a_signed_address_gives_the_bytes_and_an_unsigned_one_nothing() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    for path in [
        "a",
        "a//b",
        "a%2Fb",
        "a%20b+c",
        "na%C3%AFve",
        "a?x=1&y=%20",
        "'\"()",
    ] {
        let url = url(path);
        put(&ports, &url, path).await.unwrap();
        let signed = address(&ports, &url, Method::Get).await;
        let answer = reader().get(&signed).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{signed}");
        assert_eq!(answer.bytes().await.unwrap(), path);
        let (unsigned, _) = signed.split_once('?').unwrap();
        let refused = reader().get(unsigned).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{unsigned}");
    }
}

#[tokio::test]
async fn an_address_is_for_one_method() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let url = url("a");
    put(&ports, &url, "bytes").await.unwrap();
    let [get, head] = [Method::Get, Method::Head];
    let [get, head] = [
        address(&ports, &url, get).await,
        address(&ports, &url, head).await,
    ];
    let reader = reader();
    let answer = reader.head(&head).send().await.unwrap();
    assert_eq!(
        (
            answer.status().as_u16(),
            &answer.headers()["content-length"]
        ),
        (200, &"5".parse().unwrap())
    );
    assert_eq!(reader.get(&head).send().await.unwrap().status(), 403);
    assert_eq!(reader.head(&get).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn an_address_needs_no_request_and_no_headers_of_its_reader() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let before = stage.s3.requests().len();
    for method in [Method::Get, Method::Head] {
        let signed = address(&ports, &url("a"), method).await;
        assert!(signed.contains("X-Amz-SignedHeaders=host&"), "{signed}");
        assert!(signed.contains("X-Amz-Expires=900&"), "{signed}");
    }
    assert_eq!(stage.s3.requests().len(), before);
}

#[tokio::test]
async fn a_signed_address_tells_its_end_by_the_pools_clock() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    stage.clock.pass(1_000 * A_MINUTE);
    let before = stage.clock.now();
    let expires = ports
        .pool
        .address(&url("a"), Method::Get)
        .await
        .unwrap()
        .expires
        .unwrap();
    assert!(expires >= before + 15 * A_MINUTE, "{expires:?}");
    assert!(expires <= stage.clock.now() + 15 * A_MINUTE, "{expires:?}");
}

#[tokio::test]
async fn a_signed_address_does_not_outlive_its_credentials() {
    let stage = Stage::new().await;
    let end = stage.clock.now() + 5 * A_MINUTE;
    let ends = UNIX_EPOCH + Duration::from_millis(end.as_millis());
    let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, Some(ends), "test");
    let clients = S3Clients::with_credentials(stage.base(A_MINUTE), credentials);
    let pool = S3Pool::new(settings(Access::Presigned), clients, stage.clock.clone());
    let ports = pool.ports();
    for _ in 0..2 {
        let address = ports.pool.address(&url("a"), Method::Get).await.unwrap();
        assert_eq!(address.expires, Some(end));
    }
}

#[tokio::test]
async fn a_public_pools_address_is_plain_and_does_not_end() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Public).await;
    stage.s3.make_public(BUCKET);
    for path in ["a", "a%20b+c", "a?x=1&y=%20"] {
        let url = url(path);
        put(&ports, &url, path).await.unwrap();
        let address = ports.pool.address(&url, Method::Get).await.unwrap();
        assert_eq!(address.expires, None);
        assert!(!address.url.contains('?'), "{}", address.url);
        let answer = reader().get(&address.url).send().await.unwrap();
        assert_eq!(answer.bytes().await.unwrap(), path);
        assert_eq!(
            reader().head(&address.url).send().await.unwrap().status(),
            200
        );
    }
}

/// Only the SDK knows all of it; these are the spellings that are easily got wrong.
#[tokio::test]
async fn on_aws_itself_addresses_are_spelt_as_aws_does() {
    let stage = Stage::new().await;
    let aws = S3Clients::new(
        aws_sdk_s3::Config::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::v2026_01_12())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .credentials_provider(crate::support::credentials()),
    );
    for (bucket, region, begin) in [
        (
            "acme",
            "us-east-1",
            "https://acme.s3.us-east-1.amazonaws.com/",
        ),
        (
            "acme",
            "cn-north-1",
            "https://acme.s3.cn-north-1.amazonaws.com.cn/",
        ),
        (
            "acme.data",
            "eu-west-1",
            "https://s3.eu-west-1.amazonaws.com/acme.data/",
        ),
    ] {
        let mut settings = settings(Access::Public);
        (settings.bucket, settings.region) = (bucket.into(), region.into());
        let pool = S3Pool::new(settings, aws.clone(), stage.clock.clone());
        let found = address(&pool.ports(), &url("a%20b"), Method::Get).await;
        assert_eq!(found, format!("{begin}example.com/a%2520b"));
    }
}
