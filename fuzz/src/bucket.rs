//! The many spellings of one S3 bucket's URL.

use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_domain::url::s3::S3Place;

use crate::input::fields;
use crate::reference::{bucket_of, is_bucket_name};

/// A URL, and behind a tab another in whose spelling it shall be written.
///
/// Promised: a bucket is found exactly where S3's endpoints say that there is one, so never for a
/// host that only looks alike, and never one that cannot exist; and the same object is found again
/// in every spelling that it is given, the common ones and the other URL's.
pub fn buckets(data: &[u8]) {
    let Some([url, like]) = fields(data) else {
        return;
    };
    let Ok(url) = SourceUrl::parse(url) else {
        return;
    };
    let Some(place) = assert_found_plainly(&url) else {
        return;
    };
    assert!(is_bucket_name(&place.bucket), "{url} names {place:?}");
    for spelling in common_spellings(&url, &place) {
        assert_found_again(&place, &spelling);
    }
    if let Ok(like) = SourceUrl::parse(like) {
        let theirs = assert_found_plainly(&like);
        let same = theirs.is_some_and(|theirs| theirs.same_bucket(&place));
        assert_eq!(place.spelled_like(&like, None).is_some(), same, "{like}");
        if same {
            assert_found_again(&place, &like);
        }
    }
}

fn assert_found_plainly(url: &SourceUrl) -> Option<S3Place> {
    let found = S3Place::of(url);
    let plainly = bucket_of(url.as_str());
    let parts = |place: &S3Place| {
        (
            place.partition.clone(),
            place.bucket.clone(),
            place.key.clone(),
        )
    };
    let expected = plainly.map(|bucket| {
        (
            bucket.partition.to_owned(),
            bucket.name.to_owned(),
            bucket.key.to_owned(),
        )
    });
    assert_eq!(found.as_ref().map(parts), expected, "{url}");
    found
}

fn common_spellings(url: &SourceUrl, place: &S3Place) -> Vec<SourceUrl> {
    let (
        scheme,
        S3Place {
            partition, bucket, ..
        },
    ) = (url.scheme(), place);
    // A region that is called like the service would make another endpoint of it; there is none.
    let region = place.region.as_deref();
    let region = region.filter(|region| !region.starts_with("s3-"));
    let region = region.unwrap_or("us-west-2");
    let endpoints = [
        format!("s3.{region}.{partition}"),
        format!("s3-{region}.{partition}"),
        format!("s3.dualstack.{region}.{partition}"),
        format!("s3.{partition}"),
    ];
    let paths = endpoints
        .iter()
        .map(|endpoint| format!("{scheme}://{endpoint}/{bucket}/"));
    // A host is written in small letters; an old bucket's name may not be.
    let hosted = [
        format!("s3-fips.dualstack.{region}.{partition}"),
        format!("s3-accelerate.{partition}"),
    ];
    let hosts = endpoints
        .iter()
        .chain(&hosted)
        .filter(|_| bucket.bytes().all(|byte| !byte.is_ascii_uppercase()))
        .map(|endpoint| format!("{scheme}://{bucket}.{endpoint}/"));
    let readable = |text: String| SourceUrl::parse(&text).ok();
    paths.chain(hosts).filter_map(readable).collect()
}

/// The same object, written as `like` is, is the same place; and so is what is written back.
fn assert_found_again(place: &S3Place, like: &SourceUrl) {
    for query in [None, Some("x=1")] {
        let spelled = place.spelled_like(like, query).unwrap();
        let found = S3Place::of(&spelled).unwrap();
        assert!(found.same_bucket(place), "{spelled} of {place:?}");
        assert_eq!(found.key, place.key, "{spelled} of {place:?}");
        assert_eq!(spelled.query(), query, "{spelled}");
        assert_eq!(spelled.authority(), like.authority(), "{spelled}");
        assert_eq!(spelled.scheme(), like.scheme(), "{spelled}");
    }
}
