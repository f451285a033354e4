//! What AWS does by design and systems of this kind stumble over, each turned into the promise that
//! it must not break.

use std::time::Duration;

use cloud_mirror_testkit::servers::s3::Fault;
use cloud_mirror_tests::{Setup, Stage};

use crate::store_copies::{BUCKET, POOL, ask_for, in_front_of_a_store, replica, url};

/// Beyond the end of a replica that S3 keeps for a day, which is at a midnight.
const BEYOND_ITS_END: Duration = Duration::from_secs(2 * 24 * 3600);

/// S3 says 403 and not 404 of what is absent to whoever may not list the bucket.
pub(crate) async fn fault_of_s3_a_403_for_a_replica_is_not_read_as_absence(stage: Stage) {
    let mirror = stage.mirror_as(Setup::default().own_store()).await;
    mirror.origin_has("/a", "bytes");
    mirror.s3().hide_absence(POOL, true);
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    let detail = "cloud-mirror; fwd=bypass; detail=fail-open-pool";
    assert_eq!(answer.header("cache-status"), detail, "our own fault");
    mirror.has_counted_fail_opens(1).await;
    assert_eq!(mirror.origin.heads("/a"), 0, "and no copy is tried");
    mirror.s3().hide_absence(POOL, false);
    mirror.has_copied("/a").await;
}

/// CopyObject may answer 200 with an error in the body, of its own or of the source.
pub(crate) async fn fault_of_s3_an_error_inside_a_200_is_no_copy(stage: Stage) {
    let policy = "[lifetimes]\nretry_backoff = \"50ms..10m\"";
    let mirror = in_front_of_a_store(&stage, policy).await;
    mirror.s3().put(BUCKET, "a", "bytes", &[]);
    mirror.s3().put(BUCKET, "b", "more", &[]);
    let error = Fault::ErrorIn200("InternalError".into());
    mirror.s3().fail_next("CopyObject", 100, error);
    let answer = ask_for(&mirror, BUCKET, "a").await;
    assert_eq!(answer.header("location"), url(&mirror, BUCKET, "a"));
    let detail = "cloud-mirror; fwd=miss; detail=pool-failed";
    assert_eq!(answer.header("cache-status"), detail);
    assert!(mirror.s3().keys(POOL).is_empty(), "nothing is present");
    mirror.s3().heal();
    let busy = Fault::ErrorIn200("SlowDown".into());
    mirror.s3().fail_next("CopyObject", 1, busy);
    let answer = ask_for(&mirror, BUCKET, "b").await;
    assert!(mirror.is_replica(&answer), "tried again: {answer:?}");
    let copy = replica(&mirror, "b");
    assert!(mirror.s3().same_bytes((BUCKET, "b"), (POOL, &copy)));
}

/// DynamoDB deletes items up to two days after their time; S3 deletes objects once a day, and what
/// the item tells of may be gone by then.
pub(crate) async fn fault_of_dynamodb_an_item_that_outlives_its_time_is_not_believed(stage: Stage) {
    // Nobody looks at the replica before.
    let mirror = stage.mirror_with("[lifetimes]\nrecheck = \"30d\"").await;
    mirror.origin_has("/a", "old");
    mirror.has_copied("/a").await;
    mirror.deployment.time_passes(BEYOND_ITS_END).await;
    let kept = mirror.entry("/a").await;
    assert!(kept.is_some(), "else there is nothing to believe");
    // A folder has been swept by now.
    if mirror.replica("/a").await.is_some() {
        mirror.delete_behind_its_back("/a").await;
    }
    mirror.origin_has("/a", "new");
    let answer = mirror.ask("/a").await;
    let status = answer.header("cache-status");
    assert!(
        status.starts_with("cloud-mirror; fwd=miss; stored"),
        "{status}"
    );
    assert_eq!(mirror.origin.gets("/a"), 2, "it was copied anew");
    assert_eq!(mirror.download("/a").await.text(), "new");
}
