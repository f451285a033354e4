//! A store that refuses, stumbles or says nothing.

use cloud_mirror_domain::ports::PoolError;
use cloud_mirror_domain::rules::Access;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_gcs::GcsPool;
use cloud_mirror_testkit::servers::gcs::Fault;

use crate::support::{BUCKET, Stage, put, replica, settings, url};

#[tokio::test]
async fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    put(&ports, &url("a"), "bytes").await.unwrap();
    for fault in [Fault::slow_down(), Fault::HangUp] {
        stage.gcs.fail_next("HeadObject", 2, fault);
        replica(&ports, &url("a")).await;
    }
    assert_eq!(stage.gcs.count("HeadObject"), 6);
    stage.gcs.deny(BUCKET, true);
    assert!(ports.pool.head(&url("a")).await.is_err());
    assert_eq!(stage.gcs.count("HeadObject"), 7);
}

#[tokio::test]
async fn a_store_that_stays_busy_is_told_from_one_that_fails() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    stage.gcs.fail_next("PutObject", 3, Fault::slow_down());
    let refused = put(&ports, &url("a"), "bytes").await.unwrap_err();
    assert!(matches!(refused, PoolError::Throttled(_)), "{refused}");
    let why = refused.to_string();
    for word in [
        "PutObject",
        "gs://replicas/example.com/a",
        "503",
        "SlowDown",
    ] {
        assert!(why.contains(word), "{word}: {why}");
    }
    let broken = Fault::Error(500, "InternalError".into());
    stage.gcs.fail_next("PutObject", 3, broken);
    let failed = put(&ports, &url("a"), "bytes").await;
    assert!(
        matches!(failed, Err(PoolError::Unavailable(_))),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_look_that_nobody_answers_ends_in_time() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    stage.gcs.fail_next("HeadObject", 3, Fault::Silence);
    let looked = ports.pool.head(&url("a")).await.unwrap_err();
    assert_eq!(
        looked.to_string(),
        "unavailable: HeadObject gs://replicas/example.com/a: no answer within 3.5s"
    );
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_meets_its_own_object() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    stage.gcs.fail_next("PutObject", 1, Fault::LostReply);
    let again = put(&ports, &url("a"), "bytes").await;
    assert_eq!(again, Err(PoolError::Precondition));
    assert!(replica(&ports, &url("a")).await.is_of(&url("a")));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_no_failed_condition() {
    let stage = Stage::new().await;
    let ports = stage.pool(Access::Presigned).ports();
    let answer = put(&ports, &url("a"), "bytes").await;
    assert!(
        matches!(answer, Err(PoolError::Unavailable(_))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_query_that_belongs_to_an_objects_name_is_never_said() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let secret = url("a?token=hunter2");
    for operation in ["PutObject", "ListMultipartUploads", "HeadObject"] {
        stage.gcs.fail_next(operation, 3, Fault::slow_down());
    }
    for refused in [
        put(&ports, &secret, "bytes").await,
        ports
            .upload
            .find(&secret, Timestamp::default())
            .await
            .map(drop),
        ports.pool.head(&secret).await.map(drop),
    ] {
        let why = refused.unwrap_err().to_string();
        assert!(why.contains("gs://replicas"), "{why}");
        assert!(!why.contains("hunter2"), "{why}");
    }
}

#[tokio::test]
async fn a_place_that_nobody_listens_at_is_unavailable_and_no_token_is_said() {
    let stage = Stage::new().await;
    let clients = stage.clients_with_a_token();
    let clock = stage.clock.clone();
    let pool = GcsPool::new(settings(Access::Presigned), clients, clock);
    let token = cloud_mirror_testkit::servers::gcs::TOKEN;
    drop(stage);
    let why = pool.ports().pool.head(&url("a")).await.unwrap_err();
    assert!(matches!(why, PoolError::Unavailable(_)), "{why}");
    assert!(!why.to_string().contains(token), "{why}");
}
