//! What clients get, and what is kept beside it.

use cloud_mirror_azure::Access;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Method, ObjectHeaders, PoolError};
use reqwest::Method as Verb;

use crate::support::{digests, header, object, prepared, put, read, replica, url, written};

const ALL: [(&str, &str); 5] = [
    ("content-type", "text/plain; charset=utf-8"),
    ("content-encoding", "gzip"),
    ("content-disposition", "inline; filename*=UTF-8''a%20b"),
    ("content-language", "de, en"),
    ("cache-control", "max-age=60"),
];

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn clients_get_bytes_and_headers_as_the_source_gave_them_from_azurite() {
    let ports = prepared(Access::Presigned).await;
    let url = url("tool-1.0.tar.gz");
    put(&ports, &url, "ten bytes.").await.unwrap();
    for (method, verb, bytes) in [
        (Method::Get, Verb::GET, "ten bytes."),
        (Method::Head, Verb::HEAD, ""),
    ] {
        let address = ports.pool.address(&url, method).await.unwrap();
        let answer = read(verb, &address.url).await;
        assert_eq!(answer.status(), 200);
        for (name, expected) in ALL {
            assert_eq!(header(&answer, name), Some(expected), "{name}");
        }
        assert_eq!(header(&answer, "content-length"), Some("10"));
        assert_eq!(answer.bytes().await.unwrap(), bytes);
    }
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_source_without_headers_gives_its_replica_none_at_azurite() {
    let ports = prepared(Access::Presigned).await;
    let url = url("plain");
    let mut object = object(&url, 3);
    object.headers = ObjectHeaders::default();
    let upload = &ports.upload;
    upload
        .put(&url, &object, written("abc"), &Seen::None)
        .await
        .unwrap();
    let address = ports.pool.address(&url, Method::Get).await.unwrap();
    let answer = read(Verb::GET, &address.url).await;
    for (name, _) in ALL.into_iter().skip(1) {
        assert_eq!(header(&answer, name), None, "{name}");
    }
    assert_eq!(
        header(&answer, "content-type"),
        Some("application/octet-stream")
    );
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn nothing_is_lost_with_the_status_table_at_azurite() {
    let ports = prepared(Access::Presigned).await;
    let url = url("known");
    put(&ports, &url, "abc").await.unwrap();
    let known = replica(&ports, &url).await;
    let expected = object(&url, 3);
    assert_eq!(known.upstream, Some(expected.upstream));
    assert_eq!(known.written_by, Some(expected.written_by));
    assert_eq!(known.digests, Some(digests()));
    assert_eq!((known.size, known.expires), (3, None));
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_missing_container_is_no_absent_replica_at_azurite() {
    let pool = crate::support::pool_of(
        crate::support::azurite(),
        &crate::support::new_container(),
        Access::Presigned,
    );
    let asked = pool.ports().pool.head(&url("a")).await;
    let Err(PoolError::Unavailable(words)) = asked else {
        panic!("{asked:?}")
    };
    assert!(words.contains("ContainerNotFound"), "{words}");
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_wrong_key_is_denied_and_not_absence_at_azurite() {
    let wrong = [("AZURE_STORAGE_ACCOUNT_KEY", "d3Jvbmc=")];
    let clients = crate::support::clients_of(&cloud_mirror_testkit::emulator::azurite(), &wrong);
    let pool = crate::support::pool_of(clients, "any", Access::Presigned);
    let ports = pool.ports();
    let denied =
        |error: PoolError| matches!(error, PoolError::Denied(words) if !words.contains("sig"));
    assert!(denied(ports.pool.head(&url("a")).await.unwrap_err()));
    assert!(denied(put(&ports, &url("a"), "abc").await.unwrap_err()));
    assert!(denied(
        ports.pool.delete(&url("a"), "\"0x1\"").await.unwrap_err()
    ));
    assert!(denied(ports.pool.prepare().await.unwrap_err()));
}
