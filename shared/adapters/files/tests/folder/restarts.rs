//! Processes end at any moment; folders are moved, tidied and unmounted.

use std::path::Path;
use std::time::Duration;

use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Pool, PoolError, Upload};
use cloud_mirror_testkit::clock::ManualClock;

use crate::support::{FOREVER, Shop, object, pool_in, url};

#[tokio::test]
async fn replicas_and_uploads_outlive_the_process() {
    let (shop, tool, big) = (Shop::new().await, url("tool"), url("big"));
    shop.put(&tool, "the tool", &Seen::None).await;
    let before = shop.pool.head(&tool).await.unwrap();
    let upload = shop.pool.begin(&big, &object(&big, 9)).await.unwrap();
    shop.part(&big, &upload, 1, "half ").await;

    let shop = shop.restarted().await;
    assert_eq!(shop.pool.head(&tool).await.unwrap(), before);
    assert_eq!(
        shop.pool.find(&big, FOREVER).await.unwrap(),
        std::slice::from_ref(&upload)
    );
    shop.part(&big, &upload, 2, "done").await;
    shop.complete(&big, &upload).await.unwrap();
    assert_eq!(shop.served(&big).await, "half done");
}

/// A process that dies between laying the bytes down and switching leaves them unnamed.
#[tokio::test]
async fn a_write_that_was_cut_off_never_counts_and_is_cleared_away() {
    let (shop, tool) = (Shop::new().await, url("tool"));
    shop.put(&tool, "whole", &Seen::None).await;
    let cut_off = shop
        .stored(&tool)
        .await
        .path
        .with_file_name("01ARZ3NDEKTSV4RRFFQ69G5FAV.data");
    std::fs::write(&cut_off, "ha").unwrap();
    assert_eq!(shop.served(&tool).await, "whole");
    let shop = shop.restarted().await;
    assert!(!cut_off.exists());
    assert_eq!(shop.served(&tool).await, "whole");
}

/// Wherever a caller stops waiting, what is there is whole, and the next write finds it so.
#[tokio::test]
async fn a_caller_that_stops_waiting_leaves_no_half_object() {
    let (shop, tool) = (Shop::new().await, url("tool"));
    for patience in (0..40).map(|n| Duration::from_micros(25 * n)) {
        let seen = shop.seen(&tool).await;
        let text = format!("{patience:?}");
        let _ = tokio::time::timeout(patience, shop.try_put(&tool, &text, &seen)).await;
        if let Some(stored) = shop.pool.open(&tool).await.unwrap() {
            let bytes = std::fs::read(&stored.path).unwrap();
            assert_eq!(bytes.len() as u64, stored.size);
        }
    }
    // A write that was given up may still be on its way: it wins over this one, or loses.
    let mut answer = Err(PoolError::Precondition);
    while answer == Err(PoolError::Precondition) {
        answer = shop
            .try_put(&tool, "the last", &shop.seen(&tool).await)
            .await;
    }
    assert_eq!(answer, Ok(()));
    assert_eq!(shop.served(&tool).await, "the last");
}

#[tokio::test]
async fn a_replica_whose_bytes_are_not_all_there_is_copied_again() {
    for harm in [cut as fn(&Path), remove, garble_metadata] {
        let (shop, tool) = (Shop::new().await, url("tool"));
        shop.put(&tool, "whole", &Seen::None).await;
        harm(&shop.stored(&tool).await.path);
        assert_eq!(shop.pool.head(&tool).await.unwrap(), None);
        assert_eq!(shop.pool.open(&tool).await.unwrap(), None);
        shop.put(&tool, "again", &Seen::None).await;
        assert_eq!(shop.served(&tool).await, "again");
    }
}

fn cut(data: &Path) {
    std::fs::write(data, "wh").unwrap();
}

fn remove(data: &Path) {
    std::fs::remove_file(data).unwrap();
}

fn garble_metadata(data: &Path) {
    std::fs::write(data.with_file_name("current.json"), "{\"format\": 2}").unwrap();
}

#[tokio::test]
async fn a_folder_that_is_not_there_says_nothing_about_absence() {
    let shop = Shop::new().await;
    std::fs::remove_dir_all(shop.folder()).unwrap();
    let head = shop.pool.head(&url("tool")).await;
    assert!(matches!(&head, Err(PoolError::Unavailable(_))), "{head:?}");
    assert!(shop.try_put(&url("tool"), "x", &Seen::None).await.is_err());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let clock = ManualClock::default().into();
    let refused = pool_in(file.join("pool"), &clock)
        .prepare()
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("making the pool's folder"), "{refused}");
    assert!(refused.contains("pool"), "it names the folder: {refused}");
}

#[tokio::test]
async fn files_that_are_not_ours_are_left_alone() {
    let shop = Shop::new().await;
    let notes = [
        "README",
        "objects/README",
        "uploads/README",
        "temporary/README",
    ];
    for note in notes {
        std::fs::write(shop.folder().join(note), "not yours").unwrap();
    }
    let shop = shop.restarted().await;
    assert_eq!(shop.files().len(), notes.len());
}
