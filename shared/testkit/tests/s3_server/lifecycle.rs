//! Objects and uploads end as the bucket's rules say.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::builders::LifecycleRuleBuilder;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
};

use crate::support::{BUCKET, a_bucket, begin, put, refusal, refused};

const DAY: u64 = 24 * 60 * 60;

fn rule(id: &str, prefix: &str) -> LifecycleRuleBuilder {
    LifecycleRule::builder()
        .id(id)
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
}

fn expiring(id: &str, prefix: &str, days: i32) -> LifecycleRule {
    let expiration = LifecycleExpiration::builder().days(days).build();
    rule(id, prefix).expiration(expiration).build().unwrap()
}

fn aborting(id: &str, days: i32) -> LifecycleRule {
    let abort = AbortIncompleteMultipartUpload::builder().days_after_initiation(days);
    let rule = rule(id, "").abort_incomplete_multipart_upload(abort.build());
    rule.build().unwrap()
}

async fn rules(client: &Client, rules: Vec<LifecycleRule>) {
    let rules = BucketLifecycleConfiguration::builder().set_rules(Some(rules));
    let put = client.put_bucket_lifecycle_configuration().bucket(BUCKET);
    let put = put.lifecycle_configuration(rules.build().unwrap());
    put.send().await.unwrap();
}

/// `expiry-date` of an object that was written just now, so many days from now.
fn midnight_after(days: u64, written: Option<&DateTime>) -> String {
    let seconds = written.unwrap().secs() as u64;
    let midnight = DateTime::from_secs(((seconds / DAY + days + 1) * DAY) as i64);
    midnight.fmt(DateTimeFormat::HttpDate).unwrap()
}

#[tokio::test]
async fn a_bucket_without_rules_says_so() {
    let (_server, client) = a_bucket().await;
    let get = client.get_bucket_lifecycle_configuration().bucket(BUCKET);
    let none = refused(404, "NoSuchLifecycleConfiguration");
    assert_eq!(refusal(get.send().await), none);
}

#[tokio::test]
async fn rules_come_back_as_they_were_put() {
    let (_server, client) = a_bucket().await;
    let put = vec![expiring("one", "a/", 3), aborting("two", 7)];
    rules(&client, put.clone()).await;
    let get = client.get_bucket_lifecycle_configuration().bucket(BUCKET);
    assert_eq!(get.send().await.unwrap().rules(), put);
}

#[tokio::test]
async fn an_object_tells_its_end_at_the_midnight_after_whole_days() {
    let (_server, client) = a_bucket().await;
    rules(
        &client,
        vec![expiring("keep a b", "a/", 3), expiring("long", "", 30)],
    )
    .await;
    put(&client, "a/1", b"bytes").await;
    let head = client.head_object().bucket(BUCKET).key("a/1").send();
    let head = head.await.unwrap();
    let date = midnight_after(3, head.last_modified());
    let expected = format!("expiry-date=\"{date}\", rule-id=\"keep%20a%20b\"");
    assert_eq!(head.expiration(), Some(&*expected));
    assert!(date.ends_with(" 00:00:00 GMT"));
    put(&client, "b", b"bytes").await;
    let get = client.get_object().bucket(BUCKET).key("b").send();
    let get = get.await.unwrap();
    let date = midnight_after(30, get.last_modified());
    assert!(get.expiration().unwrap().contains(&date));
}

#[tokio::test]
async fn writes_tell_the_end_of_what_they_wrote() {
    let (_server, client) = a_bucket().await;
    rules(&client, vec![expiring("one", "", 1)]).await;
    let put = client.put_object().bucket(BUCKET).key("a").send().await;
    assert!(put.unwrap().expiration().is_some());
    let copy = client.copy_object().bucket(BUCKET).key("b");
    let copy = copy.copy_source(format!("{BUCKET}/a")).send().await;
    assert!(copy.unwrap().expiration().is_some());
}

#[tokio::test]
async fn a_sweep_deletes_what_has_expired_and_aborts_old_uploads() {
    let (server, client) = a_bucket().await;
    rules(&client, vec![expiring("one", "a/", 1), aborting("two", 1)]).await;
    server.put(BUCKET, "a/1", "bytes", &[]);
    server.put(BUCKET, "b/1", "bytes", &[]);
    begin(&client, "c").await;
    server.sweep_lifecycle();
    assert_eq!(server.keys(BUCKET).len(), 2);
    server.time_passes(Duration::from_secs(2 * DAY));
    server.put(BUCKET, "a/2", "bytes", &[]);
    server.sweep_lifecycle();
    assert_eq!(server.keys(BUCKET), ["a/2", "b/1"]);
    assert_eq!(server.uploads(BUCKET), []);
}

#[tokio::test]
async fn time_that_passes_shows_in_last_modified() {
    let (server, client) = a_bucket().await;
    let written = async |key| {
        put(&client, key, b"bytes").await;
        let head = client.head_object().bucket(BUCKET).key(key).send();
        SystemTime::try_from(*head.await.unwrap().last_modified().unwrap()).unwrap()
    };
    let first = written("a").await;
    server.time_passes(Duration::from_secs(DAY));
    let later = written("b").await.duration_since(first).unwrap();
    assert!(later >= Duration::from_secs(DAY));
}

#[tokio::test]
#[expect(
    deprecated,
    reason = "the prefix of a rule itself is still found in old buckets"
)]
async fn rules_with_a_prefix_of_their_own_stand_only_among_their_like() {
    let (server, client) = a_bucket().await;
    let old = |id: &str, prefix: &str| {
        let mut rule = expiring(id, "", 1);
        rule.filter = None;
        rule.prefix = Some(prefix.to_owned());
        rule
    };
    let mixed = vec![old("old", "a/"), expiring("new", "b/", 1)];
    let mixed = BucketLifecycleConfiguration::builder().set_rules(Some(mixed));
    let put = client.put_bucket_lifecycle_configuration().bucket(BUCKET);
    let put = put.lifecycle_configuration(mixed.build().unwrap());
    assert_eq!(refusal(put.send().await), refused(400, "InvalidRequest"));
    rules(&client, vec![old("one", "a/"), old("two", "b/")]).await;
    server.put(BUCKET, "a/1", "bytes", &[]);
    server.put(BUCKET, "c/1", "bytes", &[]);
    server.time_passes(Duration::from_secs(3 * DAY));
    server.sweep_lifecycle();
    assert_eq!(server.keys(BUCKET), ["c/1"]);
}

#[tokio::test]
async fn rules_that_s3_would_refuse_are_refused() {
    let (_server, client) = a_bucket().await;
    let empty = rule("empty", "").build().unwrap();
    for bent in [
        vec![expiring("zero", "", 0)],
        vec![empty],
        vec![expiring("same", "a", 1), expiring("same", "b", 1)],
    ] {
        let rules = BucketLifecycleConfiguration::builder().set_rules(Some(bent));
        let put = client.put_bucket_lifecycle_configuration().bucket(BUCKET);
        let put = put.lifecycle_configuration(rules.build().unwrap());
        assert_eq!(refusal(put.send().await).0, 400);
    }
}
