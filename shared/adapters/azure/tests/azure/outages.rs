//! What Azure's troubles look like, and how long they are borne.

use std::time::Duration;

use cloud_mirror_azure::Access;
use cloud_mirror_domain::ports::{Method, PoolError, PoolPorts};
use tokio::time::Instant;

use crate::support::{KEY, clients_of, pool_of, put, url};
use crate::wire::{Answer, Wire};

/// The ports of a pool at that server, with that variable of the environment.
fn pool_with(server: &str, variable: (&str, &str)) -> PoolPorts {
    let clients = clients_of(server, &[variable]);
    pool_of(clients, "container", Access::Presigned).ports()
}

fn pool_at(server: &str) -> PoolPorts {
    pool_with(server, ("AZURE_STORAGE_ACCOUNT_KEY", KEY))
}

fn busy() -> Answer {
    Answer::refusal(503, "ServerBusy")
}

/// How often it was asked to write.
fn writes(server: &Wire) -> usize {
    let heard = server.heard();
    heard.iter().filter(|asked| asked.method == "PUT").count()
}

/// A server that takes connections and says nothing.
struct Silence(std::net::TcpListener);

impl Silence {
    fn new() -> Self {
        Self(std::net::TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again_and_then_answers() {
    let server = Wire::answering([busy(), busy(), Answer::refusal(404, "BlobNotFound")]).await;
    assert_eq!(pool_at(server.url()).pool.head(&url("a")).await, Ok(None));
    assert_eq!(server.heard().len(), 3);
}

#[tokio::test]
async fn a_server_that_stays_busy_is_throttling_and_ends_in_time() {
    let server = Wire::answering((0..9).map(|_| busy())).await;
    let begun = Instant::now();
    let asked = pool_at(server.url()).pool.head(&url("a")).await;
    assert!(matches!(asked, Err(PoolError::Throttled(_))), "{asked:?}");
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(server.heard().len(), 6, "a first try and five more");
}

#[tokio::test]
async fn silence_costs_a_look_three_and_a_half_seconds_and_no_more() {
    let server = Silence::new();
    let begun = Instant::now();
    let asked = pool_at(&server.url()).pool.head(&url("a")).await;
    assert!(matches!(asked, Err(PoolError::Unavailable(_))), "{asked:?}");
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_secs(3) && took < Duration::from_secs(5),
        "{took:?}"
    );
}

#[tokio::test]
async fn a_write_whose_reply_was_lost_meets_itself_as_a_condition_that_fails() {
    // The server had written it, failed to say so, and finds it when it is asked again.
    let answers = [
        Answer::refusal(500, "OperationTimedOut"),
        Answer::refusal(409, "BlobAlreadyExists"),
    ];
    let server = Wire::answering(answers).await;
    let wrote = put(&pool_at(server.url()), &url("a"), "abc").await;
    assert_eq!(wrote, Err(PoolError::Precondition));
    assert_eq!(writes(&server), 2);
}

#[tokio::test]
async fn each_of_azures_words_is_what_the_domain_calls_it() {
    for (status, code, expected) in [
        (409, "BlobAlreadyExists", PoolError::Precondition),
        (412, "ConditionNotMet", PoolError::Precondition),
        (404, "BlobNotFound", PoolError::Precondition),
        (409, "PendingCopyOperation", PoolError::Conflict),
    ] {
        let server = Wire::answering([Answer::refusal(status, code)]).await;
        let wrote = put(&pool_at(server.url()), &url("a"), "abc").await;
        assert_eq!(wrote, Err(expected), "{code}");
        assert_eq!(writes(&server), 1, "{code} is no passing trouble");
    }
}

#[tokio::test]
async fn only_azures_own_word_is_absence() {
    for (status, code) in [
        (403, "AuthenticationFailed"),
        (403, "AuthorizationPermissionMismatch"),
        (404, "ContainerNotFound"),
        (404, "ResourceNotFound"),
        (400, "InvalidInput"),
    ] {
        let server = Wire::answering([Answer::refusal(status, code)]).await;
        let asked = pool_at(server.url())
            .pool
            .head(&url("a"))
            .await
            .unwrap_err();
        match (status, &asked) {
            (403, PoolError::Denied(words)) | (_, PoolError::Unavailable(words)) => {
                assert!(
                    words.contains(code) && words.contains("GetBlobProperties"),
                    "{words}"
                );
            }
            _ => panic!("{code}: {asked:?}"),
        }
    }
}

#[tokio::test]
async fn a_signature_never_reaches_an_error() {
    let signature = ("AZURE_STORAGE_SAS_TOKEN", "sv=2023-11-03&sp=r&sig=c2VjcmV0");
    let refusing = Wire::answering([Answer::refusal(403, "AuthenticationFailed")]).await;
    let gone = Silence::new().url();
    let unreachable = pool_with(&gone, signature);
    for ports in [pool_with(refusing.url(), signature), unreachable] {
        let words = ports.pool.head(&url("a")).await.unwrap_err().to_string();
        assert!(
            !words.contains("c2VjcmV0") && !words.contains("sig="),
            "{words}"
        );
    }
    assert!(
        refusing.heard()[0].query.contains("sig=c2VjcmV0"),
        "it was sent"
    );
}

const DELEGATION_KEY: &str = "<UserDelegationKey><SignedOid>o</SignedOid><SignedTid>t</SignedTid>\
     <SignedStart>2026-01-01T00:00:00Z</SignedStart><SignedExpiry>2999-01-01T00:00:00Z</SignedExpiry>\
     <SignedService>b</SignedService><SignedVersion>2023-11-03</SignedVersion><Value>a2V5</Value></UserDelegationKey>";

#[tokio::test]
async fn an_identity_asks_for_a_key_once_and_signs_many_addresses_with_it() {
    let server = Wire::answering([Answer::of(200).body(DELEGATION_KEY)]).await;
    let ports = pool_with(server.url(), ("AZURE_STORAGE_TOKEN", "token"));
    for path in ["a", "b/c", "d%2Fe?f"] {
        let address = ports.pool.address(&url(path), Method::Get).await.unwrap();
        assert!(
            address.url.contains("sp=r&") || address.url.contains("sp=r"),
            "{}",
            address.url
        );
    }
    assert_eq!(server.heard().len(), 1, "{:?}", server.heard());
}

#[tokio::test]
async fn an_address_takes_three_and_a_half_seconds_and_no_more_whoever_is_slow() {
    let token = r#"{"access_token": "t", "expires_in": "86400", "not_before": "1", "expires_on": "32503680000",
        "resource": "r", "token_type": "Bearer"}"#;
    // The identity's endpoint and the store are one server here.
    let slow = Answer::of(200)
        .body(token)
        .after(Duration::from_millis(1_500));
    let silent = (0..5).map(|_| Answer::of(200).after(Duration::from_secs(9)));
    let server = Wire::answering([slow].into_iter().chain(silent)).await;
    let identity = format!("{}/identity", server.url());
    let ports = pool_with(server.url(), ("IDENTITY_ENDPOINT", &identity));
    let begun = Instant::now();
    let address = ports.pool.address(&url("a"), Method::Get).await;
    let took = begun.elapsed();
    assert!(
        matches!(address, Err(PoolError::Unavailable(_))),
        "{address:?}"
    );
    assert!(server.heard().len() > 1, "the identity did answer");
    assert!(took < Duration::from_millis(4_500), "{took:?}");
}

#[tokio::test]
async fn a_shared_access_signature_signs_nothing_and_is_never_given_away() {
    let server = Wire::answering([]).await;
    let ports = pool_with(
        server.url(),
        ("AZURE_STORAGE_SAS_TOKEN", "sv=2023-11-03&sig=c2VjcmV0"),
    );
    let address = ports.pool.address(&url("a"), Method::Get).await;
    let words = address.unwrap_err().to_string();
    assert!(
        words.contains("key") && !words.contains("c2VjcmV0"),
        "{words}"
    );
    assert!(server.heard().is_empty());
}
