//! What becomes of every failure, rendered into `docs/ERRORS.md`.
//!
//! The document cannot drift from the copier and from `decide`: this test fails until
//! `UPDATE_DOCS=1 cargo test -p cloud-mirror-copier --test events errors_document` has written it
//! anew.

mod fate;
mod words;

use std::path::Path;

use cloud_mirror_domain::decide::{Decision, Upkeep};
use cloud_mirror_domain::digest::Algorithm;
use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::policy::{CopyLimits, Policy};
use cloud_mirror_domain::ports::StatusTable as _;
use tokio::time::sleep;

use crate::house::{House, replica};
use fate::{Fate, abandoned, decision, fate_of, told_to_fail};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ERRORS.md");

#[tokio::test(start_paused = true)]
async fn the_document_says_what_becomes_of_every_failure() {
    let expected = words::document(&fates().await);
    if std::env::vars().any(|(name, _)| name == "UPDATE_DOCS") {
        std::fs::write(Path::new(DOCUMENT), &expected).expect("docs/ERRORS.md");
    }
    let document = std::fs::read_to_string(DOCUMENT).expect("docs/ERRORS.md");
    assert!(
        document == expected,
        "docs/ERRORS.md is not what the copier and `decide` do; run\n  \
         UPDATE_DOCS=1 cargo test -p cloud-mirror-copier --test events errors_document"
    );
}

/// Failures that nobody was told to make take the way that the document says of their kind.
#[tokio::test(start_paused = true)]
async fn failures_on_their_own_ways_end_as_the_document_says() {
    let pool_is_down = House::new();
    pool_is_down.faults.break_down("pool");
    let too_large = house_that_mirrors_up_to(1);
    let damaged = House::new();
    damaged.source.offers(Algorithm::Md5, &"0".repeat(32));
    let breaking = House::new();
    breaking.source.breaks_after([0; 1_000]);
    let forbidding = House::new();
    forbidding.source.says_of_caching(Some("no-store"), None);
    for (kind, house) in [
        (Kind::PoolFailed, pool_is_down),
        (Kind::TooLarge, too_large),
        (Kind::DigestMismatch, damaged),
        (Kind::SourceUnreachable, breaking),
        (Kind::NotStorable, forbidding),
    ] {
        assert_eq!(fate_of(&house).await, told(kind).await, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_changes_nothing_for_clients() {
    for kind in Kind::ALL {
        let house = house_with_a_replica_near_its_end().await;
        assert_eq!(upkeep(&house).await, Upkeep::Renew);
        house.a_request_claims().await;
        house.source.fail_as(kind);
        house.deliver("sqs-put").await;
        assert_eq!(upkeep(&house).await, Upkeep::None, "{kind}: not at once");
        sleep(Policy::default().lifetimes.retry_backoff.1).await;
        assert_eq!(upkeep(&house).await, Upkeep::Renew, "{kind}: but later");
    }
}

/// Nothing that the characters of prose can spell is a host, an address, an ARN or an account.
#[test]
fn what_the_public_is_told_of_a_kind_names_no_bucket_address_or_account() {
    for kind in Kind::ALL {
        let word = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        assert!(word(kind.as_str()), "{kind}");
        let message = kind.message();
        let told: Vec<_> = message.split([' ', ',', '\'']).collect();
        assert!(told.iter().all(|told| word(told)), "{kind}: {message}");
        for private in ["bucket", "account", "role", "arn", "queue", "table"] {
            assert!(!told.contains(&private), "{kind}: {message}");
        }
    }
}

/// What became of every kind, in the order of the documentation.
async fn fates() -> Vec<(Kind, Fate)> {
    let mut fates = Vec::new();
    for kind in Kind::ALL {
        fates.push((kind, told(kind).await));
    }
    fates
}

/// A source cannot give a copy up: that kind alone is made by those who claim.
async fn told(kind: Kind) -> Fate {
    match kind {
        Kind::Abandoned => abandoned().await,
        _ => fate_of(&told_to_fail(kind)).await,
    }
}

fn house_that_mirrors_up_to(max_object: u64) -> House {
    let copy = CopyLimits {
        max_object,
        ..CopyLimits::default()
    };
    let policy = Policy {
        copy,
        ..Policy::default()
    };
    House::with(policy, |ports| ports)
}

async fn house_with_a_replica_near_its_end() -> House {
    let house = House::new();
    house.a_request_claims().await;
    assert!(house.deliver("sqs-put").await.is_empty());
    let left = house.entry().await.unwrap().expires.since(house.now());
    sleep(left - house.when().terms.lifespan / 16).await;
    let State::Present(present) = house.entry().await.unwrap().state else {
        panic!("the copy was made")
    };
    let (id, seen) = (replica(), present.settled_by);
    let confirmed = house.table.confirm(&id, seen, house.now()).await;
    assert!(confirmed.unwrap().is_done());
    house
}

async fn upkeep(house: &House) -> Upkeep {
    match decision(house).await {
        Decision::Replica(_, upkeep) => upkeep,
        other => panic!("not the replica but {other:?}"),
    }
}
