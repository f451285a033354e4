//! The faults of the Node original, each turned into the promise that it broke.

use std::time::{Duration, Instant};

use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Stage, eventually};

const NOW: [(&str, &str); 1] = [("prefer", "wait=0")];

pub(crate) async fn fault_of_node_01_twenty_cold_clients_make_one_copy_and_all_are_served_by_it(
    stage: Stage,
) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", Object::new("bytes").slow(Duration::from_millis(100)));
    let answers = mirror.herd(20, "/a").await;
    assert!(
        answers.iter().all(|answer| mirror.is_replica(answer)),
        "none at the origin"
    );
    assert_eq!(
        (mirror.origin.heads("/a"), mirror.origin.gets("/a")),
        (1, 1)
    );
    let sent = mirror.deployment.faults().sent();
    assert_eq!(sent.len(), 1, "and one was asked for: {sent:?}");
}

pub(crate) async fn fault_of_node_02_a_queue_that_was_down_leaves_nothing_pending(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.deployment.faults().break_down("queue");
    let answers = mirror.herd(10, "/a").await;
    assert!(answers.iter().all(|answer| mirror.is_origin(answer, "/a")));
    mirror.deployment.faults().mend("queue");
    assert_eq!(mirror.download("/a").await.text(), "bytes");
    assert!(mirror.is_replica(&mirror.ask("/a").await));
    assert_eq!(mirror.origin.gets("/a"), 1);
}

/// What was accepted may be lost all the same: the claim says until when others wait for it.
pub(crate) async fn fault_of_node_02_a_message_that_was_lost_is_sent_again_after_a_lease(
    stage: Stage,
) {
    let lease = Duration::from_secs(1);
    let mirror = stage.mirror_with("[lifetimes]\nlease = \"1s\"").await;
    mirror.origin_has("/a", "bytes");
    let faults = mirror.deployment.faults().clone();
    faults.hold_messages();
    let answer = mirror.ask_with("/a", &NOW).await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    let State::Pending(pending) = mirror.entry("/a").await.expect("an entry").state else {
        panic!("its copy is claimed");
    };
    let left = pending.work.lease.since(mirror.now().now);
    assert!(left <= lease, "not for the life of a replica: {left:?}");
    mirror.deployment.time_passes(2 * lease).await;
    mirror.ask_with("/a", &NOW).await;
    assert_eq!(faults.sent().len(), 2, "whoever asks next sends it again");
    mirror.deployment.deliver_held().await;
    eventually("the copy is made", || async {
        mirror.is_replica(&mirror.ask_with("/a", &NOW).await)
    })
    .await;
    assert_eq!(mirror.origin.gets("/a"), 1, "once, though both came");
}

pub(crate) async fn fault_of_node_04_no_swallowed_error_makes_a_client_wait_for_nothing(
    stage: Stage,
) {
    // The budget is longer than the client's own patience: an answer shows that nobody waited.
    let policy =
        "[wait]\ninvocation = \"10m\"\ntotal = \"10m\"\n[lifetimes]\nretry_backoff = \"50ms..20m\"";
    let mirror = stage.mirror_with(policy).await;
    mirror.origin_has("/loop", Object::redirect_loop());
    mirror.origin_has("/scheme", Object::redirect_to("ftp://example.com/a"));
    mirror.origin_has("/elsewhere", Object::redirect_to("http://127.0.0.2:9/a"));
    for (path, kind) in [
        ("/loop", "too-many-redirects"),
        ("/scheme", "redirect-refused"),
        ("/elsewhere", "redirect-refused"),
    ] {
        let answer = mirror.ask(path).await;
        assert!(mirror.is_origin(&answer, path), "{path}: {answer:?}");
        let detail = format!("cloud-mirror; fwd=miss; detail={kind}");
        assert_eq!(answer.header("cache-status"), detail, "{path}");
    }
    mirror.origin.down().await;
    let answer = mirror.ask("/refused").await;
    assert!(mirror.is_origin(&answer, "/refused"), "{answer:?}");
    let detail = "cloud-mirror; fwd=miss; detail=source-unreachable";
    assert_eq!(answer.header("cache-status"), detail);
}

pub(crate) async fn fault_of_node_04_nobody_is_redirected_to_a_scheme_that_is_no_web_address(
    stage: Stage,
) {
    let mirror = stage.mirror().await;
    for bad in ["ftp://example.com/a", "file:///etc/passwd", "gopher://a/b"] {
        let route = mirror.route("redirect", &to_base64url(bad));
        let answer = mirror.client.ask("GET", &route, &[]).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""));
    }
    assert!(mirror.deployment.faults().sent().is_empty());
}

pub(crate) async fn fault_of_node_08_twenty_waiters_on_a_dead_origin_make_few_attempts(
    stage: Stage,
) {
    let mirror = stage
        .mirror_with("[lifetimes]\nretry_backoff = \"50ms..10m\"")
        .await;
    mirror.origin_has("/a", Object::new("oops").status(503));
    for _ in 0..2 {
        let answers = mirror.herd(20, "/a").await;
        assert!(answers.iter().all(|answer| mirror.is_origin(answer, "/a")));
        assert_eq!(mirror.origin.heads("/a"), 3, "not 96, and then no more");
    }
}

pub(crate) async fn fault_of_node_08_what_the_source_does_not_have_is_remembered(stage: Stage) {
    let mirror = stage
        .mirror_with("[lifetimes]\nerror_memory = \"1h\"")
        .await;
    for _ in 0..2 {
        let answers = mirror.herd(20, "/missing").await;
        assert!(answers.iter().all(|answer| answer.status == 404));
        assert_eq!(mirror.origin.heads("/missing"), 1);
    }
}

pub(crate) async fn fault_of_node_09_a_flushed_cache_copies_nothing_again(stage: Stage) {
    let mirror = stage.mirror().await;
    for path in ["/a", "/b", "/c"] {
        mirror.origin_has(path, "bytes");
        mirror.has_copied(path).await;
    }
    mirror.deployment.empty_table().await;
    for path in ["/a", "/b", "/c"] {
        let answer = mirror.ask(path).await;
        assert!(mirror.is_replica(&answer), "{answer:?}");
        assert!(
            answer
                .header("cache-status")
                .ends_with("detail=back-filled"),
            "{answer:?}"
        );
        assert_eq!(mirror.origin.gets(path), 1);
    }
}

pub(crate) async fn fault_of_node_10_a_duplicate_message_leaves_a_present_entry_present(
    stage: Stage,
) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.origin_has("/b", "bytes");
    mirror.has_copied("/a").await;
    let duplicate = mirror.deployment.faults().sent().remove(0);
    let before = mirror.entry("/a").await;
    mirror.deployment.deliver(duplicate.to_json()).await;
    // Behind the duplicate in the queue: once this is done, so is that.
    mirror.has_copied("/b").await;
    mirror.deployment.until_worked_off().await;
    assert_eq!(mirror.entry("/a").await, before);
    assert!(matches!(
        before.map(|entry| entry.state),
        Some(State::Present(_))
    ));
    let answer = mirror.ask_with("/a", &NOW).await;
    assert!(mirror.is_replica(&answer), "nobody waits: {answer:?}");
    assert_eq!(mirror.origin.gets("/a"), 1);
}

pub(crate) async fn fault_of_node_13_a_client_with_a_short_timeout_can_say_so(stage: Stage) {
    let mirror = stage
        .mirror_with("[wait]\ninvocation = \"10m\"\ntotal = \"10m\"")
        .await;
    // The origin never answers: whoever is answered was not made to wait for it.
    mirror.origin_has("/a", Object::new("bytes").held());
    let began = Instant::now();
    let answer = mirror.ask_with("/a", &[("prefer", "wait=1")]).await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    assert_eq!(answer.header("preference-applied"), "wait=1");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "its read timeout: {took:?}");
}

/// The client here gives up after five redirects: three are ours, one leads to the origin, and one
/// is the origin's own.
pub(crate) async fn fault_of_node_13_a_wait_takes_so_few_hops_that_plain_clients_follow(
    stage: Stage,
) {
    let policy = "[wait]\ninvocation = \"100ms\"\ntotal = \"10m\"";
    let mirror = stage.mirror_with(policy).await;
    mirror.origin_has("/a", Object::redirect_to("b"));
    mirror.origin_has("/b", "bytes");
    mirror.deployment.faults().hold_messages();
    assert_eq!(mirror.download("/a").await.text(), "bytes");
    assert_eq!(
        (mirror.origin.gets("/a"), mirror.origin.heads("/a")),
        (1, 0),
        "the client's own, and no copier's"
    );
}
