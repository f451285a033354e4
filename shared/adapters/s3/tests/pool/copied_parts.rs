//! Copies that the store makes itself, part by part.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Completion, CopySource, PartOf, PoolError};

use crate::scene::{MIB, STORE, Scene, kind, pool_error, stored};
use crate::support::{BUCKET, Stage, key, replica, url};

#[tokio::test]
async fn parts_tile_the_source_exactly() {
    let scene = Scene::new().await;
    let size = 300 * MIB + 1;
    let etag = scene.stage.s3.put_pattern(STORE, "large", size, 7);
    let (url, object) = (url("large"), stored("large"));
    let from = CopySource {
        object: &object,
        etag: &etag,
    };
    let (upload, parts) = scene.parts(&url, from, 64 * MIB).await;
    assert_eq!(
        scene.ports.upload.parts(&url, &upload).await.unwrap(),
        parts
    );
    let last = Completion {
        digests: None,
        seen: &Seen::None,
    };
    scene
        .ports
        .upload
        .complete(&url, &upload, &parts, last)
        .await
        .unwrap();
    assert!(
        scene
            .stage
            .s3
            .same_bytes((STORE, "large"), (BUCKET, &key(&url)))
    );
    assert!(replica(&scene.ports, &url).await.is_of(&url));
    assert_eq!(tiled(&scene.stage), size);
    assert_eq!(
        scene.stage.s3.count("GetObject") + scene.stage.s3.count("UploadPart"),
        0
    );
}

/// The end of the ranges that were copied, each of which begins where the one before ended.
fn tiled(stage: &Stage) -> u64 {
    let requests = stage.s3.requests();
    let ranges = requests
        .iter()
        .filter_map(|request| request.copy_source_range.as_deref());
    ranges.fold(0, |end, range| {
        let (first, last) = range
            .strip_prefix("bytes=")
            .unwrap()
            .split_once('-')
            .unwrap();
        assert_eq!(first, end.to_string());
        last.parse::<u64>().unwrap() + 1
    })
}

#[tokio::test]
async fn a_source_that_is_overwritten_between_parts_is_noticed() {
    let scene = Scene::new().await;
    let etag = scene.stage.s3.put_pattern(STORE, "a", 10 * MIB, 0);
    let (url, object) = (url("a"), stored("a"));
    let from = CopySource {
        object: &object,
        etag: &etag,
    };
    let (upload, _) = scene.parts(&url, from, 5 * MIB).await;
    let again = || PartOf {
        number: 2,
        from,
        range: 5 * MIB..10 * MIB,
    };
    scene.stage.s3.put_pattern(STORE, "a", 10 * MIB, 1);
    let changed = scene.copier.part(&url, &upload, again()).await;
    assert_eq!(kind(changed.map(drop)), Kind::SourceChanged);
    scene.stage.s3.delete(STORE, "a");
    let gone = scene.copier.part(&url, &upload, again()).await;
    assert_eq!(kind(gone.map(drop)), Kind::SourceNotFound);
}

#[tokio::test]
async fn a_part_needs_an_upload_and_bytes() {
    let scene = Scene::new().await;
    let etag = scene.stage.s3.put_pattern(STORE, "a", 10 * MIB, 0);
    let (url, object) = (url("a"), stored("a"));
    let from = CopySource {
        object: &object,
        etag: &etag,
    };
    let upload = "never-begun".to_owned();
    let part = |range| PartOf {
        number: 1,
        from,
        range,
    };
    let answer = scene.copier.part(&url, &upload, part(0..5 * MIB)).await;
    assert_eq!(pool_error(answer.map(drop)), PoolError::NoSuchUpload);
    let empty = scene.copier.part(&url, &upload, part(5..5)).await;
    assert!(matches!(
        pool_error(empty.map(drop)),
        PoolError::Unavailable(_)
    ));
}

#[tokio::test]
async fn a_copy_in_parts_has_no_digests_and_says_none() {
    let scene = Scene::new().await;
    let etag = scene.stage.s3.put_pattern(STORE, "a", 10 * MIB, 0);
    let (url, object) = (url("a"), stored("a"));
    let from = CopySource {
        object: &object,
        etag: &etag,
    };
    let (upload, parts) = scene.parts(&url, from, 5 * MIB).await;
    let last = Completion {
        digests: None,
        seen: &Seen::None,
    };
    scene
        .ports
        .upload
        .complete(&url, &upload, &parts, last)
        .await
        .unwrap();
    assert_eq!(replica(&scene.ports, &url).await.digests, None);
    assert_eq!(scene.stage.s3.count("PutObjectTagging"), 0);
}
