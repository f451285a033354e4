//! How entries lie in the table.

use aws_sdk_dynamodb::types::AttributeValue;
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use proptest::prelude::*;

use super::entries::entry;
use crate::item::{Item, Seen, item, key, number, text};

fn in_frankfurt(url: &str) -> ReplicaId {
    ReplicaId {
        pool: PoolId::new("s3", "eu-central-1"),
        url: SourceUrl::parse(url).unwrap(),
    }
}

fn holds_a_null(item: &Item) -> bool {
    item.values().any(|value| match value {
        AttributeValue::M(inner) => holds_a_null(inner),
        value => value.is_null(),
    })
}

proptest! {
    #[test]
    fn an_entry_comes_back_from_its_item_as_it_was(entry in entry()) {
        let item = item("k", &text("r"), &entry).unwrap();
        prop_assert!(!holds_a_null(&item));
        prop_assert_eq!(&item["status"], &text(tag(&item)));
        let seen = Seen::of(item);
        prop_assert_eq!(seen.rev, Some(text("r")));
        prop_assert_eq!(seen.entry, Some(entry));
    }

    #[test]
    fn the_ttl_is_in_seconds_and_never_before_the_end(mut entry in entry(), expires: u64) {
        entry.expires = Timestamp::from_millis(expires);
        let item = item("k", &text("r"), &entry).unwrap();
        let ttl: u128 = item["ttl"].as_n().unwrap().parse().unwrap();
        let late = ttl * 1_000 - u128::from(expires);
        prop_assert!(late < 1_000, "{} ms late", late);
    }

    #[test]
    fn an_item_of_another_format_counts_as_absent(entry in entry(), version in 2_u64..) {
        let mut item = item("k", &text("r"), &entry).unwrap();
        item.insert("v".into(), number(version));
        prop_assert_eq!(Seen::of(item), Seen { rev: Some(text("r")), entry: None });
    }
}

fn tag(item: &Item) -> String {
    let state = item["state"].as_m().unwrap();
    state["status"].as_s().unwrap().clone()
}

#[test]
fn a_key_names_the_pool_and_the_url() {
    let id = in_frankfurt("https://example.com/a?b");
    assert_eq!(key(&id), "s3/eu-central-1 https://example.com/a?b");
}

#[test]
fn a_url_that_fits_into_no_key_is_told_by_its_digest() {
    let long = |last: &str| format!("https://example.com/{}{last}", "a".repeat(2_100));
    let (one, other) = (in_frankfurt(&long("1")), in_frankfurt(&long("2")));
    assert!(key(&one).starts_with("s3/eu-central-1 sha256:"));
    assert!(key(&one).len() < 100);
    assert_ne!(key(&one), key(&other));
}
