//! What is not there is copied, once.

use std::time::Duration;

use cloud_mirror_domain::entry::State;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Stage, eventually};

pub(crate) async fn a_miss_is_copied_and_then_redirected_to(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    assert!(
        answer
            .header("cache-status")
            .starts_with("cloud-mirror; fwd=miss; stored; ttl=")
    );
    let downloaded = mirror
        .client
        .ask("GET", answer.header("location"), &[])
        .await;
    assert_eq!(
        (downloaded.status, downloaded.text().as_str()),
        (200, "bytes")
    );
}

pub(crate) async fn a_herd_of_a_hundred_makes_one_fetch(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", Object::new("bytes").slow(Duration::from_millis(200)));
    let answers = mirror.herd(100, "/a").await;
    assert!(answers.iter().all(|answer| mirror.is_replica(answer)));
    assert_eq!(
        (mirror.origin.gets("/a"), mirror.origin.heads("/a")),
        (1, 1)
    );
    let stored = answers
        .iter()
        .filter(|answer| answer.header("cache-status").contains("stored"));
    assert_eq!(
        stored.count(),
        1,
        "one had it copied, the others collapsed into it"
    );
}

pub(crate) async fn an_emptied_table_costs_one_head_and_no_copy(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    mirror.deployment.empty_table().await;
    let before = mirror.deployment.faults().calls("pool.head");
    let answers = mirror.herd(100, "/a").await;
    assert!(answers.iter().all(|answer| mirror.is_replica(answer)));
    assert_eq!(mirror.deployment.faults().calls("pool.head"), before + 1);
    assert_eq!(
        (mirror.origin.gets("/a"), mirror.origin.heads("/a")),
        (1, 1)
    );
}

pub(crate) async fn an_emptied_table_during_a_copy_still_ends_in_the_right_bytes(stage: Stage) {
    let mirror = stage.mirror_with("[lifetimes]\nlease = \"1s\"").await;
    mirror.origin_has("/a", Object::new("bytes").held());
    let asking = mirror.asking("/a");
    mirror.origin.until_gets("/a", 1).await;
    mirror.deployment.empty_table().await;
    mirror.origin.release("/a");
    let answer = asking.await.unwrap();
    assert!(mirror.is_replica(&answer), "{answer:?}");
    assert_eq!(mirror.download("/a").await.text(), "bytes");
    eventually("the entry is settled", || async {
        matches!(
            mirror.entry("/a").await.map(|entry| entry.state),
            Some(State::Present(_))
        )
    })
    .await;
}

pub(crate) async fn two_deliveries_of_one_message_make_one_copy(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", Object::new("bytes").held());
    let asking = mirror.asking("/a");
    mirror.origin.until_gets("/a", 1).await;
    let message = mirror.deployment.faults().sent().remove(0);
    mirror.deployment.deliver(message.to_json()).await;
    mirror.deployment.deliver(message.to_json()).await;
    mirror.origin.release("/a");
    assert!(mirror.is_replica(&asking.await.unwrap()));
    mirror.deployment.until_worked_off().await;
    assert_eq!(
        (mirror.origin.gets("/a"), mirror.origin.heads("/a")),
        (1, 1)
    );
}

pub(crate) async fn a_message_that_waited_longer_than_its_lease_is_still_good_work(stage: Stage) {
    let mirror = stage.mirror_with("[lifetimes]\nlease = \"1s\"").await;
    mirror.origin_has("/a", "bytes");
    mirror.deployment.faults().hold_messages();
    let answer = mirror.ask_with("/a", &[("prefer", "wait=0")]).await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    mirror.deployment.time_passes(Duration::from_secs(2)).await;
    mirror.deployment.deliver_held().await;
    eventually("the copy is made", || async {
        matches!(
            mirror.entry("/a").await.map(|entry| entry.state),
            Some(State::Present(_))
        )
    })
    .await;
    assert_eq!(mirror.origin.gets("/a"), 1);
}

pub(crate) async fn any_program_may_prefetch(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.origin_has("/b", "more");
    let (a, b) = (mirror.origin.url("/a"), mirror.origin.url("/b"));
    let pool = mirror.pool_id();
    let ours = format!(r#"{{"v":1,"id":"{pool}","url":"{a}","action":"put"}}"#);
    let node = format!(r#"{{"version":1,"data":{{"id":"{pool}","url":"{b}","action":"put"}}}}"#);
    mirror.deployment.deliver(ours).await;
    mirror.deployment.deliver(node).await;
    for path in ["/a", "/b"] {
        eventually("it is prefetched", || async {
            matches!(
                mirror.entry(path).await.map(|entry| entry.state),
                Some(State::Present(_))
            )
        })
        .await;
    }
    let answer = mirror.ask("/a").await;
    assert!(answer.header("cache-status").contains("hit"), "{answer:?}");
    assert_eq!(mirror.origin.gets("/a"), 1);
}
