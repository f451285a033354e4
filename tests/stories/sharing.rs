//! Several processes are one mirror, and what is between them and their parts may break.

use std::time::{Duration, Instant};

use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Setup, Stage};

pub(crate) async fn a_herd_through_four_processes_makes_one_copy(stage: Stage) {
    let mirror = stage.mirror_as(Setup::default().processes(4)).await;
    mirror.origin_has("/a", Object::new("bytes").slow(Duration::from_millis(200)));
    let answers = mirror.herd(100, "/a").await;
    assert!(answers.iter().all(|answer| mirror.is_replica(answer)));
    assert_eq!(
        (mirror.origin.gets("/a"), mirror.origin.heads("/a")),
        (1, 1)
    );
    let writes = ["pool.put", "pool.copy", "pool.begin"];
    let written = writes.map(|verb| mirror.deployment.faults().calls(verb));
    assert_eq!(written, [1, 0, 0], "counted on the way to the store");
    if let Some(s3) = mirror.deployment.s3() {
        assert_eq!(s3.count("PutObject"), 1, "counted by the store");
    }
}

pub(crate) async fn what_one_process_copied_every_other_serves(stage: Stage) {
    let mirror = stage.mirror_as(Setup::default().processes(4)).await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    for _ in 0..4 {
        let answer = mirror.ask("/a").await;
        let hit = answer.header("cache-status").contains("; hit; ");
        assert!(mirror.is_replica(&answer) && hit, "{answer:?}");
    }
    assert_eq!(mirror.origin.gets("/a"), 1);
}

pub(crate) async fn a_frozen_connection_costs_moments_and_no_hit(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    // One after another, as an environment of Lambda works: each process has a connection then.
    mirror.has_copied("/a").await;
    mirror.has_copied("/a").await;
    mirror.deployment.faults().freeze();
    for _ in 0..2 {
        let began = Instant::now();
        let answer = mirror.ask("/a").await;
        assert!(mirror.is_replica(&answer), "{answer:?}");
        let took = began.elapsed();
        assert!(took < Duration::from_secs(4), "{took:?}");
    }
    mirror.has_counted_fail_opens(0).await;
}

pub(crate) async fn a_frozen_connection_costs_moments_and_no_copy(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.origin_has("/b", "more");
    mirror.has_copied("/a").await;
    mirror.deployment.faults().freeze();
    let answer = mirror.ask("/b").await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    assert_eq!(mirror.origin.gets("/b"), 1);
}

pub(crate) async fn a_lost_reply_changes_nothing(stage: Stage) {
    let mirror = stage.mirror().await;
    for lost in [
        "table.put",
        "table.update",
        "queue.send",
        "pool.put",
        "pool.head",
    ] {
        let path = &format!("/{lost}");
        mirror.origin_has(path, "bytes");
        mirror.deployment.faults().lose_next_reply(lost);
        let answer = mirror.ask(path).await;
        assert!(mirror.is_replica(&answer), "{lost}: {answer:?}");
        assert_eq!(mirror.download(path).await.text(), "bytes", "{lost}");
        assert_eq!(mirror.origin.gets(path), 1, "{lost}");
    }
    mirror.has_counted_fail_opens(0).await;
}

pub(crate) async fn a_table_that_says_nothing_keeps_no_client(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.deployment.faults().silence("table");
    let began = Instant::now();
    let answer = mirror.ask_with("/a", &[("prefer", "wait=1")]).await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(7), "{took:?}");
}
