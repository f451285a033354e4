//! What is purged is gone, and stays gone until it is copied anew.

use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Mirror, Stage, eventually};

pub(crate) async fn a_purged_object_is_copied_anew(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "old");
    assert_eq!(mirror.download("/a").await.text(), "old");
    mirror.origin_has("/a", "new");
    assert_eq!(mirror.purge("/a").await.status, 204);
    assert_eq!(mirror.replica("/a").await, None);
    assert!(mirror.status("/a").await.contains(r#""status":"absent""#));
    assert_eq!(mirror.download("/a").await.text(), "new");
    assert_eq!(mirror.origin.gets("/a"), 2);
}

pub(crate) async fn a_purge_during_a_copy_is_final(stage: Stage) {
    let mirror = stage.mirror_with("[lifetimes]\nlease = \"600ms\"").await;
    mirror.origin_has("/a", Object::new("old").held());
    let asking = mirror.asking("/a");
    mirror.origin.until_gets("/a", 1).await;
    assert_eq!(mirror.purge("/a").await.status, 202);
    assert_eq!(
        mirror.purge("/a").await.status,
        202,
        "asked again, it is still at it"
    );
    mirror.origin_has("/a", "new");
    mirror.origin.release("/a");
    let waited = asking.await.unwrap();
    assert!(mirror.is_replica(&waited), "{waited:?}");
    assert_eq!(
        mirror.download("/a").await.text(),
        "new",
        "what was purged is never served again"
    );
    eventually("the replica is the new one for good", || async {
        mirror.replica("/a").await.is_some_and(|replica| {
            replica
                .digests
                .is_some_and(|d| d.md5 == "22af645d1859cb5ca6da0c484f1f37ea")
        })
    })
    .await;
}

pub(crate) async fn a_purge_of_all_regions_leaves_none(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    let elsewhere = |url: String| url.replace("eu-central-1", "us-west-2");
    mirror.has_copied("/a").await;
    mirror
        .client
        .ask("GET", &elsewhere(mirror.redirect_url("/a")), &[])
        .await;
    assert_eq!(mirror.origin.gets("/a"), 2);
    let everywhere = mirror.api_url("purge", "/a").replace("eu-central-1", "all");
    assert_eq!(mirror.purge_at(&everywhere).await.status, 204);
    assert_eq!(mirror.replica("/a").await, None);
    let status = mirror
        .client
        .ask("GET", &elsewhere(mirror.api_url("status", "/a")), &[])
        .await;
    assert!(
        status.text().contains(r#""status":"absent""#),
        "{}",
        status.text()
    );
}

pub(crate) async fn purging_what_is_not_there_is_no_error(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    assert_eq!(mirror.purge("/a").await.status, 204);
    assert_eq!(mirror.purge("/a").await.status, 204);
    assert_eq!(mirror.download("/a").await.text(), "bytes");
}

pub(crate) async fn a_purge_is_refused_for_what_no_rule_allows(stage: Stage) {
    let mirror = stage.mirror().await;
    let url = mirror.api_url("purge", "/a");
    let (path, _) = url.rsplit_once('/').expect("a path");
    let evil = cloud_mirror_domain::url::to_base64url("https://evil.example/a");
    let answer = mirror.purge_at(&format!("{path}/{evil}")).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let text = answer.text();
    assert!(text.contains(r#""error":"source-not-allowed""#), "{text}");
}

pub(crate) async fn a_purge_that_nobody_signed_is_refused(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    let url = mirror.api_url("purge", "/a");
    assert_eq!(mirror.client.ask("DELETE", &url, &[]).await.status, 403);
    assert!(mirror.replica("/a").await.is_some());
}

pub(crate) async fn a_purge_that_failed_is_finished_when_it_is_asked_again(stage: Stage) {
    let mirror = stage.mirror_with("[lifetimes]\nlease = \"300ms\"").await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    mirror.deployment.faults().break_down("pool.delete");
    let failed = mirror.purge("/a").await;
    assert_eq!(failed.status, 503, "{failed:?}");
    assert!(
        failed.text().contains("ask again, which is safe"),
        "{}",
        failed.text()
    );
    mirror.deployment.faults().mend("pool.delete");
    let again = mirror.purge("/a").await;
    assert!([202, 204].contains(&again.status), "{again:?}");
    eventually("the replica is gone, though nobody asks", || async {
        mirror.replica("/a").await.is_none()
    })
    .await;
}

pub(crate) async fn what_is_there_goes_at_once_even_while_a_renewal_runs(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "old");
    mirror.has_copied("/a").await;
    mirror.origin_has("/a", Object::new("old").held());
    mirror.nearly_ends("/a").await;
    mirror.ask("/a").await;
    mirror.origin.until_gets("/a", 2).await;
    assert_eq!(mirror.purge("/a").await.status, 202);
    assert_eq!(mirror.replica("/a").await, None);
    mirror.origin.release("/a");
}

pub(crate) async fn a_signed_url_is_not_recorded_by_a_purge_either(stage: Stage) {
    let mirror = stage.mirror_of("query = \"keep\"", "").await;
    let path = "/a?X-Amz-Signature=secret";
    assert_eq!(mirror.purge(path).await.status, 204);
    assert_eq!(mirror.entry(path).await, None);
}

pub(crate) async fn a_purge_by_message_is_a_purge(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    mirror.deployment.deliver(purge_message(&mirror)).await;
    eventually("the replica is gone", || async {
        mirror.replica("/a").await.is_none()
    })
    .await;
    eventually("its entry is purged", || async {
        mirror.status("/a").await.contains(r#""status":"absent""#)
    })
    .await;
}

/// A message of any program's that purges what was asked for first.
pub(crate) fn purge_message(mirror: &Mirror) -> String {
    let copy = mirror.deployment.faults().sent()[0].clone();
    let purge = Message {
        action: Action::Purge,
        attempt: None,
        seen: None,
        ..copy
    };
    purge.to_json()
}
