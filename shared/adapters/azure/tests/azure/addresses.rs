//! Where clients find replicas, and who may read them there.

use std::time::Duration;

use cloud_mirror_azure::Access;
use cloud_mirror_domain::ports::{Clock as _, Method};
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::emulator;
use reqwest::Method as Verb;

use crate::support::{ACCOUNT, azurite, new_container, pool_of, prepared, put, read, url};

fn unsigned(address: &str) -> &str {
    address.split('?').next().unwrap()
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_private_replica_is_read_by_its_signed_address_alone_at_azurite() {
    let ports = prepared(Access::Presigned).await;
    for path in ["plain", "a/b//c%2Fd?x=1", "with%20space", "trailing."] {
        let url = url(path);
        put(&ports, &url, "private").await.unwrap();
        let now = ShiftedClock::default().now();
        let signed = ports.pool.address(&url, Method::Get).await.unwrap();
        let valid = signed.expires.unwrap().since(now);
        assert!(valid <= Duration::from_secs(15 * 60 + 5), "{valid:?}");
        let answer = read(Verb::GET, &signed.url).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.text().await.unwrap(), "private");
        let refused = read(Verb::GET, unsigned(&signed.url)).await;
        assert!(
            matches!(refused.status().as_u16(), 403 | 404),
            "{}",
            refused.status()
        );
        assert!(!refused.text().await.unwrap().contains("private"));
    }
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_signed_address_lets_nobody_write_delete_or_read_another_blob_at_azurite() {
    let ports = prepared(Access::Presigned).await;
    let (ours, other) = (url("ours"), url("other"));
    put(&ports, &ours, "ours").await.unwrap();
    put(&ports, &other, "other").await.unwrap();
    let signed = ports.pool.address(&ours, Method::Get).await.unwrap().url;
    for verb in [Verb::PUT, Verb::DELETE] {
        let refused = read(verb, &signed).await;
        assert!(refused.status().is_client_error(), "{}", refused.status());
    }
    let elsewhere = signed.replace("/ours?", "/other?");
    assert_ne!(elsewhere, signed);
    assert_eq!(read(Verb::GET, &elsewhere).await.status(), 403);
    assert_eq!(read(Verb::GET, &signed).await.text().await.unwrap(), "ours");
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_public_replica_is_read_by_its_plain_address_and_its_neighbours_are_not_listed_at_azurite()
 {
    let container = new_container();
    let ports = pool_of(azurite(), &container, Access::Public).ports();
    ports.pool.prepare().await.unwrap();
    let url = url("a/b%2Fc?x=1");
    put(&ports, &url, "public").await.unwrap();
    let address = ports.pool.address(&url, Method::Get).await.unwrap();
    assert_eq!(
        (unsigned(&address.url), address.expires),
        (&*address.url, None)
    );
    let answer = read(Verb::GET, &address.url).await;
    assert_eq!(answer.text().await.unwrap(), "public");
    let list = format!(
        "{}/{ACCOUNT}/{container}?restype=container&comp=list",
        emulator::azurite()
    );
    assert!(read(Verb::GET, &list).await.status().is_client_error());
}
