//! What a source answers, the client learns; what is broken is never stored.

use std::time::Duration;

use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Mirror, Stage, eventually};

const QUICK: &str = "[lifetimes]\nretry_backoff = \"50ms..10m\"";

async fn kind_of_error(mirror: &Mirror, path: &str) -> Option<Kind> {
    match mirror.entry(path).await?.state {
        State::Error(failed) => Some(failed.failure.kind),
        _ => None,
    }
}

pub(crate) async fn a_missing_source_is_told_at_once_and_remembered_briefly(stage: Stage) {
    let policy = "[lifetimes]\nerror_memory = \"3s\"";
    let mirror = stage.mirror_with(policy).await;
    let answer = mirror.ask("/a").await;
    assert_eq!(answer.status, 404, "{answer:?}");
    assert!(
        answer.text().contains(r#""error":"source-not-found""#),
        "{}",
        answer.text()
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(mirror.ask("/a").await.status, 404);
    assert_eq!(mirror.origin.heads("/a"), 1, "remembered");
    mirror.origin_has("/a", "bytes");
    mirror.deployment.time_passes(Duration::from_secs(4)).await;
    assert!(
        mirror.is_replica(&mirror.ask("/a").await),
        "but only briefly"
    );
    mirror.origin_has("/gone", Object::new("").status(410));
    assert_eq!(mirror.ask("/gone").await.status, 410);
}

pub(crate) async fn a_failing_source_is_tried_again_and_then_left_alone(stage: Stage) {
    // Nobody waits as long as it is left alone: who did would see it tried again.
    let policy =
        "[wait]\ninvocation = \"4s\"\ntotal = \"4s\"\n[lifetimes]\nretry_backoff = \"50ms..5s\"";
    let mirror = stage.mirror_with(policy).await;
    mirror.origin_has("/a", Object::new("oops").status(500));
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    assert_eq!(
        answer.header("cache-status"),
        "cloud-mirror; fwd=miss; detail=source-failed"
    );
    assert_eq!(mirror.origin.heads("/a"), 3, "tried three times");
    assert!(mirror.is_origin(&mirror.ask("/a").await, "/a"));
    assert_eq!(
        mirror.origin.heads("/a"),
        3,
        "and then left alone for a while"
    );
    mirror.origin_has("/a", "bytes");
    mirror.deployment.time_passes(Duration::from_secs(5)).await;
    assert_eq!(mirror.download("/a").await.text(), "bytes");
}

pub(crate) async fn a_source_that_refuses_us_is_left_to_the_client(stage: Stage) {
    let mirror = stage.mirror().await;
    for status in [401, 403, 429, 451] {
        let path = format!("/{status}");
        mirror.origin_has(&path, Object::new("no").status(status));
        let answer = mirror.ask(&path).await;
        assert!(mirror.is_origin(&answer, &path), "{status}: {answer:?}");
        assert_eq!(
            answer.header("cache-status"),
            "cloud-mirror; fwd=miss; detail=source-refused"
        );
        assert!(mirror.is_origin(&mirror.ask(&path).await, &path));
        assert_eq!(mirror.origin.heads(&path), 1, "{status} is remembered");
    }
}

pub(crate) async fn a_good_head_and_a_bad_get_is_never_present(stage: Stage) {
    let mirror = stage.mirror_with(QUICK).await;
    mirror.origin_has("/a", Object::new("bytes").head_ok_get_status(500));
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    assert_eq!(kind_of_error(&mirror, "/a").await, Some(Kind::SourceFailed));
    assert_eq!(mirror.replica("/a").await, None);
}

pub(crate) async fn a_body_cut_short_is_never_present(stage: Stage) {
    let mirror = stage.mirror_with(QUICK).await;
    mirror.origin_has("/a", Object::new(vec![1; 100_000]).cut_short_after(50_000));
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    assert_eq!(
        kind_of_error(&mirror, "/a").await,
        Some(Kind::SourceUnreachable)
    );
    assert_eq!(mirror.replica("/a").await, None);
}

pub(crate) async fn a_source_that_changes_between_head_and_get_is_never_present(stage: Stage) {
    let mirror = stage.mirror_with(QUICK).await;
    mirror.origin_has("/a", Object::new("old").etag("\"1\"").held());
    let asking = mirror.asking("/a");
    mirror.origin.until_gets("/a", 1).await;
    mirror.origin_has("/a", Object::new("newer").etag("\"2\""));
    mirror.origin.release("/a");
    let answer = asking.await.unwrap();
    assert!(
        mirror.is_replica(&answer),
        "tried again, it is good: {answer:?}"
    );
    eventually("the bytes are the new ones", || async {
        mirror.download("/a").await.text() == "newer"
    })
    .await;
    assert_eq!(
        mirror.replica("/a").await.map(|replica| replica.size),
        Some(5)
    );
}
