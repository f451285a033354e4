//! What is there is served, and kept good.

use std::time::Duration;

use cloud_mirror_domain::entry::State;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Stage, eventually};

pub(crate) async fn a_hit_redirects_to_the_replica_and_asks_nobody_else(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    let heads = mirror.deployment.faults().calls("pool.head");
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    assert!(
        answer
            .header("cache-status")
            .starts_with("cloud-mirror; hit; ttl="),
        "{answer:?}"
    );
    let pool = mirror.pool_id().to_string();
    assert_eq!(answer.header("x-cloud-mirror-pool"), pool);
    assert!(!answer.header("x-request-id").is_empty());
    assert!(
        answer
            .text()
            .starts_with(r#"{"status":"present","url":"http"#),
        "{}",
        answer.text()
    );
    assert_eq!(
        (mirror.origin.gets("/a"), mirror.origin.heads("/a")),
        (1, 1)
    );
    assert_eq!(
        mirror.deployment.faults().calls("pool.head"),
        heads,
        "the table is enough"
    );
}

pub(crate) async fn a_client_may_keep_a_redirect_only_briefly(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    let answer = mirror.ask("/a").await;
    assert_eq!(answer.header("cache-control"), "private, max-age=60");
    assert_eq!(answer.status, 302, "never permanent");
}

pub(crate) async fn a_head_is_answered_like_a_get(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    let url = mirror.redirect_url("/a");
    let asked = mirror.client.ask("HEAD", &url, &[]).await;
    assert!(mirror.is_replica(&asked), "{asked:?}");
    let followed = mirror.client.follow("HEAD", &url, &[]).await;
    assert_eq!(
        (followed.status, followed.header("content-length")),
        (200, "5")
    );
    assert!(followed.body.is_empty());
}

pub(crate) async fn the_status_is_told_without_waiting_or_copying(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    assert!(mirror.status("/a").await.contains(r#""status":"absent""#));
    assert_eq!(mirror.origin.heads("/a"), 0);
    mirror.has_copied("/a").await;
    let status = mirror.status("/a").await;
    assert!(status.contains(r#""status":"present""#), "{status}");
    assert!(status.contains(r#""size_bytes":5"#), "{status}");
    assert!(
        !status.contains("attempt") && !status.contains("run"),
        "{status}"
    );
}

pub(crate) async fn a_replica_deleted_behind_our_back_is_noticed_at_the_recheck(stage: Stage) {
    let mirror = stage.mirror_with("[lifetimes]\nrecheck = \"6s\"").await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    mirror.delete_behind_its_back("/a").await;
    mirror.deployment.time_passes(Duration::from_secs(2)).await;
    assert!(
        mirror.is_replica(&mirror.ask("/a").await),
        "not looked at before its time"
    );
    mirror.deployment.time_passes(Duration::from_secs(5)).await;
    assert_eq!(mirror.download("/a").await.text(), "bytes");
    assert_eq!(mirror.origin.gets("/a"), 2, "it was copied anew");
}

pub(crate) async fn no_cache_looks_at_the_replica_itself(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    let no_cache = [("cache-control", "no-cache")];
    assert!(mirror.is_replica(&mirror.ask_with("/a", &no_cache).await));
    assert_eq!(
        mirror.origin.gets("/a"),
        1,
        "it is there: nothing is copied"
    );
    mirror.delete_behind_its_back("/a").await;
    assert!(mirror.is_replica(&mirror.ask_with("/a", &no_cache).await));
    assert_eq!(mirror.origin.gets("/a"), 2, "it is gone: it is copied anew");
}

pub(crate) async fn a_replica_near_its_end_is_renewed_behind_a_hit(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    let first = mirror.entry("/a").await.expect("an entry");
    mirror.nearly_ends("/a").await;
    let answer = mirror.ask_with("/a", &[("prefer", "wait=0")]).await;
    assert!(
        mirror.is_replica(&answer),
        "the hit does not wait: {answer:?}"
    );
    eventually("the replica is renewed", || async {
        mirror
            .entry("/a")
            .await
            .is_some_and(|entry| entry.expires > first.expires)
    })
    .await;
    assert_eq!(mirror.origin.gets("/a"), 2);
    assert_eq!(mirror.download("/a").await.text(), "bytes");
}

pub(crate) async fn a_failed_renewal_changes_nothing_else(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    let first = mirror.entry("/a").await.expect("an entry");
    mirror.origin_has("/a", Object::new("gone").status(404));
    mirror.nearly_ends("/a").await;
    assert!(mirror.is_replica(&mirror.ask("/a").await));
    eventually("the renewal has failed", || async {
        mirror
            .entry("/a")
            .await
            .is_some_and(|entry| match entry.state {
                State::Present(present) => {
                    present.renewal.is_none() && present.renew_after > present.checked
                }
                _ => false,
            })
    })
    .await;
    let entry = mirror.entry("/a").await.expect("an entry");
    assert_eq!(entry.expires, first.expires);
    assert_eq!(mirror.download("/a").await.text(), "bytes");
}

pub(crate) async fn a_client_whose_replica_has_vanished_is_sent_to_the_origin(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    mirror.delete_behind_its_back("/a").await;
    let downloaded = mirror.download("/a").await;
    assert_eq!(
        (downloaded.status, downloaded.text().as_str()),
        (200, "bytes")
    );
    assert_eq!(
        mirror.origin.gets("/a"),
        2,
        "one for the copy, one by the client itself"
    );
}

pub(crate) async fn a_replica_knows_its_own_entity_tag(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "0123456789");
    let first = mirror.download("/a").await;
    let etag = first.header("etag");
    let url = mirror.redirect_url("/a");
    let with = |name, value| {
        let (client, url) = (mirror.client.clone(), url.clone());
        let headers = [("range", "bytes=2-4"), (name, value)];
        async move { client.follow("GET", &url, &headers).await.status }
    };
    assert_eq!(with("if-none-match", etag).await, 304);
    assert_eq!(with("if-none-match", "\"another\"").await, 206);
    assert_eq!(with("if-range", etag).await, 206, "resumed");
    assert_eq!(
        with("if-range", "\"another\"").await,
        200,
        "never two versions in one file"
    );
    let several = [("range", "bytes=0-1,4-5")];
    let whole = mirror.client.follow("GET", &url, &several).await;
    assert_eq!(
        (whole.status, whole.body.len()),
        (200, 10),
        "one range, or the whole"
    );
}
