//! Services that speak the protocol and are not S3.

use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, S3Server, SECRET_KEY, Settings};

use crate::support::{BUCKET, REGION, client, client_with, refusal, refused};

async fn a_service(settings: Settings) -> S3Server {
    let server = S3Server::start_with(settings).await;
    server.create_bucket(BUCKET, REGION);
    server
}

#[tokio::test]
async fn a_service_knows_its_own_keys_only() {
    let keys = ("another-key", "another-secret");
    let server = a_service(Settings {
        keys,
        ..Settings::default()
    })
    .await;
    let head = async |keys| {
        let client = client_with(&server, REGION, keys);
        client.list_objects_v2().bucket(BUCKET).send().await
    };
    head(keys).await.unwrap();
    assert_eq!(refusal(head((ACCESS_KEY, SECRET_KEY)).await).0, 403);
}

#[tokio::test]
async fn what_a_service_does_not_know_is_not_implemented() {
    let server = a_service(Settings {
        unknown: &["GetObjectTagging", "x-amz-tagging"],
        ..Settings::default()
    })
    .await;
    let client = client(&server, REGION);
    let put = || client.put_object().bucket(BUCKET).key("a");
    put().send().await.unwrap();
    let tagged = put().tagging("a=b").send().await;
    assert_eq!(refusal(tagged), refused(501, "NotImplemented"));
    let asked = client.get_object_tagging().bucket(BUCKET).key("a");
    assert_eq!(refusal(asked.send().await), refused(501, "NotImplemented"));
}

#[tokio::test]
async fn a_service_may_ignore_the_conditions_of_one_operation_and_keep_anothers() {
    let server = a_service(Settings {
        unconditional: &["DeleteObject"],
        ..Settings::default()
    })
    .await;
    let client = client(&server, REGION);
    let create = || client.put_object().bucket(BUCKET).key("a");
    let create = || create().if_none_match("*").send();
    create().await.unwrap();
    assert_eq!(refusal(create().await).0, 412);
    let deleting = client.delete_object().bucket(BUCKET).key("a");
    deleting.if_match("\"another\"").send().await.unwrap();
    assert_eq!(server.object(BUCKET, "a"), None);
}

/// The client writes the bucket before the host, which a reader's own resolver would not find.
#[tokio::test]
async fn a_bucket_may_stand_before_the_host() {
    let server = a_service(Settings::default()).await;
    server.make_public(BUCKET);
    server.put(BUCKET, "a b", "bytes", &[]);
    let host = format!("{BUCKET}.localhost");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let reader = reqwest::Client::builder().no_proxy();
    let reader = reader.resolve(&host, server.address()).build().unwrap();
    let url = format!("http://{host}:{}/a%20b", server.address().port());
    let answer = reader.get(url).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), "bytes");
    let arrived = server.requests().pop().unwrap();
    assert_eq!((&*arrived.bucket, &*arrived.key), (BUCKET, "a b"));
    assert!(arrived.host.starts_with(&host), "{arrived:?}");
    assert_eq!(
        server.url_for_hosts(),
        format!("http://localhost:{}", server.address().port())
    );
}
