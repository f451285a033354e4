//! Uploads in parts.

use bytes::Bytes;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Completion, PoolError, PoolPorts};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_s3::Access;
use cloud_mirror_testkit::servers::s3::Fault;

use crate::support::{BUCKET, Stage, digests, key, object, replica, url};

/// More than S3 lists in one answer.
const MANY: u32 = 1_001;

/// Uploads an object in one part.
pub(crate) async fn upload(ports: &PoolPorts, url: &SourceUrl, text: &str) {
    complete(ports, url, text).await.unwrap();
}

async fn complete(ports: &PoolPorts, url: &SourceUrl, text: &str) -> Result<(), PoolError> {
    let upload = &ports.upload;
    let id = upload.begin(url, &object(url, text.len())).await?;
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let part = upload.part(url, &id, 1, bytes).await?;
    let last = Completion {
        digests: Some(&digests()),
        seen: &Seen::None,
    };
    upload.complete(url, &id, &[part], last).await
}

#[tokio::test]
async fn every_part_and_every_upload_is_listed_however_many_there_are() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let url = url("many");
    let upload = &ports.upload;
    let mut ids = Vec::new();
    for _ in 0..MANY {
        ids.push(upload.begin(&url, &object(&url, 1)).await.unwrap());
    }
    ids.sort();
    let mut found = upload
        .find(&url, Timestamp::from_millis(u64::MAX))
        .await
        .unwrap();
    found.sort();
    assert_eq!(found, ids);
    for number in 1..=MANY {
        upload
            .part(&url, &ids[0], number, Bytes::from_static(b"x"))
            .await
            .unwrap();
    }
    let parts = upload.parts(&url, &ids[0]).await.unwrap();
    let numbers: Vec<u32> = parts.iter().map(|part| part.number).collect();
    assert_eq!(numbers, (1..=MANY).collect::<Vec<_>>());
}

#[tokio::test]
async fn digests_that_could_not_be_kept_are_an_error_and_the_object_stays() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let url = url("untagged");
    stage
        .s3
        .fail_next("PutObjectTagging", 1, Fault::slow_down());
    let answer = complete(&ports, &url, "bytes").await;
    assert!(matches!(answer, Err(PoolError::Throttled(_))), "{answer:?}");
    let replica = replica(&ports, &url).await;
    assert!(replica.is_of(&url));
    assert_eq!(replica.digests, None);
}

#[tokio::test]
async fn the_digests_of_a_run_that_was_overtaken_are_not_told_of_anothers_object() {
    let stage = Stage::new().await;
    let ports = stage.prepared(Access::Presigned).await;
    let url = url("overtaken");
    upload(&ports, &url, "the slow run's").await;
    let slow = stage
        .client()
        .get_object_tagging()
        .bucket(BUCKET)
        .key(key(&url));
    let slow = slow.send().await.unwrap().tag_set;
    let first = replica(&ports, &url).await;
    ports.pool.delete(&url, &first.etag).await.unwrap();
    upload(&ports, &url, "the fast run's").await;
    tag(&stage, &url, slow).await;
    assert_eq!(replica(&ports, &url).await.digests, None);
}

async fn tag(stage: &Stage, url: &SourceUrl, tags: Vec<aws_sdk_s3::types::Tag>) {
    let tagging = aws_sdk_s3::types::Tagging::builder().set_tag_set(Some(tags));
    let request = stage
        .client()
        .put_object_tagging()
        .bucket(BUCKET)
        .key(key(url));
    request
        .tagging(tagging.build().unwrap())
        .send()
        .await
        .unwrap();
}
