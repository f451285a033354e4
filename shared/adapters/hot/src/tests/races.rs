//! What this process writes, nobody in it is told otherwise.

use std::pin::Pin;
use std::task::{Context, Waker};

use cloud_mirror_domain::claim::{Extension, Holder, Outcome};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{Read, StatusTable as _};

use super::scene::{HOT_CACHE, SECOND, Scene, id, ulid};

/// What was asked of the table is under way, and not yet answered.
pub(super) fn begins<F: Future + ?Sized>(call: Pin<&mut F>) {
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(call.poll(&mut nobody).is_pending());
}

fn is_there(entry: Option<&Entry>, scene: &Scene) -> bool {
    entry.is_some_and(|entry| entry.status(scene.now) == "present")
}

#[tokio::test(start_paused = true)]
async fn a_purge_of_this_process_is_seen_at_once() {
    let scene = Scene::with_a_hot("a").await;
    scene.purges("a").await;
    let told = scene.asks("a").await.unwrap();
    assert!(!is_there(told.as_ref(), &scene), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_purge_of_this_process_is_seen_although_the_table_lags_behind() {
    let scene = Scene::with_a_hot("a").await;
    scene.shelf.lags_behind(scene.asks("a").await.unwrap());
    scene.purges("a").await;
    scene.shelf.reads();
    for _ in 0..2 {
        let told = scene.asks("a").await.unwrap();
        assert!(!is_there(told.as_ref(), &scene), "{told:?}");
    }
    assert_eq!(scene.shelf.reads(), [Read::Strong; 2]);
    scene.shelf.lags_behind(None);
    scene.copied_elsewhere("a").await;
    assert!(scene.asks_the_table_for("a").await);
    assert!(!scene.asks_the_table_for("a").await, "then as ever");
}

/// A strong read costs twice as much.
#[tokio::test(start_paused = true)]
async fn ten_seconds_after_a_write_what_is_not_there_is_read_as_ever() {
    let mut scene = Scene::new();
    let (a, when) = (id("a"), scene.when());
    scene.hot.claim(&a, ulid(1), &when).await.unwrap();
    let failure = Outcome::Error(Failure::new(Kind::SourceNotFound, ""));
    let by = Holder::Attempt(ulid(1));
    scene.hot.settle(&a, by, &failure, &when).await.unwrap();
    // However often it is asked for meanwhile.
    for _ in 0..10 {
        assert!(scene.finds("a").await);
        assert_eq!(scene.shelf.reads(), [Read::Strong]);
        scene.pass(SECOND).await;
    }
    for _ in 0..2 {
        assert!(scene.finds("a").await);
        assert_eq!(scene.shelf.reads(), [Read::Eventual]);
    }
}

/// One that was found before the change would be believed for a minute, however late it is asked for.
#[tokio::test(start_paused = true)]
async fn what_was_found_to_be_gone_is_read_strongly_for_a_while_too() {
    let mut scene = Scene::with_a_hot("a").await;
    scene.purged_elsewhere("a").await;
    scene.pass(HOT_CACHE).await;
    scene.shelf.reads();
    for wanted in [Read::Eventual, Read::Strong] {
        scene.asks("a").await.unwrap();
        assert_eq!(scene.shelf.reads(), [wanted]);
    }
    scene.pass(10 * SECOND).await;
    scene.asks("a").await.unwrap();
    assert_eq!(scene.shelf.reads(), [Read::Eventual]);
}

/// Whatever the verb, and whether or not it changed anything.
#[tokio::test(start_paused = true)]
async fn after_every_write_the_table_is_asked() {
    let scene = Scene::with_a_copy("a").await;
    let (hot, a, when) = (&scene.hot, id("a"), scene.when());
    let by = Holder::Run(ulid(9));
    let outcome = scene.present();
    let extension = Extension {
        own: scene.asks("a").await.unwrap().unwrap(),
        underway: None,
        upload: None,
    };
    for verb in 0..8 {
        assert!(scene.finds("a").await);
        assert!(!scene.asks_the_table_for("a").await, "before verb {verb}");
        let written = match verb {
            0 => hot.claim(&a, ulid(9), &when).await,
            1 => hot.confirm(&a, ulid(9), when.now).await,
            2 => hot.begin(&a, ulid(9), &when).await,
            3 => hot.extend(&a, ulid(9), &extension, &when).await,
            4 => hot.release(&a, by, &when).await,
            5 => hot.settle(&a, by, &outcome, &when).await,
            6 => hot.forget(&a, ulid(9), &when).await,
            _ => hot.begin_purge(&a, ulid(9), None, &when).await,
        };
        written.unwrap();
        assert!(scene.asks_the_table_for("a").await, "after verb {verb}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_a_purge_is_not_remembered_after_it() {
    let scene = Scene::with_a_copy("a").await;
    let mut reading = Box::pin(scene.asks("a"));
    begins(reading.as_mut());
    scene.purges("a").await;
    assert!(
        reading.await.unwrap().is_some(),
        "it was there when it was read"
    );
    let told = scene.asks("a").await.unwrap();
    assert!(!is_there(told.as_ref(), &scene), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_read_while_a_purge_was_under_way_is_forgotten_with_it() {
    let scene = Scene::with_a_copy("a").await;
    let (a, when) = (id("a"), scene.when());
    scene.shelf.lags_behind(scene.asks("a").await.unwrap());
    let mut purging = scene.hot.begin_purge(&a, ulid(8), None, &when);
    begins(purging.as_mut());
    scene.asks("a").await.unwrap();
    purging.await.unwrap();
    let told = scene.asks("a").await.unwrap();
    assert!(!is_there(told.as_ref(), &scene), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_given_up_is_a_write() {
    let scene = Scene::with_a_hot("a").await;
    let (a, when) = (id("a"), scene.when());
    let mut purging = scene.hot.begin_purge(&a, ulid(8), None, &when);
    begins(purging.as_mut());
    drop(purging);
    let told = scene.asks("a").await.unwrap();
    assert!(!is_there(told.as_ref(), &scene), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_failed_may_have_been_made() {
    let scene = Scene::with_a_hot("a").await;
    let (a, when) = (id("a"), scene.when());
    scene.shelf.breaks_down();
    let purged = scene.hot.begin_purge(&a, ulid(8), None, &when).await;
    assert!(purged.is_err());
    scene.shelf.is_mended();
    let told = scene.asks("a").await.unwrap();
    assert!(!is_there(told.as_ref(), &scene), "{told:?}");
}

/// One that copies all the time must remember, too.
#[tokio::test(start_paused = true)]
async fn another_replicas_writes_are_no_reason_to_forget() {
    let scene = Scene::with_a_copy("a").await;
    let mut reading = Box::pin(scene.asks("a"));
    begins(reading.as_mut());
    scene.purges("b").await;
    assert!(reading.await.unwrap().is_some());
    scene.purges("b").await;
    assert!(!scene.asks_the_table_for("a").await);
}

#[tokio::test(start_paused = true)]
async fn of_two_reads_the_later_one_is_remembered() {
    let scene = Scene::with_a_copy("a").await;
    let mut early = Box::pin(scene.asks("a"));
    begins(early.as_mut());
    let (a, table, when) = (id("a"), &scene.shelf.table, scene.when());
    table.confirm(&a, ulid(1), when.now + SECOND).await.unwrap();
    let late = scene.hot.get(&a, Read::Strong, scene.now).await.unwrap();
    assert_ne!(early.await.unwrap(), late);
    assert_eq!(scene.asks("a").await.unwrap(), late);
}

#[tokio::test(start_paused = true)]
async fn a_purge_that_had_to_be_forgotten_for_want_of_room_still_counts() {
    let scene = Scene::with(1, Lifetimes::default());
    scene.copied_elsewhere("a").await;
    scene.copied_elsewhere("b").await;
    let mut reading = Box::pin(scene.asks("a"));
    begins(reading.as_mut());
    scene.purges("a").await;
    assert!(scene.finds("b").await, "which takes the only place");
    assert!(reading.await.unwrap().is_some());
    let told = scene.asks("a").await.unwrap();
    assert!(!is_there(told.as_ref(), &scene), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_elsewhere_does_not_end_the_memory() {
    let scene = Scene::with_a_hot("a").await;
    std::thread::scope(|scope| {
        let panics = || {
            let _memory = scene.hot.memory();
            panic!("with the memory in hand");
        };
        assert!(scope.spawn(panics).join().is_err());
    });
    assert!(!scene.asks_the_table_for("a").await);
    scene.purges("a").await;
    assert!(scene.asks_the_table_for("a").await);
}
