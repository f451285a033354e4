//! What `prepare` makes of a bucket.

use cloud_mirror_domain::ports::PoolError;
use cloud_mirror_domain::rules::Access;
use cloud_mirror_gcs::{GcsPool, GcsPoolSettings};
use cloud_mirror_testkit::servers::gcs::Fault;
use serde_json::json;

use crate::support::{BUCKET, DAY, REGION, Stage, settings};

#[tokio::test]
async fn a_bucket_is_made_as_it_must_be_and_then_left_alone() {
    for access in [Access::Presigned, Access::Public] {
        let stage = Stage::new().await;
        let pool = stage.pool(access);
        let planned = pool.plan().await.unwrap();
        assert_eq!(planned[0], "create the bucket replicas in europe-west3");
        let ports = pool.ports();
        ports.pool.prepare().await.unwrap();
        let bucket = stage.gcs.bucket(BUCKET).unwrap();
        assert_eq!(
            bucket["lifecycle"]["rule"],
            json!([
                {"action": {"type": "Delete"}, "condition": {"age": 2}},
                {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}},
            ])
        );
        let rights = &bucket["iamConfiguration"];
        assert_eq!(rights["uniformBucketLevelAccess"]["enabled"], true);
        let enforced = rights["publicAccessPrevention"] == "enforced";
        assert_eq!(enforced, access == Access::Presigned);
        assert_eq!(bucket["softDeletePolicy"]["retentionDurationSeconds"], "0");
        assert_eq!(pool.plan().await, Ok(vec![]), "{access:?}");
        let before = stage.gcs.requests().len();
        ports.pool.prepare().await.unwrap();
        let again = stage.operations_since(before);
        let reads = |operation: &String| operation.starts_with("Get");
        assert!(again.iter().all(reads), "{again:?}");
    }
}

#[tokio::test]
async fn a_bucket_that_is_there_is_changed_where_it_must_be() {
    let stage = Stage::new().await;
    stage.gcs.create_bucket(BUCKET, REGION);
    let pool = stage.pool(Access::Public);
    let planned = pool.plan().await.unwrap();
    let words = planned.join("; ");
    for word in ["public access", "2 days", "soft deletion", "everybody read"] {
        assert!(words.contains(word), "{word}: {words}");
    }
    assert!(!words.contains("create"), "{words}");
    pool.ports().pool.prepare().await.unwrap();
    assert_eq!(pool.plan().await, Ok(vec![]));
    let longer = GcsPoolSettings {
        lifespan: 30 * DAY,
        ..settings(Access::Public)
    };
    let longer = GcsPool::new(longer, stage.clients(), stage.clock.clone());
    longer.ports().pool.prepare().await.unwrap();
    let bucket = stage.gcs.bucket(BUCKET).unwrap();
    let ages = bucket["lifecycle"]["rule"].as_array().unwrap();
    assert_eq!(
        ages.len(),
        3,
        "replicas, uploads, and what was not published"
    );
}

#[tokio::test]
async fn a_bucket_elsewhere_is_refused_by_name() {
    let stage = Stage::new().await;
    stage.gcs.create_bucket(BUCKET, "us-central1");
    let refused = stage.pool(Access::Presigned).ports().pool.prepare().await;
    let why = refused.unwrap_err().to_string();
    assert!(
        why.contains("is in US-CENTRAL1, not in europe-west3"),
        "{why}"
    );
}

#[tokio::test]
async fn a_bucket_of_another_account_is_a_denial() {
    let stage = Stage::new().await;
    stage.gcs.create_bucket(BUCKET, REGION);
    stage.gcs.deny(BUCKET, true);
    let refused = stage.pool(Access::Presigned).ports().pool.prepare().await;
    assert!(matches!(refused, Err(PoolError::Denied(_))), "{refused:?}");
}

#[tokio::test]
async fn a_bucket_is_created_only_where_a_project_is_named() {
    let stage = Stage::new().await;
    let (url, key) = (stage.gcs.url(), stage.gcs.service_account());
    let get = |name: &str| match name {
        "GOOGLE_BASE_URL" => Some(url.clone()),
        "GOOGLE_SERVICE_ACCOUNT_KEY" => Some(key.clone()),
        _ => None,
    };
    let clients = cloud_mirror_gcs::GcsClients::open(&get, false).unwrap();
    let pool = GcsPool::new(settings(Access::Presigned), clients, stage.clock.clone());
    let why = pool.ports().pool.prepare().await.unwrap_err().to_string();
    assert!(why.contains("set GOOGLE_CLOUD_PROJECT"), "{why}");
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_no_failure() {
    let stage = Stage::new().await;
    stage.gcs.create_bucket(BUCKET, REGION);
    let pool = stage.pool(Access::Public);
    for operation in ["PatchBucket", "PutBucketPolicy"] {
        stage.gcs.fail_next(operation, 1, Fault::LostReply);
    }
    let prepared = pool.ports().pool.prepare().await;
    assert_eq!(prepared, Ok(()));
    assert_eq!(pool.plan().await, Ok(vec![]));
    assert_eq!(stage.gcs.count("PatchBucket"), 2);
    assert_eq!(stage.gcs.count("PutBucketPolicy"), 2);
}
