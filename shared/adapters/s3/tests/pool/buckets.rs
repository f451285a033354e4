//! Creating and configuring buckets.

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleFilter,
};
use cloud_mirror_domain::ports::{Pool as _, PoolError};
use cloud_mirror_s3::{Access, S3Pool};
use cloud_mirror_testkit::servers::s3::Fault;

use crate::support::{BUCKET, DAY, REGION, Stage, settings};

#[tokio::test]
async fn a_bucket_is_created_in_its_region_and_a_second_time_nothing_is_written() {
    for (access, region) in [
        (Access::Presigned, REGION),
        (Access::Public, REGION),
        (Access::Presigned, "us-east-1"),
    ] {
        let stage = Stage::new().await;
        let mut settings = settings(access);
        settings.region = region.into();
        let pool = S3Pool::new(settings, stage.clients(), stage.clock.clone());
        pool.prepare().await.unwrap();
        let client = stage.clients().in_region(region);
        let there = client.head_bucket().bucket(BUCKET).send().await.unwrap();
        assert_eq!(there.bucket_region(), Some(region));
        let writes = stage.writes();
        pool.prepare().await.unwrap();
        assert_eq!(stage.writes(), writes, "{access:?} {region}");
        assert_eq!(pool.plan().await, Ok(vec![]));
    }
}

#[tokio::test]
async fn a_plan_says_what_would_be_done_and_does_nothing() {
    let stage = Stage::new().await;
    let plan = stage.pool(Access::Public).plan().await.unwrap();
    let expected = [
        "create the bucket replicas in eu-central-1",
        "block public ACLs, and allow public policies",
        "let everybody read objects, by the bucket's policy",
        "encrypt objects by default (SSE-S3)",
        "set the lifecycle rules cloud-mirror-expire (2 days) and cloud-mirror-abort-uploads (7 days)",
    ];
    assert_eq!(plan, expected);
    assert_eq!(stage.writes(), 0);
    stage.pool(Access::Public).prepare().await.unwrap();
    let plan = stage.pool(Access::Presigned).plan().await.unwrap();
    assert_eq!(plan, ["block all public access"]);
}

#[tokio::test]
async fn a_presigned_pools_bucket_is_closed_and_a_public_ones_open_for_reading_only() {
    let stage = Stage::new().await;
    let flags = async || {
        let asking = stage.client().get_public_access_block().bucket(BUCKET);
        let block = asking
            .send()
            .await
            .unwrap()
            .public_access_block_configuration
            .unwrap();
        let acls = (block.block_public_acls, block.ignore_public_acls);
        (
            acls,
            (block.block_public_policy, block.restrict_public_buckets),
        )
    };
    let both = |flag| (Some(flag), Some(flag));
    stage.prepared(Access::Public).await;
    assert_eq!(flags().await, (both(true), both(false)));
    let policy = stage
        .client()
        .get_bucket_policy()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let policy = policy.policy().unwrap();
    for part in [
        r#""Action":"s3:GetObject""#,
        r#""Resource":"arn:aws:s3:::replicas/*""#,
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    stage.prepared(Access::Presigned).await;
    assert_eq!(flags().await, (both(true), both(true)));
}

#[tokio::test]
async fn the_lifecycle_rules_of_others_stay_as_they_were() {
    let stage = Stage::new().await;
    stage.s3.create_bucket(BUCKET, REGION);
    put_rules(&stage, vec![foreign()]).await;
    stage.prepared(Access::Presigned).await;
    let rules = rules(&stage).await;
    let ids: Vec<_> = rules.iter().filter_map(LifecycleRule::id).collect();
    assert_eq!(
        ids,
        ["logs", "cloud-mirror-expire", "cloud-mirror-abort-uploads"]
    );
    assert_eq!(rules[0], foreign());
    let days = rules[1].expiration().and_then(LifecycleExpiration::days);
    assert_eq!(days, Some(2));
    let uploads = rules[2].abort_incomplete_multipart_upload().unwrap();
    assert_eq!(uploads.days_after_initiation(), Some(7));
}

#[tokio::test]
#[expect(
    deprecated,
    reason = "the prefix of a rule itself is still found in old buckets"
)]
async fn an_old_bucket_whose_rules_have_no_filters_is_taken_over() {
    let stage = Stage::new().await;
    stage.s3.create_bucket(BUCKET, REGION);
    let mut old = foreign();
    old.filter = None;
    old.prefix = Some("logs/".to_owned());
    put_rules(&stage, vec![old]).await;
    stage.prepared(Access::Presigned).await;
    let rules = rules(&stage).await;
    assert_eq!((rules.len(), &rules[0]), (3, &foreign()));
    let plan = stage.pool(Access::Presigned).plan().await;
    assert_eq!(plan, Ok(vec![]));
}

#[tokio::test]
async fn another_lifespan_changes_our_rule_and_nothing_else() {
    let stage = Stage::new().await;
    stage.prepared(Access::Presigned).await;
    let mut longer = settings(Access::Presigned);
    longer.lifespan = 3 * DAY + DAY / 2;
    let pool = S3Pool::new(longer, stage.clients(), stage.clock.clone());
    let plan = pool.plan().await.unwrap();
    assert_eq!(
        plan,
        ["set the lifecycle rules cloud-mirror-expire (4 days)"]
    );
    let writes = stage.writes();
    pool.prepare().await.unwrap();
    assert_eq!(stage.writes(), writes + 1);
    assert_eq!(rules(&stage).await.len(), 2);
}

#[tokio::test]
async fn a_bucket_elsewhere_or_of_others_is_said_clearly() {
    let stage = Stage::new().await;
    stage.s3.create_bucket(BUCKET, "us-west-2");
    let pool = stage.pool(Access::Presigned);
    for answer in [pool.prepare().await, pool.plan().await.map(drop)] {
        let why = answer.unwrap_err().to_string();
        assert!(
            why.contains("is in us-west-2, not in eu-central-1"),
            "{why}"
        );
    }
    stage.s3.create_bucket(BUCKET, REGION);
    stage.s3.deny(BUCKET, true);
    let denied = pool.prepare().await;
    assert!(matches!(&denied, Err(PoolError::Denied(why)) if why.contains("another account's")));
    assert_eq!(stage.writes(), 0);
}

#[tokio::test]
async fn a_name_that_is_taken_is_said_and_one_that_is_ours_by_now_is_fine() {
    let stage = Stage::new().await;
    let pool = stage.pool(Access::Presigned);
    let taken = Fault::Error(409, "BucketAlreadyExists".into());
    stage.s3.fail_next("CreateBucket", 1, taken);
    let refused = pool.prepare().await;
    assert!(matches!(&refused, Err(PoolError::Denied(why)) if why.contains("another account's")));
    stage.s3.create_bucket(BUCKET, REGION);
    stage
        .s3
        .fail_next("HeadBucket", 1, Fault::Error(404, "NotFound".into()));
    pool.prepare().await.expect("somebody of ours was faster");
}

fn foreign() -> LifecycleRule {
    LifecycleRule::builder()
        .id("logs")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("logs/").build())
        .expiration(LifecycleExpiration::builder().days(3).build())
        .build()
        .unwrap()
}

async fn put_rules(stage: &Stage, rules: Vec<LifecycleRule>) {
    let rules = BucketLifecycleConfiguration::builder().set_rules(Some(rules));
    let request = stage
        .client()
        .put_bucket_lifecycle_configuration()
        .bucket(BUCKET);
    let request = request.lifecycle_configuration(rules.build().unwrap());
    request.send().await.unwrap();
}

async fn rules(stage: &Stage) -> Vec<LifecycleRule> {
    let asking = stage
        .client()
        .get_bucket_lifecycle_configuration()
        .bucket(BUCKET);
    asking.send().await.unwrap().rules.unwrap()
}
