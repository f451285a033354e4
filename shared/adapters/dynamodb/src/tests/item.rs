//! How entries lie in the table.

use aws_sdk_dynamodb::types::AttributeValue;
use cloud_mirror_domain::entry::{
    Entry, Pending, Progress, State, StreamProgress, Underway, UnfinishedUpload, Work,
};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use proptest::prelude::*;
use ulid::Ulid;

use super::entries::{NOW, entry};
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

/// A stream's progress at its largest: a source's long entity tag, an upload id as long as S3's
/// get, a digest state for each of four digests.
fn huge_upload() -> UnfinishedUpload {
    UnfinishedUpload {
        id: "u".repeat(200),
        begun_by: Ulid::from(u128::MAX),
        source_etag: Some("e".repeat(100)),
        size: Some(u64::MAX),
        part_size: u64::MAX,
        progress: Progress {
            parts: 10_000,
            stream: Some(StreamProgress {
                parts: 10_000,
                bytes: u64::MAX,
                digest_states: "d".repeat(800),
            }),
        },
        failed_completions: 0,
    }
}

fn pending(upload: Option<UnfinishedUpload>) -> Entry {
    let work = Work {
        attempt: Ulid::from(1u128),
        run: Some(Ulid::from(2u128)),
        lease: NOW,
    };
    let began = Underway {
        size: u64::MAX,
        began: NOW,
    };
    Entry {
        state: State::Pending(Pending {
            work,
            underway: Some(began),
        }),
        expires: NOW,
        tries: 1,
        distrust: false,
        most_parts: 0,
        upload,
    }
}

/// The item of a copy in parts, with its upload's attributes for a test to change.
fn with_upload(change: impl FnOnce(&mut Item)) -> Seen {
    let mut item = item("k", &text("r"), &pending(Some(huge_upload()))).unwrap();
    match item.get_mut("upload") {
        Some(AttributeValue::M(upload)) => change(upload),
        other => panic!("no upload: {other:?}"),
    }
    Seen::of(item)
}

#[test]
fn an_upload_whose_progress_nobody_noted_has_made_none() {
    let seen = with_upload(|upload| drop(upload.remove("progress")));
    let unknown = UnfinishedUpload {
        progress: Progress::default(),
        ..huge_upload()
    };
    assert_eq!(seen.entry, Some(pending(Some(unknown))));
}

/// Nobody could tell whose name the object would bear.
#[test]
fn an_upload_of_an_unknown_run_makes_its_entry_absent() {
    let seen = with_upload(|upload| drop(upload.remove("begun_by")));
    assert_eq!(seen.rev, Some(text("r")), "and can be claimed over");
    assert_eq!(seen.entry, None);
}

/// DynamoDB's own reckoning: names and values in bytes, 21 at most for a number, three for a map
/// and one for each thing in it.
fn size(item: &Item) -> usize {
    let of_value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(_) => 21,
        AttributeValue::M(inner) => 3 + inner.len() + size(inner),
        _ => 1,
    };
    item.iter()
        .map(|(name, value)| name.len() + of_value(value))
        .sum()
}

#[test]
fn a_streams_progress_takes_a_hundredth_of_what_an_item_may_have() {
    let key = "k".repeat(2_048);
    let sized = |entry: &Entry| size(&item(&key, &text("r".repeat(26)), entry).unwrap());
    let (without, with) = (sized(&pending(None)), sized(&pending(Some(huge_upload()))));
    assert!(with < 4_096, "{with} bytes");
    assert!(with - without < 1_536, "{} bytes", with - without);
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
