//! S3's limits.

use cloud_mirror_testkit::servers::s3::{S3Server, Settings};

use crate::support::{BUCKET, REGION, a_bucket, all, begin, client, part, put, refusal, refused};

#[tokio::test]
async fn a_key_has_1024_bytes() {
    let (_server, client) = a_bucket().await;
    put(&client, &"ä".repeat(512), b"bytes").await;
    let longer = "ä".repeat(512) + "b";
    let put = client.put_object().bucket(BUCKET).key(longer).send().await;
    assert_eq!(refusal(put), refused(400, "KeyTooLongError"));
}

#[tokio::test]
async fn user_metadata_has_2_kibibytes_in_all() {
    let (_server, client) = a_bucket().await;
    let put = |length| {
        let put = client.put_object().bucket(BUCKET).key("a");
        put.metadata("one", "1")
            .metadata("two", "2".repeat(length))
            .send()
    };
    put(2048 - 7).await.unwrap();
    let more = put(2048 - 6).await;
    assert_eq!(refusal(more), refused(400, "MetadataTooLarge"));
}

#[tokio::test]
async fn headers_that_are_kept_have_2_kibibytes_in_all() {
    let (_server, client) = a_bucket().await;
    let kept = "content-type".len() + "text/plain".len() + "content-disposition".len();
    let most = 2048 - kept;
    let put = |length| {
        let put = client.put_object().bucket(BUCKET).key("a");
        put.content_type("text/plain")
            .content_disposition("d".repeat(length))
            .metadata("one", "1".repeat(2000))
            .send()
    };
    put(most).await.unwrap();
    let more = put(most + 1).await;
    assert_eq!(refusal(more), refused(400, "MetadataTooLarge"));
    let begin = client.create_multipart_upload().bucket(BUCKET).key("a");
    let begun = begin.cache_control("c".repeat(2048)).send().await;
    assert_eq!(refusal(begun), refused(400, "MetadataTooLarge"));
}

#[tokio::test]
async fn an_object_has_ten_tags() {
    let (_server, client) = a_bucket().await;
    let put = |count| {
        let tags: Vec<_> = (0..count).map(|number| format!("tag{number}=1")).collect();
        let put = client.put_object().bucket(BUCKET).key("a");
        put.tagging(tags.join("&")).send()
    };
    put(10).await.unwrap();
    assert_eq!(refusal(put(11).await).0, 400);
}

#[tokio::test]
async fn a_test_may_lower_the_limits() {
    let settings = Settings {
        smallest_part: 2,
        largest_copy: 5,
        ..Settings::default()
    };
    let server = S3Server::start_with(settings).await;
    server.create_bucket(BUCKET, REGION);
    let client = client(&server, REGION);
    let id = begin(&client, "a").await;
    let parts = vec![
        part(&client, ("a", &id), 1, b"123".to_vec()).await,
        part(&client, ("a", &id), 2, b"456".to_vec()).await,
    ];
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("a");
    let complete = complete.upload_id(&id).multipart_upload(all(parts));
    complete.send().await.unwrap();
    let copy = client.copy_object().bucket(BUCKET).key("b");
    let copy = copy.copy_source(format!("{BUCKET}/a")).send().await;
    assert_eq!(refusal(copy), refused(400, "InvalidRequest"));
}
