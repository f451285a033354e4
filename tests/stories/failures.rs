//! When a part of ours fails the client is served, it is counted, and nothing is left stuck.

use cloud_mirror_tests::Stage;

pub(crate) async fn a_table_that_is_down_sends_everybody_to_the_origin(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    mirror.deployment.faults().break_down("table");
    for path in ["/a", "/b"] {
        let answer = mirror.ask(path).await;
        assert!(mirror.is_origin(&answer, path), "{answer:?}");
        let detail = "cloud-mirror; fwd=bypass; detail=fail-open-status-table";
        assert_eq!(answer.header("cache-status"), detail);
    }
    mirror.has_counted_fail_opens(2).await;
    mirror.deployment.faults().mend("table");
    assert!(
        mirror.is_replica(&mirror.ask("/a").await),
        "mended, it serves again"
    );
}

pub(crate) async fn a_queue_that_is_down_sends_to_the_origin_and_leaves_no_stuck_entry(
    stage: Stage,
) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.deployment.faults().break_down("queue");
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    assert_eq!(
        answer.header("cache-status"),
        "cloud-mirror; fwd=bypass; detail=fail-open-copy-queue"
    );
    mirror.has_counted_fail_opens(1).await;
    mirror.deployment.faults().mend("queue");
    assert!(
        mirror.is_replica(&mirror.ask("/a").await),
        "the very next request has it copied"
    );
}

pub(crate) async fn a_pool_that_cannot_be_looked_at_is_not_read_as_absence(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    mirror.deployment.faults().break_down("pool.head");
    let answer = mirror
        .ask_with("/a", &[("cache-control", "no-cache")])
        .await;
    assert!(
        mirror.is_replica(&answer),
        "a present entry is still good: {answer:?}"
    );
    assert_eq!(mirror.origin.gets("/a"), 1);
}

pub(crate) async fn a_pool_that_fails_under_a_claim_leaves_no_stuck_entry(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.deployment.faults().break_down("pool.head");
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    assert_eq!(
        answer.header("cache-status"),
        "cloud-mirror; fwd=bypass; detail=fail-open-pool"
    );
    mirror.deployment.faults().mend("pool.head");
    assert!(mirror.is_replica(&mirror.ask("/a").await));
}

pub(crate) async fn a_message_that_cannot_be_read_holds_up_nobody(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    for bent in ["{ this is no message", "", r#"{"v":9}"#] {
        mirror.deployment.deliver(bent.into()).await;
    }
    mirror.has_copied("/a").await;
    assert_eq!(mirror.download("/a").await.text(), "bytes");
}
