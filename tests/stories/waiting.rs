//! A request waits as long as it may, and no longer.

use std::time::Duration;

use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Stage, eventually};

pub(crate) async fn a_wait_that_is_exhausted_goes_to_the_origin_and_the_copy_goes_on(stage: Stage) {
    let mirror = stage
        .mirror_with("[wait]\ninvocation = \"300ms\"\ntotal = \"300ms\"")
        .await;
    mirror.origin_has("/a", Object::new("bytes").held());
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    assert_eq!(
        answer.header("cache-status"),
        "cloud-mirror; fwd=miss; detail=wait-exhausted"
    );
    mirror.origin.release("/a");
    eventually("the copy went on", || async {
        mirror.is_replica(&mirror.ask("/a").await)
    })
    .await;
    assert_eq!(mirror.origin.gets("/a"), 1);
}

pub(crate) async fn wait_zero_is_answered_now_and_starts_the_copy(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", Object::new("bytes").held());
    let answer = mirror.ask_with("/a", &[("prefer", "wait=0")]).await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    assert_eq!(answer.header("preference-applied"), "wait=0");
    mirror.origin.until_gets("/a", 1).await;
    mirror.origin.release("/a");
    eventually("the copy is there", || async {
        mirror.is_replica(&mirror.ask_with("/a", &[("prefer", "wait=0")]).await)
    })
    .await;
}

pub(crate) async fn a_wait_can_outlive_an_invocation_by_hops(stage: Stage) {
    let mirror = stage
        .mirror_with("[wait]\ninvocation = \"200ms\"\ntotal = \"60s\"")
        .await;
    mirror.origin_has("/a", Object::new("bytes").held());
    let hop = mirror.ask("/a").await;
    assert_eq!((hop.status, hop.header("cache-control")), (302, "no-store"));
    let location = hop.header("location");
    assert!(
        location.starts_with("?cloud-mirror-budget=59."),
        "{location}"
    );
    assert!(location.ends_with("&cloud-mirror-hop=1"), "{location}");
    let download = {
        let mirror = mirror.clone();
        tokio::spawn(async move { mirror.download("/a").await })
    };
    mirror.origin.release("/a");
    assert_eq!(
        download.await.unwrap().text(),
        "bytes",
        "a plain client follows the hops"
    );
}

pub(crate) async fn hops_end_after_three(stage: Stage) {
    let mirror = stage
        .mirror_with("[wait]\ninvocation = \"100ms\"\ntotal = \"60s\"")
        .await;
    mirror.origin_has("/a", Object::new("bytes").held());
    let base = mirror.redirect_url("/a");
    let mut query = String::new();
    for hop in 1..=3 {
        let answer = mirror
            .client
            .ask("GET", &format!("{base}{query}"), &[])
            .await;
        query = answer.header("location").to_owned();
        assert!(
            query.ends_with(&format!("&cloud-mirror-hop={hop}")),
            "{answer:?}"
        );
    }
    let answer = mirror
        .client
        .ask("GET", &format!("{base}{query}"), &[])
        .await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    let greedy = format!("{base}?cloud-mirror-budget=86400&cloud-mirror-hop=2");
    let answer = mirror.client.ask("GET", &greedy, &[]).await;
    assert!(
        answer
            .header("location")
            .starts_with("?cloud-mirror-budget=59."),
        "{answer:?}"
    );
}

pub(crate) async fn what_cannot_finish_in_time_is_not_waited_for(stage: Stage) {
    let policy = "[copy]\nassumed_throughput = \"1B/s\"";
    let mirror = stage.mirror_with(policy).await;
    mirror.origin_has("/a", Object::new(vec![7; 1000]).held());
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    assert_eq!(
        answer.header("cache-status"),
        "cloud-mirror; fwd=miss; detail=too-slow"
    );
    mirror.origin.release("/a");
    eventually("the copy went on", || async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        mirror.is_replica(&mirror.ask("/a").await)
    })
    .await;
}
