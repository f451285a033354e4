//! What is served is what was written.

use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Method, Pool, PoolError, Upload};
use cloud_mirror_domain::url::{read_path, to_base64url};

use crate::support::{LIFESPAN, MINUTE, Shop, object, url};

#[tokio::test]
async fn a_replica_is_served_with_its_bytes_and_headers() {
    let (shop, tool) = (Shop::new().await, url("a/tool%201.0.bin"));
    shop.put(&tool, "the tool", &Seen::None).await;
    let (stored, replica) = (
        shop.stored(&tool).await,
        shop.pool.head(&tool).await.unwrap(),
    );
    let replica = replica.unwrap();
    assert_eq!(shop.served(&tool).await, "the tool");
    assert_eq!((&stored.etag, stored.size), (&replica.etag, 8));
    assert!(
        stored.etag.starts_with('"') && stored.etag.ends_with('"'),
        "{}",
        stored.etag
    );
    assert_eq!(
        (stored.stored, stored.expires),
        (replica.stored, replica.stored + LIFESPAN)
    );
    assert_eq!(replica.expires, Some(stored.expires));
    assert_eq!(stored.headers.content_type.as_deref(), Some("text/plain"));
    assert_eq!(shop.pool.open(&url("a/other")).await.unwrap(), None);
}

#[tokio::test]
async fn parts_are_joined_by_number_whatever_order_they_came_in() {
    let (shop, big) = (Shop::new().await, url("big"));
    let upload = shop.pool.begin(&big, &object(&big, 15)).await.unwrap();
    for (number, text) in [(10, "last"), (2, "middle "), (1, "old "), (1, "new ")] {
        shop.part(&big, &upload, number, text).await;
    }
    shop.complete(&big, &upload).await.unwrap();
    assert_eq!(shop.served(&big).await, "new middle last");
}

#[tokio::test]
async fn an_object_shorter_than_its_source_is_not_completed() {
    let (shop, big) = (Shop::new().await, url("big"));
    let upload = shop.pool.begin(&big, &object(&big, 15)).await.unwrap();
    shop.part(&big, &upload, 1, "too short").await;
    let refused = shop.complete(&big, &upload).await.unwrap_err().to_string();
    assert!(refused.contains("9 bytes instead of 15"), "{refused}");
    assert_eq!(shop.pool.head(&big).await.unwrap(), None);
}

#[tokio::test]
async fn a_reader_that_looked_before_a_replacement_still_finds_its_bytes() {
    let (shop, tool) = (Shop::new().await, url("tool"));
    shop.put(&tool, "old", &Seen::None).await;
    let before = shop.stored(&tool).await;
    shop.put(&tool, "new", &Seen::Etag(before.etag)).await;
    assert_eq!(std::fs::read_to_string(&before.path).unwrap(), "old");
    assert_eq!(shop.served(&tool).await, "new");

    shop.clock.advance(MINUTE);
    shop.put(&url("another"), "", &Seen::None).await;
    assert!(
        !before.path.exists(),
        "the first write a minute later clears it away"
    );
    assert_eq!(shop.served(&tool).await, "new");
}

#[tokio::test]
async fn a_deleted_replica_leaves_no_file_behind() {
    let (shop, tool) = (Shop::new().await, url("tool"));
    shop.put(&tool, "old", &Seen::None).await;
    shop.put(&tool, "new", &Seen::Etag(shop.etag(&tool).await))
        .await;
    shop.pool
        .delete(&tool, &shop.etag(&tool).await)
        .await
        .unwrap();
    assert_eq!(shop.files(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn an_address_names_the_source_in_the_form_that_is_safe_everywhere() {
    let (shop, tool) = (Shop::new().await, url("a%2Fb?x=1"));
    let address = shop.pool.address(&tool, Method::Get).await.unwrap();
    let written = address
        .url
        .strip_prefix("http://127.0.0.1:8080/pool/file/us-west-2/")
        .unwrap();
    assert_eq!(written, to_base64url(tool.as_str()));
    assert_eq!(read_path(written, None).unwrap(), tool);
    assert_eq!(address.expires, None);
}

#[tokio::test]
async fn an_upload_id_is_never_a_path() {
    let (shop, tool) = (Shop::new().await, url("tool"));
    shop.put(&tool, "here", &Seen::None).await;
    for id in ["", ".", "../../objects", "/", "01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
        let id = id.to_owned();
        assert_eq!(
            shop.pool.parts(&tool, &id).await,
            Err(PoolError::NoSuchUpload),
            "{id}"
        );
        assert_eq!(shop.pool.abort(&tool, &id).await, Ok(()), "{id}");
    }
    assert_eq!(shop.served(&tool).await, "here");
}
