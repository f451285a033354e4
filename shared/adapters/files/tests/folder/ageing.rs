//! A file pool is its own lifecycle: replicas end, and leftovers go.

use std::time::Duration;

use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Pool, PoolError, Upload};

use crate::support::{DAY, FOREVER, LIFESPAN, Shop, object, url};

const MOMENT: Duration = Duration::from_millis(1);

#[tokio::test]
async fn a_replica_past_its_lifespan_counts_as_gone() {
    let (shop, tool) = (Shop::new().await, url("tool"));
    shop.put(&tool, "old", &Seen::None).await;
    let etag = shop.etag(&tool).await;
    shop.clock.advance(LIFESPAN - MOMENT);
    assert_eq!(shop.served(&tool).await, "old");

    shop.clock.advance(MOMENT);
    assert_eq!(shop.pool.head(&tool).await.unwrap(), None);
    assert_eq!(shop.pool.open(&tool).await.unwrap(), None);
    let replaced = shop.try_put(&tool, "new", &Seen::Etag(etag.clone())).await;
    assert_eq!(replaced, Err(PoolError::Precondition));
    shop.put(&tool, "new", &Seen::None).await;
    assert_eq!(shop.served(&tool).await, "new");
}

#[tokio::test]
async fn preparing_removes_what_is_past_its_lifespan_and_nothing_else() {
    let shop = Shop::new().await;
    shop.put(&url("old"), "old", &Seen::None).await;
    shop.clock.advance(LIFESPAN);
    shop.put(&url("young"), "young", &Seen::None).await;
    let shop = shop.restarted().await;
    assert_eq!(
        shop.files().len(),
        2,
        "the young one's data and metadata: {:?}",
        shop.files()
    );
    assert_eq!(shop.served(&url("young")).await, "young");
}

#[tokio::test]
async fn uploads_that_nobody_finished_go_after_a_week() {
    let (shop, big) = (Shop::new().await, url("big"));
    let old = shop.pool.begin(&big, &object(&big, 4)).await.unwrap();
    shop.part(&big, &old, 1, "half").await;
    shop.clock.advance(DAY);
    let young = shop.pool.begin(&big, &object(&big, 4)).await.unwrap();
    shop.part(&big, &young, 1, "done").await;
    shop.clock.advance(6 * DAY);
    let shop = shop.restarted().await;
    assert_eq!(
        shop.pool.find(&big, FOREVER).await.unwrap(),
        [old, young.clone()],
        "seven days are kept"
    );

    shop.clock.advance(MOMENT);
    let shop = shop.restarted().await;
    assert_eq!(
        shop.pool.find(&big, FOREVER).await.unwrap(),
        std::slice::from_ref(&young)
    );
    shop.complete(&big, &young).await.unwrap();
    assert_eq!(shop.served(&big).await, "done");
}

#[tokio::test]
async fn temporary_files_that_a_crash_left_go_after_a_week() {
    let (shop, tool) = (Shop::new().await, url("tool"));
    shop.put(&tool, "whole", &Seen::None).await;
    // Every name in the folder is an id that carries the clock; an upload's will do.
    let id = shop.pool.begin(&tool, &object(&tool, 1)).await.unwrap();
    shop.pool.abort(&tool, &id).await.unwrap();
    let left = shop.folder().join("temporary").join(id);
    std::fs::write(&left, "half a fi").unwrap();
    shop.clock.advance(7 * DAY);
    shop.pool.sweep().await.unwrap();
    assert!(left.exists());
    shop.clock.advance(MOMENT);
    shop.pool.sweep().await.unwrap();
    assert!(!left.exists());
    assert_eq!(shop.served(&tool).await, "whole");
}

#[tokio::test]
async fn a_sweep_spares_what_a_reader_may_still_open() {
    let (shop, tool) = (Shop::new().await, url("tool"));
    shop.put(&tool, "old", &Seen::None).await;
    let before = shop.stored(&tool).await;
    shop.put(&tool, "new", &Seen::Etag(before.etag)).await;
    shop.pool.sweep().await.unwrap();
    assert!(before.path.exists());
    let _shop = shop.restarted().await;
    assert!(!before.path.exists(), "no reader outlives its process");
}
