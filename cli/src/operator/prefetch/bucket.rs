//! `s3://bucket/prefix`: a bucket's keys, as the source URLs that the rules allow.

use cloud_mirror_config::Env;
use cloud_mirror_domain::rules::{Rules, SourceRule, Store};
use cloud_mirror_domain::url::s3::S3Place;
use cloud_mirror_domain::url::{MAX_URL_BYTES, SourceUrl};
use cloud_mirror_runtime::listing::listing;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::input::Listed;
use super::report::Malformed;
use crate::operator::OperatorError;

/// What a key keeps in a URL's path. A bare plus is not among them: S3 reads it as a space.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A bucket, and with which characters its keys begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    bucket: &'a str,
    prefix: &'a str,
}

impl<'a> Place<'a> {
    /// Reads `s3://bucket/prefix`; the prefix may be missing, and need not end at a slash.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        (!bucket.is_empty()).then_some(Self { bucket, prefix })
    }
}

/// Lists the bucket with the caller's own credentials, in the region of the rule that names it. A key
/// that no rule allows is told, and asked for nowhere.
pub(super) async fn read(
    place: Place<'_>,
    rules: &Rules,
    env: &dyn Env,
) -> Result<Listed, OperatorError> {
    let mut stores = rules.sources.iter().filter_map(|rule| rule.store.as_ref());
    let store = stores.find(|store| is_bucket(store, place.bucket));
    let region = store.map(|store| store.region.as_str());
    let mut pages = listing(env, region, place.bucket, place.prefix).await;
    let mut listed = Listed::default();
    while let Some(keys) = pages.next().await.map_err(failed)? {
        for key in keys {
            match source_url(rules, place.bucket, &key) {
                Some(url) => listed.urls.push(url),
                None => listed.malformed.push(no_rule(place.bucket, &key)),
            }
        }
    }
    Ok(listed)
}

fn failed(error: impl std::fmt::Display) -> OperatorError {
    OperatorError::Unable(format!(
        "{error}; the list needs s3:ListBucket on the bucket, and AWS_REGION where no [[source]] names its region"
    ))
}

fn no_rule(bucket: &str, key: &str) -> Malformed {
    Malformed {
        place: format!("s3://{bucket}/{key}"),
        error: "source-not-allowed",
        message: "no [[source]] of the configuration has a URL for this key; a rule with `store` says which URLs are its bucket's".to_owned(),
    }
}

/// The URL by which clients ask for an object of a bucket: that of a rule whose store it lies in, else
/// one of S3's own if a rule allows it.
fn source_url(rules: &Rules, bucket: &str, key: &str) -> Option<SourceUrl> {
    let stored = rules
        .sources
        .iter()
        .filter_map(|rule| in_store(rule, bucket, key));
    let own = std::iter::once_with(|| own_url(bucket, key)).flatten();
    let allowed = stored.chain(own).find_map(|url| {
        let (rule, url) = rules.rule_for(&url)?;
        names(rule, &url, bucket, key).then_some(url)
    })?;
    (allowed.as_str().len() <= MAX_URL_BYTES).then_some(allowed)
}

/// Whether a store is that bucket of S3's: other providers may have one of the same name.
fn is_bucket(store: &Store, bucket: &str) -> bool {
    store.provider == "s3" && store.bucket == bucket
}

fn in_store(rule: &SourceRule, bucket: &str, key: &str) -> Option<SourceUrl> {
    let store = rule.store.as_ref();
    let store = store.filter(|store| is_bucket(store, bucket))?;
    let inside = key.strip_prefix(&store.folder())?;
    let prefix = rule.prefix.as_str().trim_end_matches('/');
    SourceUrl::parse(&format!(
        "{prefix}/{}",
        utf8_percent_encode(inside, ESCAPED)
    ))
    .ok()
}

/// In the spelling that any bucket has, whatever its name and region; the rule spells it as its own.
fn own_url(bucket: &str, key: &str) -> Option<SourceUrl> {
    let key = utf8_percent_encode(key, ESCAPED);
    SourceUrl::parse(&format!("https://s3.amazonaws.com/{bucket}/{key}")).ok()
}

/// Whether a rule takes a URL for exactly that object: URLs have no dot segments, which keys may have.
fn names(rule: &SourceRule, url: &SourceUrl, bucket: &str, key: &str) -> bool {
    match rule.stored(url) {
        Some(object) => (&*object.provider, &*object.bucket, &*object.key) == ("s3", bucket, key),
        None => S3Place::of(url).is_some_and(|place| {
            let named = percent_encoding::percent_decode_str(&place.key).decode_utf8();
            place.bucket == bucket && named.is_ok_and(|named| named == key)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        let rule = |prefix: &str| SourceRule::new(SourceUrl::parse(prefix).unwrap());
        let store = |bucket: &str, prefix: &str| Store {
            provider: "s3".into(),
            endpoint: None,
            bucket: bucket.into(),
            region: "us-west-2".into(),
            prefix: prefix.into(),
            requester_pays: false,
        };
        let mut named = rule("https://downloads.example.com/files/");
        named.store = Some(store("acme", "public/"));
        let mut own = rule("https://whole.s3.us-west-2.amazonaws.com/");
        own.store = Some(store("whole", ""));
        let open = rule("https://open.data.s3.amazonaws.com/");
        let mut elsewhere = rule("https://storage.googleapis.com/theirs/");
        elsewhere.store = Some(Store {
            provider: "gcs".into(),
            ..store("theirs", "")
        });
        Rules {
            sources: vec![named, own, open, elsewhere].into(),
            pools: Vec::new(),
            auto: cloud_mirror_domain::rules::Auto::default(),
        }
    }

    #[test]
    fn a_key_is_asked_for_by_the_url_that_its_rule_has_for_it() {
        for (bucket, key, url) in [
            (
                "acme",
                "public/a/b",
                Some("https://downloads.example.com/files/a/b"),
            ),
            (
                "acme",
                "public/a b+c",
                Some("https://downloads.example.com/files/a%20b%2Bc"),
            ),
            (
                "acme",
                "public/a%2Fb",
                Some("https://downloads.example.com/files/a%252Fb"),
            ),
            (
                "acme",
                "public//a",
                Some("https://downloads.example.com/files//a"),
            ),
            (
                "acme",
                "public/é?#",
                Some("https://downloads.example.com/files/%C3%A9%3F%23"),
            ),
            ("acme", "public/../private", None),
            ("acme", "private/a", None),
            ("acme", "publicity", None),
            (
                "whole",
                "x",
                Some("https://whole.s3.us-west-2.amazonaws.com/x"),
            ),
            (
                "open.data",
                "x y",
                Some("https://open.data.s3.amazonaws.com/x%20y"),
            ),
            ("other", "x", None),
            ("theirs", "x", None),
        ] {
            let found = source_url(&rules(), bucket, key);
            assert_eq!(found.as_ref().map(SourceUrl::as_str), url, "{bucket} {key}");
        }
    }

    #[test]
    fn a_bucket_is_told_from_a_file() {
        let place = |bucket, prefix| Some(Place { bucket, prefix });
        assert_eq!(Place::of("s3://acme/public/"), place("acme", "public/"));
        assert_eq!(Place::of("s3://acme"), place("acme", ""));
        assert_eq!(Place::of("s3:///a"), None);
        assert_eq!(Place::of("urls.txt"), None);
    }
}
