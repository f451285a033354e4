//! The keys of a bucket, as an operator has them listed.

use cloud_mirror_s3::Listing;

use crate::support::{REGION, Stage};

const SOURCE: &str = "acme-artifacts";

#[tokio::test]
async fn every_key_below_a_prefix_is_listed_once_over_all_pages() {
    let stage = Stage::new().await;
    stage.s3.create_bucket(SOURCE, REGION);
    let keys: Vec<_> = (0..2_345).map(|n| format!("public/{n:04}")).collect();
    for key in keys
        .iter()
        .chain(["publicity", "private/a"].map(String::from).iter())
    {
        stage.s3.put_pattern(SOURCE, key, 1, 0);
    }
    let listing = stage.clients().listing(REGION, SOURCE, "public/");
    assert_eq!(all(listing).await, keys);
    assert_eq!(stage.s3.count("ListObjectsV2"), 3);
}

#[tokio::test]
async fn a_key_is_listed_as_it_is() {
    let stage = Stage::new().await;
    stage.s3.create_bucket(SOURCE, REGION);
    let keys = ["a b", "a%2Fb", "a+b", "é&<>"];
    for key in keys {
        stage.s3.put_pattern(SOURCE, key, 1, 0);
    }
    let listing = stage.clients().listing(REGION, SOURCE, "");
    assert_eq!(all(listing).await, keys);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_named() {
    let stage = Stage::new().await;
    let mut listing = stage.clients().listing(REGION, "no-such-bucket", "public/");
    let words = listing.next().await.unwrap_err().to_string();
    for part in [
        "ListObjectsV2",
        "s3://no-such-bucket/public/",
        "NoSuchBucket",
    ] {
        assert!(words.contains(part), "{words}");
    }
}

async fn all(mut listing: Listing) -> Vec<String> {
    let mut keys = Vec::new();
    while let Some(page) = listing.next().await.unwrap() {
        keys.extend(page);
    }
    keys
}
