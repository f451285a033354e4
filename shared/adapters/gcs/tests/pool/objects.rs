//! Whole objects, as clients get them and as the pool knows them.

use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Method, PoolError};
use cloud_mirror_domain::rules::Access;

use crate::support::{
    BUCKET, Stage, digests, headers, key, object, put, reader, replica, url, written,
};

#[tokio::test]
async fn a_reader_gets_the_bytes_and_the_sources_headers() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Public).await;
    put(&ports, &url("a"), "bytes").await.unwrap();
    let address = ports.pool.address(&url("a"), Method::Get).await.unwrap();
    let answer = reader().get(address.url).send().await.unwrap();
    let said = |name: &str| {
        let value = answer.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(said("content-type"), headers().content_type);
    assert_eq!(said("content-encoding"), headers().content_encoding);
    assert_eq!(said("content-disposition"), headers().content_disposition);
    assert_eq!(said("content-language"), headers().content_language);
    assert_eq!(said("cache-control"), headers().cache_control);
    assert_eq!(answer.bytes().await.unwrap(), "bytes");
}

#[tokio::test]
async fn a_compressed_replica_reaches_everybody_as_its_source_sent_it() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Public).await;
    let (url, body) = (url("a.gz"), written("bytes"));
    let mut object = object(&url, 5);
    object.headers.content_encoding = Some("gzip".into());
    let upload = &ports.upload;
    upload.put(&url, &object, body, &Seen::None).await.unwrap();
    let address = ports.pool.address(&url, Method::Get).await.unwrap();
    let asking = reader().get(address.url);
    let answer = asking.header("accept-encoding", "identity").send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let caching = &answer.headers()["cache-control"];
    assert_eq!(caching, "max-age=60, no-transform");
    assert_eq!(answer.bytes().await.unwrap(), "bytes");
}

#[tokio::test]
async fn the_validator_is_the_generation_and_the_checksum_is_googles() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    put(&ports, &url("a"), "123456789").await.unwrap();
    let replica = replica(&ports, &url("a")).await;
    let generation: u64 = replica.etag.parse().unwrap();
    assert!(generation > 0);
    assert_eq!(replica.checksum.as_deref(), Some("crc32c:4waSgw=="));
    assert_eq!(replica.digests, Some(digests()));
}

#[tokio::test]
async fn an_object_that_is_nobodys_is_described_without_a_source() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    stage.gcs.put(BUCKET, &key(&url("a")), "bytes", &[]);
    let replica = replica(&ports, &url("a")).await;
    assert_eq!((replica.size, replica.upstream), (5, None));
}

#[tokio::test]
async fn a_denied_look_is_not_absence() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    stage.gcs.deny(BUCKET, true);
    let looked = ports.pool.head(&url("a")).await;
    assert!(matches!(looked, Err(PoolError::Denied(_))), "{looked:?}");
    let put = put(&ports, &url("a"), "bytes").await;
    assert!(matches!(put, Err(PoolError::Denied(_))), "{put:?}");
}

#[tokio::test]
async fn a_token_that_google_does_not_know_is_a_denial_and_stays_unsaid() {
    let stage = Stage::new().await;
    stage.prepared(Access::Presigned).await;
    let clients = stage.clients_with(&[("GOOGLE_BEARER_TOKEN", "hunter2")]);
    let settings = crate::support::settings(Access::Presigned);
    let pool = cloud_mirror_gcs::GcsPool::new(settings, clients, stage.clock.clone());
    let looked = pool.ports().pool.head(&url("a")).await.unwrap_err();
    assert!(matches!(looked, PoolError::Denied(_)), "{looked}");
    assert!(!looked.to_string().contains("hunter2"), "{looked}");
}

#[tokio::test]
async fn a_put_is_one_request_and_so_is_a_look() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let before = stage.gcs.requests().len();
    put(&ports, &url("a"), "bytes").await.unwrap();
    replica(&ports, &url("a")).await;
    let after = stage.operations_since(before);
    assert_eq!(after, ["PutObject", "HeadObject"]);
}
