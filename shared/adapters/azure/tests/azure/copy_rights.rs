//! By which right of ours Azure reads the source of a copy.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::message::Seen;

use crate::copies::{copy, copy_from, failure, names_the_source, pool, source_of, stored};
use crate::wire::{ACCOUNT, Answer, Wire};

#[tokio::test]
async fn with_a_key_azure_may_read_the_source_and_nothing_else_for_a_quarter_of_an_hour() {
    let wire = Wire::answering([Answer::of(201)]).await;
    copy(&pool(wire.by_key()), 11).await.unwrap();
    let heard = &wire.heard()[0];
    assert_eq!(heard.headers.get("x-ms-copy-source-authorization"), None);
    let (_, signature) = source_of(heard);
    let value = |wanted: &str| {
        let found = signature.iter().find(|(name, _)| name == wanted);
        found.map_or("", |(_, value)| value.as_str())
    };
    assert_eq!((value("sr"), value("sp")), ("b", "r"), "{signature:?}");
    assert!(value("se").ends_with('Z') && value("sig").len() == 44);
}

#[tokio::test]
async fn with_an_identity_its_token_goes_beside_the_source() {
    let wire = Wire::answering([Answer::of(201)]).await;
    copy(&pool(wire.by_token()), 11).await.unwrap();
    let heard = &wire.heard()[0];
    let bearer = "Bearer token-of-ours";
    assert_eq!(heard.header("x-ms-copy-source-authorization"), bearer);
    assert_eq!(heard.header("authorization"), bearer);
    assert_eq!(
        source_of(heard).1,
        [],
        "no signature where there is a token"
    );
    names_the_source(&wire, heard);
}

#[tokio::test]
async fn a_source_in_another_account_is_never_read_by_our_key() {
    let wire = Wire::answering([Answer::of(201)]).await;
    let clients = wire.clients(&[
        ("AZURE_STORAGE_ACCOUNT", ACCOUNT),
        ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5IG9mIGFjbWU="),
        ("AZURE_STORAGE_TOKEN", "token-of-ours"),
    ]);
    let mut there = stored();
    there.bucket = "other/originals".into();
    copy_from(&pool(clients), &there, 11, &Seen::None)
        .await
        .unwrap();
    let heard = &wire.heard()[0];
    let (source, signature) = source_of(heard);
    assert!(
        source.starts_with(&format!("{}/other/", wire.url())),
        "{source}"
    );
    assert_eq!(signature, []);
    let token = heard.header("x-ms-copy-source-authorization");
    assert_eq!(token, "Bearer token-of-ours");
}

#[tokio::test]
async fn with_a_shared_access_signature_the_source_is_read_by_it() {
    let wire = Wire::answering([Answer::of(201)]).await;
    let clients = wire.clients(&[("AZURE_STORAGE_SAS_TOKEN", "?sv=2023-11-03&sig=x%3D")]);
    copy(&pool(clients), 11).await.unwrap();
    let heard = &wire.heard()[0];
    let given = [("sv", "2023-11-03"), ("sig", "x=")];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(source_of(heard).1, given);
}

#[tokio::test]
async fn what_an_operator_is_told_holds_no_signature_and_no_token() {
    for by_key in [true, false] {
        let refused = Answer::refusal(403, "CannotVerifyCopySource");
        let wire = Wire::answering([refused]).await;
        let clients = if by_key {
            wire.by_key()
        } else {
            wire.by_token()
        };
        let failure = failure(copy(&pool(clients), 11).await.unwrap_err());
        assert_eq!(failure.kind, Kind::NotPermitted);
        let told = format!("{failure:?}");
        assert!(told.contains("CannotVerifyCopySource"), "{told}");
        for secret in ["sig=", "token-of-ours", "Bearer", "SharedKey"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}
