//! Signed addresses of originals.

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_azure::{AzureClients, AzureSigner};
use cloud_mirror_domain::ports::{Address, Clock as _, Method, OriginSigner as _, PoolError};
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_testkit::clock::ShiftedClock;

use crate::wire::{ACCOUNT, Wire};

fn stored(key: &str) -> StoredObject {
    StoredObject {
        provider: "azure".into(),
        bucket: format!("{ACCOUNT}/originals"),
        region: "westeurope".into(),
        key: key.into(),
        requester_pays: false,
    }
}

async fn address(clients: AzureClients, key: &str, method: Method) -> Result<Address, PoolError> {
    let clock = Arc::new(ShiftedClock::default());
    let now = clock.now();
    let signed = AzureSigner::new(clients, clock)
        .address(&stored(key), method)
        .await?;
    let valid = signed.expires.unwrap().since(now);
    assert!(valid >= Duration::from_secs(15 * 60) && valid < Duration::from_secs(15 * 60 + 30));
    Ok(signed)
}

#[tokio::test]
async fn with_a_key_an_address_is_signed_without_any_request() {
    let wire = Wire::answering([]).await;
    for method in [Method::Get, Method::Head] {
        let signed = address(wire.by_key(), "a b%20c//é", method).await.unwrap();
        let expected = format!("{}/acme/originals/a%20b%2520c//%C3%A9?", wire.url());
        assert!(signed.url.starts_with(&expected), "{signed:?}");
        for said in ["sp=r&", "sr=b&", "se=", "sig="] {
            assert!(signed.url.contains(said), "{signed:?}");
        }
    }
    assert!(wire.heard().is_empty());
}

#[tokio::test]
async fn a_signature_that_was_given_to_us_is_never_given_away() {
    let wire = Wire::answering([]).await;
    let ours = wire.clients(&[("AZURE_STORAGE_SAS_TOKEN", "?sp=rwdl&sig=ours")]);
    let refused = address(ours, "a", Method::Get).await.unwrap_err();
    let told = refused.to_string();
    assert!(
        told.contains("account's key") && !told.contains("sig="),
        "{told}"
    );
    assert!(wire.heard().is_empty());
}
