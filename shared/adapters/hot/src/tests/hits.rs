//! Which hits are told from memory, and for how long.

use std::time::Duration;

use cloud_mirror_domain::claim::{Holder, Outcome};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{Read, StatusTable as _};

use super::scene::{HOT_CACHE, HOUR, SECOND, Scene, id, ulid};

#[tokio::test(start_paused = true)]
async fn a_hot_hit_asks_nobody() {
    let scene = Scene::with_a_copy("a").await;
    let told = scene.asks("a").await.unwrap();
    assert_eq!(scene.shelf.reads(), [Read::Eventual]);
    for _ in 0..100 {
        assert_eq!(scene.asks("a").await.unwrap(), told);
    }
    assert_eq!(scene.shelf.reads(), []);
}

#[tokio::test(start_paused = true)]
async fn a_hot_hit_needs_no_table() {
    let scene = Scene::with_a_hot("a").await;
    scene.shelf.breaks_down();
    assert!(scene.finds("a").await);
    assert!(scene.asks("b").await.is_err(), "this one does");
    scene.shelf.is_mended();
    assert!(!scene.finds("b").await, "a failure is not remembered");
}

#[tokio::test(start_paused = true)]
async fn only_what_is_there_is_remembered() {
    let scene = Scene::new();
    let (table, when) = (&scene.shelf.table, scene.when());
    table.claim(&id("claimed"), ulid(1), &when).await.unwrap();
    table.claim(&id("failed"), ulid(1), &when).await.unwrap();
    let failure = Outcome::Error(Failure::new(Kind::SourceNotFound, ""));
    let by = Holder::Attempt(ulid(1));
    table
        .settle(&id("failed"), by, &failure, &when)
        .await
        .unwrap();
    table
        .begin_purge(&id("purged"), ulid(7), None, &when)
        .await
        .unwrap();
    for name in ["claimed", "failed", "purged", "unheard-of"] {
        for _ in 0..2 {
            assert!(scene.asks_the_table_for(name).await, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_trusts_no_cache_is_told_what_the_table_says() {
    let scene = Scene::with_a_hot("a").await;
    scene.purged_elsewhere("a").await;
    assert!(scene.finds("a").await, "remembered");
    let told = scene.hot.get(&id("a"), Read::Strong, scene.now).await;
    assert!(
        told.unwrap()
            .is_none_or(|entry| entry.status(scene.now) == "absent")
    );
    let told = scene.asks("a").await.unwrap();
    assert!(
        told.is_none_or(|entry| entry.status(scene.now) == "absent"),
        "and so is whoever asks next"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_read_strongly_is_remembered_too() {
    let scene = Scene::with_a_copy("a").await;
    let read = scene.hot.get(&id("a"), Read::Strong, scene.now).await;
    assert!(read.unwrap().is_some());
    assert!(!scene.asks_the_table_for("a").await);
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_told_what_the_table_says() {
    let scene = Scene::with_a_hot("a").await;
    let seen = scene.asks("a").await.unwrap();
    scene.purged_elsewhere("a").await;
    let until = scene.now + SECOND;
    let (a, seen) = (id("a"), seen.as_ref());
    let changed = scene.hot.wait_for_change(&a, seen, until).await;
    assert_ne!(changed.unwrap().as_ref(), seen);
}

#[tokio::test(start_paused = true)]
async fn a_purge_elsewhere_is_seen_after_hot_cache_at_the_latest() {
    let mut scene = Scene::with_a_hot("a").await;
    scene.purged_elsewhere("a").await;
    // However often it is asked for meanwhile.
    for _ in 0..59 {
        scene.pass(SECOND).await;
        assert!(!scene.asks_the_table_for("a").await);
    }
    scene.pass(SECOND).await;
    assert!(scene.asks_the_table_for("a").await);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_remembered_beyond_its_entrys_end() {
    let mut scene = Scene::with_a_copy("a").await;
    let never_looks = Lifetimes {
        recheck: 48 * HOUR,
        ..Lifetimes::default()
    };
    scene.starts_anew(&never_looks);
    scene.pass(23 * HOUR - 10 * SECOND).await;
    assert!(scene.finds("a").await);
    scene.pass(9 * SECOND).await;
    assert!(!scene.asks_the_table_for("a").await);
    scene.pass(SECOND).await;
    assert!(scene.asks_the_table_for("a").await);
    assert!(!scene.finds("a").await);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_remembered_beyond_its_recheck() {
    let mut scene = Scene::with_a_copy("a").await;
    scene.pass(6 * HOUR - 10 * SECOND).await;
    assert!(scene.finds("a").await);
    scene.pass(9 * SECOND).await;
    assert!(!scene.asks_the_table_for("a").await);
    scene.pass(SECOND).await;
    assert!(
        scene.asks_the_table_for("a").await,
        "another process may have looked at it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_makes_nothing_last_longer() {
    let mut scene = Scene::with_a_hot("a").await;
    scene.pass(HOT_CACHE - SECOND).await;
    scene.now = scene.now - HOT_CACHE / 2;
    assert!(!scene.asks_the_table_for("a").await, "its time is not over");
    scene.pass(SECOND).await;
    assert!(scene.asks_the_table_for("a").await);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_before_it_began_is_not_believed() {
    let mut scene = Scene::with_a_hot("a").await;
    scene.now = scene.now - Duration::from_millis(1);
    assert!(scene.asks_the_table_for("a").await);
}

#[tokio::test(start_paused = true)]
async fn an_environment_that_was_frozen_trusts_the_wall_clock() {
    let mut scene = Scene::with_a_hot("a").await;
    scene.now = scene.now + HOT_CACHE;
    assert!(scene.asks_the_table_for("a").await);
}

#[tokio::test(start_paused = true)]
async fn the_least_recently_used_goes_first() {
    let scene = Scene::with(3, Lifetimes::default());
    for name in ["a", "b", "c", "d"] {
        scene.copied_elsewhere(name).await;
    }
    for name in ["a", "b", "c", "a", "d"] {
        assert!(scene.finds(name).await);
    }
    for name in ["a", "c", "d"] {
        assert!(!scene.asks_the_table_for(name).await, "{name}");
    }
    assert!(scene.asks_the_table_for("b").await);
}

#[tokio::test(start_paused = true)]
async fn a_herd_asks_the_table_as_often_as_it_would_without_a_memory() {
    let scene = Scene::with_a_copy("a").await;
    let mut herd: Vec<_> = (0..1_000).map(|_| Box::pin(scene.asks("a"))).collect();
    for asking in &mut herd {
        super::races::begins(asking.as_mut());
    }
    assert_eq!(scene.shelf.reads().len(), 1_000, "each was first");
    for asking in herd {
        assert!(asking.await.unwrap().is_some());
    }
    assert!(!scene.asks_the_table_for("a").await);
}
