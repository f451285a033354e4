//! Uploads in parts: where they are, and how they become a replica.

use bytes::Bytes;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Completion, Part, PoolError, PoolPorts, UploadId};
use cloud_mirror_domain::rules::Access;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_testkit::servers::gcs::Fault;

use crate::support::{
    BUCKET, DAY, PART, Stage, digests, headers, key, object, put, reader, replica, url,
};

const FOREVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// An upload of two parts that are there.
async fn two_parts(ports: &PoolPorts, url: &SourceUrl) -> (UploadId, Vec<Part>) {
    let upload = &ports.upload;
    let id = upload.begin(url, &object(url, PART + 3)).await.unwrap();
    let mut parts = Vec::new();
    for (number, bytes) in [(1, Bytes::from(vec![b'p'; PART])), (2, "end".into())] {
        parts.push(upload.part(url, &id, number, bytes).await.unwrap());
    }
    (id, parts)
}

async fn complete(
    ports: &PoolPorts,
    url: &SourceUrl,
    (id, parts): &(UploadId, Vec<Part>),
    seen: &Seen,
) -> Result<(), PoolError> {
    let digests = digests();
    let last = Completion {
        digests: Some(&digests),
        seen,
    };
    ports.upload.complete(url, id, parts, last).await
}

#[tokio::test]
async fn what_came_in_parts_is_described_like_what_came_whole() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let upload = two_parts(&ports, &url("a")).await;
    let before = stage.gcs.requests().len();
    complete(&ports, &url("a"), &upload, &Seen::None)
        .await
        .unwrap();
    assert_eq!(
        stage.operations_since(before),
        [
            "CompleteMultipartUpload",
            "HeadObject",
            "ComposeObject",
            "DeleteObject"
        ]
    );
    let replica = replica(&ports, &url("a")).await;
    assert_eq!(replica.size, PART as u64 + 3);
    assert_eq!(replica.upstream, Some(object(&url("a"), PART + 3).upstream));
    assert_eq!(replica.digests, Some(digests()), "set in the same write");
    assert!(replica.checksum.unwrap().starts_with("crc32c:"));
    assert_eq!(
        stage.gcs.keys(BUCKET),
        [key(&url("a"))],
        "nothing else stays"
    );
    assert_eq!(stage.gcs.uploads(BUCKET), []);
    let found = cloud_mirror_gcs::GcsSource::new(stage.clients());
    let facts = crate::sources::facts(&found, BUCKET, &key(&url("a"))).await;
    assert_eq!(facts.unwrap().headers, headers(), "as begun");
}

#[tokio::test]
async fn nothing_unfinished_has_a_replicas_name() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    two_parts(&ports, &url("a")).await;
    let uploads = stage.gcs.uploads(BUCKET);
    let [(name, _)] = &uploads[..] else {
        panic!("{uploads:?}")
    };
    assert!(name.starts_with("cloud-mirror-uploads/"), "{name}");
}

#[tokio::test]
async fn an_overtaken_run_replaces_nothing_and_loses_nothing() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let upload = two_parts(&ports, &url("a")).await;
    put(&ports, &url("a"), "was first").await.unwrap();
    let first = replica(&ports, &url("a")).await;
    let refused = complete(&ports, &url("a"), &upload, &Seen::None).await;
    assert_eq!(refused, Err(PoolError::Precondition));
    assert_eq!(replica(&ports, &url("a")).await, first);
    let seen = Seen::Etag(first.etag);
    complete(&ports, &url("a"), &upload, &seen).await.unwrap();
    assert_eq!(replica(&ports, &url("a")).await.size, PART as u64 + 3);
}

#[tokio::test]
async fn an_upload_that_was_never_published_is_found_and_ended() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let upload = two_parts(&ports, &url("a")).await;
    let broken = Fault::Error(500, "backendError".into());
    stage.gcs.fail_next("ComposeObject", 3, broken);
    let failed = complete(&ports, &url("a"), &upload, &Seen::None).await;
    assert!(
        matches!(failed, Err(PoolError::Unavailable(_))),
        "{failed:?}"
    );
    assert_eq!(ports.pool.head(&url("a")).await, Ok(None));
    let found = ports.upload.find(&url("a"), FOREVER).await.unwrap();
    assert_eq!(found.len(), 1, "as one object at its staging name");
    assert_eq!(ports.upload.find(&url("b"), FOREVER).await, Ok(vec![]));
    ports.upload.abort(&url("a"), &found[0]).await.unwrap();
    assert_eq!(stage.gcs.keys(BUCKET), Vec::<String>::new());
    let over = complete(&ports, &url("a"), &upload, &Seen::None).await;
    assert_eq!(over, Err(PoolError::NoSuchUpload));
}

#[tokio::test]
async fn a_purge_frees_what_was_completed_under_the_recorded_id() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let upload = two_parts(&ports, &url("a")).await;
    put(&ports, &url("a"), "was first").await.unwrap();
    let refused = complete(&ports, &url("a"), &upload, &Seen::None).await;
    assert_eq!(refused, Err(PoolError::Precondition));
    ports.upload.abort(&url("a"), &upload.0).await.unwrap();
    assert_eq!(stage.gcs.keys(BUCKET), [key(&url("a"))]);
}

#[tokio::test]
async fn a_composition_whose_answer_was_lost_is_found_to_be_ours() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let upload = two_parts(&ports, &url("a")).await;
    stage.gcs.fail_next("ComposeObject", 1, Fault::LostReply);
    let again = complete(&ports, &url("a"), &upload, &Seen::None).await;
    assert_eq!(again, Err(PoolError::Precondition), "it met its own write");
    let replica = replica(&ports, &url("a")).await;
    assert!(replica.is_of(&url("a")) && replica.digests.is_some());
}

#[tokio::test]
async fn what_nobody_ends_the_lifecycle_ends() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    two_parts(&ports, &url("a")).await;
    let stale = two_parts(&ports, &url("b")).await;
    put(&ports, &url("b"), "was first").await.unwrap();
    let refused = complete(&ports, &url("b"), &stale, &Seen::None).await;
    assert_eq!(refused, Err(PoolError::Precondition));
    stage.gcs.time_passes(8 * DAY);
    stage.gcs.sweep_lifecycle();
    assert_eq!(stage.gcs.uploads(BUCKET), []);
    assert_eq!(stage.gcs.keys(BUCKET), Vec::<String>::new());
}

#[tokio::test]
async fn a_part_that_fails_is_tried_once() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let id = ports.upload.begin(&url("a"), &object(&url("a"), 3)).await;
    let id = id.unwrap();
    stage.gcs.fail_next("UploadPart", 1, Fault::slow_down());
    let part = ports.upload.part(&url("a"), &id, 1, "end".into()).await;
    assert!(matches!(part, Err(PoolError::Throttled(_))), "{part:?}");
    assert_eq!(stage.gcs.count("UploadPart"), 1);
}

/// The `Cache-Control` of a replica that came in parts, as everybody sees it: its source's own words,
/// or those that Google has for public objects.
async fn caching_seen_after(source: Option<&str>, access: Access) -> String {
    let stage = Stage::new().await;
    let ports = stage.prepared(access).await;
    let mut object = object(&url("a"), 3);
    object.headers.cache_control = source.map(str::to_owned);
    let id = ports.upload.begin(&url("a"), &object).await.unwrap();
    let part = ports.upload.part(&url("a"), &id, 1, "end".into()).await;
    let upload = (id, vec![part.unwrap()]);
    complete(&ports, &url("a"), &upload, &Seen::None)
        .await
        .unwrap();
    stage
        .pool(Access::Public)
        .ports()
        .pool
        .prepare()
        .await
        .unwrap();
    let at = format!("{}/{BUCKET}/{}", stage.gcs.url(), key(&url("a")));
    let answer = reader().head(at).send().await.unwrap();
    let said = answer.headers().get("cache-control").unwrap();
    let metadata = stage.gcs.metadata(BUCKET, &key(&url("a"))).unwrap();
    let whole = put(&ports, &url("b"), "end").await;
    whole.unwrap();
    let as_whole = stage.gcs.metadata(BUCKET, &key(&url("b"))).unwrap();
    assert_eq!(metadata.len(), as_whole.len(), "{metadata:?}");
    said.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_came_in_parts_says_of_caching_what_its_source_said_and_no_more() {
    for access in [Access::Presigned, Access::Public] {
        let unsaid = caching_seen_after(None, access).await;
        assert_eq!(unsaid, "public, max-age=3600", "{access:?}: Google's own");
        for said in ["private, max-age=0", "public, max-age=3600", "no-cache"] {
            assert_eq!(caching_seen_after(Some(said), access).await, said);
        }
    }
}

#[tokio::test]
async fn a_completion_that_failed_behind_a_success_keeps_its_parts() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let upload = two_parts(&ports, &url("a")).await;
    let busy = Fault::ErrorIn200("SlowDown".into());
    stage.gcs.fail_next("CompleteMultipartUpload", 1, busy);
    let refused = complete(&ports, &url("a"), &upload, &Seen::None).await;
    assert!(
        matches!(refused, Err(PoolError::Throttled(_))),
        "{refused:?}"
    );
    complete(&ports, &url("a"), &upload, &Seen::None)
        .await
        .unwrap();
    assert_eq!(replica(&ports, &url("a")).await.size, PART as u64 + 3);
}

#[tokio::test]
async fn every_left_over_is_found_however_many_there_are() {
    const MANY: usize = 1_001;
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let upload = &ports.upload;
    for _ in 0..MANY {
        upload
            .begin(&url("a"), &object(&url("a"), 3))
            .await
            .unwrap();
    }
    let (staging, _) = stage.gcs.uploads(BUCKET)[0].clone();
    let (folder, _) = staging.rsplit_once('/').unwrap();
    for _ in 0..MANY {
        let completed = format!("{folder}/{}", ulid::Ulid::generate());
        stage.gcs.put(BUCKET, &completed, "end", &[]);
    }
    let found = upload.find(&url("a"), FOREVER).await.unwrap();
    assert_eq!(found.len(), 2 * MANY);
    assert_eq!(stage.gcs.count("ListMultipartUploads"), 2);
}
