//! The faults of the Node original, each turned into the promise that it broke.

use std::time::Duration;

use cloud_mirror_domain::entry::State;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::Stage;

pub(crate) async fn node_fault_01_twenty_cold_clients_make_one_copy_and_all_are_served_by_it(
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
}

pub(crate) async fn node_fault_02_a_queue_that_was_down_leaves_nothing_pending(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.deployment.faults().break_down("queue");
    mirror.herd(10, "/a").await;
    mirror.deployment.faults().mend("queue");
    assert_eq!(mirror.download("/a").await.text(), "bytes");
    assert!(mirror.is_replica(&mirror.ask("/a").await));
}

pub(crate) async fn node_fault_04_no_swallowed_error_makes_a_client_wait_for_nothing(stage: Stage) {
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

pub(crate) async fn node_fault_06_an_error_page_is_never_stored_as_the_object(stage: Stage) {
    let mirror = stage
        .mirror_with("[lifetimes]\nretry_backoff = \"20ms..10m\"")
        .await;
    mirror.origin_has("/a", Object::new("bytes").head_ok_get_status(500));
    assert!(mirror.is_origin(&mirror.ask("/a").await, "/a"));
    assert_eq!(
        mirror.replica("/a").await,
        None,
        "the error page is not in the pool"
    );
    mirror.origin_has("/untyped", Object::new("bytes").without_content_type());
    assert_eq!(mirror.download("/untyped").await.text(), "bytes");
    assert!(mirror.is_replica(&mirror.ask("/untyped").await));
}

pub(crate) async fn node_fault_08_twenty_waiters_on_a_dead_origin_make_few_attempts(stage: Stage) {
    let mirror = stage
        .mirror_with("[lifetimes]\nretry_backoff = \"50ms..10m\"")
        .await;
    mirror.origin_has("/a", Object::new("oops").status(503));
    let answers = mirror.herd(20, "/a").await;
    assert!(answers.iter().all(|answer| mirror.is_origin(answer, "/a")));
    assert_eq!(mirror.origin.heads("/a"), 3, "not 96");
}

pub(crate) async fn node_fault_09_a_flushed_cache_copies_nothing_again(stage: Stage) {
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

pub(crate) async fn node_fault_10_a_duplicate_message_leaves_a_present_entry_present(stage: Stage) {
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
    assert_eq!(mirror.origin.gets("/a"), 1);
}

pub(crate) async fn node_fault_12_a_query_string_is_answered_deliberately(stage: Stage) {
    let mirror = stage.mirror().await;
    let answer = mirror.ask("/a?x=1").await;
    assert!(mirror.is_origin(&answer, "/a?x=1"), "{answer:?}");
    assert_eq!(
        answer.header("cache-status"),
        "cloud-mirror; fwd=bypass; detail=query"
    );
    let plain = mirror.route("redirect", &mirror.origin.url("/a?x=1"));
    let answer = mirror.client.ask("GET", &plain, &[]).await;
    assert!(mirror.is_origin(&answer, "/a?x=1"), "{answer:?}");
}

pub(crate) async fn node_fault_13_a_client_with_a_short_timeout_can_say_so(stage: Stage) {
    let mirror = stage
        .mirror_with("[wait]\ninvocation = \"10m\"\ntotal = \"10m\"")
        .await;
    // The origin never answers: whoever is answered was not made to wait for it.
    mirror.origin_has("/a", Object::new("bytes").held());
    let answer = mirror.ask_with("/a", &[("prefer", "wait=1")]).await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
    assert_eq!(answer.header("preference-applied"), "wait=1");
}
