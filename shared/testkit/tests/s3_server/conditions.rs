//! Conditions hold, also when many write at once.

use aws_sdk_s3::Client;

use crate::support::{BUCKET, a_bucket, all, begin, part, put, refusal, refused};

fn unmet() -> (u16, String) {
    refused(412, "PreconditionFailed")
}

#[tokio::test]
async fn a_put_can_ask_that_nothing_is_there() {
    let (server, client) = a_bucket().await;
    let put = || {
        client
            .put_object()
            .bucket(BUCKET)
            .key("a")
            .if_none_match("*")
    };
    put().body(b"first".to_vec().into()).send().await.unwrap();
    let second = put().body(b"second".to_vec().into()).send().await;
    assert_eq!(refusal(second), unmet());
    assert_eq!(server.object(BUCKET, "a").unwrap(), "first");
}

#[tokio::test]
async fn a_put_can_ask_that_nothing_has_changed() {
    let (_server, client) = a_bucket().await;
    let put = |etag: &str| {
        let put = client.put_object().bucket(BUCKET).key("a");
        put.if_match(etag).body(b"new".to_vec().into()).send()
    };
    assert_eq!(refusal(put("\"x\"").await), refused(404, "NoSuchKey"));
    let etag = crate::support::put(&client, "a", b"old").await;
    assert_eq!(refusal(put("\"x\"").await), unmet());
    put(&etag).await.unwrap();
    assert_eq!(refusal(put(&etag).await), unmet());
}

#[tokio::test]
async fn if_none_match_takes_no_etag_on_writes() {
    let (_server, client) = a_bucket().await;
    let put = client
        .put_object()
        .bucket(BUCKET)
        .key("a")
        .if_none_match("\"x\"");
    assert_eq!(refusal(put.send().await), refused(501, "NotImplemented"));
}

#[tokio::test]
async fn of_many_conditional_puts_at_once_one_wins() {
    let (_server, client) = a_bucket().await;
    let puts = (0..20).map(|number| {
        let put = client
            .put_object()
            .bucket(BUCKET)
            .key("a")
            .if_none_match("*");
        tokio::spawn(put.body(vec![number; 100].into()).send())
    });
    let mut won = 0;
    for put in puts.collect::<Vec<_>>() {
        match put.await.unwrap() {
            Ok(_) => won += 1,
            lost => assert_eq!(refusal(lost), unmet()),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn a_copy_has_conditions_on_both_ends() {
    let (_server, client) = a_bucket().await;
    let etag = put(&client, "a", b"bytes").await;
    let copy = || {
        let copy = client.copy_object().bucket(BUCKET).key("b");
        copy.copy_source(format!("{BUCKET}/a"))
    };
    let changed = copy().copy_source_if_match("\"x\"").send().await;
    assert_eq!(refusal(changed), unmet());
    let absent = copy().if_match(&etag).send().await;
    assert_eq!(refusal(absent), refused(404, "NoSuchKey"));
    let first = copy().copy_source_if_match(&etag).if_none_match("*");
    first.send().await.unwrap();
    assert_eq!(refusal(copy().if_none_match("*").send().await), unmet());
    assert_eq!(refusal(copy().if_match("\"x\"").send().await), unmet());
    copy().if_match(&etag).send().await.unwrap();
}

async fn upload(client: &Client) -> (String, aws_sdk_s3::types::CompletedMultipartUpload) {
    let id = begin(client, "a").await;
    let part = part(client, ("a", &id), 1, b"bytes".to_vec()).await;
    (id, all(vec![part]))
}

#[tokio::test]
async fn a_completion_has_conditions_and_a_refused_one_may_be_repeated() {
    let (server, client) = a_bucket().await;
    let (id, parts) = upload(&client).await;
    let complete = || {
        let complete = client.complete_multipart_upload().bucket(BUCKET).key("a");
        complete.upload_id(&id).multipart_upload(parts.clone())
    };
    let etag = put(&client, "a", b"other").await;
    assert_eq!(refusal(complete().if_none_match("*").send().await), unmet());
    assert_eq!(refusal(complete().if_match("\"x\"").send().await), unmet());
    assert_eq!(server.uploads(BUCKET).len(), 1);
    complete().if_match(&etag).send().await.unwrap();
    assert_eq!(server.uploads(BUCKET), []);
    assert_eq!(server.object(BUCKET, "a").unwrap(), "bytes");
}

#[tokio::test]
async fn a_deletion_can_ask_that_nothing_has_changed() {
    let (server, client) = a_bucket().await;
    let delete = |etag: &str| {
        let delete = client.delete_object().bucket(BUCKET).key("a");
        delete.if_match(etag).send()
    };
    delete("\"x\"").await.unwrap();
    assert_eq!(refusal(delete("*").await), unmet());
    let etag = put(&client, "a", b"bytes").await;
    assert_eq!(refusal(delete("\"x\"").await), unmet());
    assert!(server.object(BUCKET, "a").is_some());
    delete(&etag).await.unwrap();
    assert_eq!(server.object(BUCKET, "a"), None);
}

#[tokio::test]
async fn a_read_can_ask_for_one_version_or_for_another() {
    let (_server, client) = a_bucket().await;
    let etag = put(&client, "a", b"bytes").await;
    let get = || client.get_object().bucket(BUCKET).key("a");
    get().if_match(&etag).send().await.unwrap();
    assert_eq!(refusal(get().if_match("\"x\"").send().await), unmet());
    let same = get().if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(same.raw_response().unwrap().status().as_u16(), 304);
    let head = client.head_object().bucket(BUCKET).key("a");
    let other = head.if_match("\"x\"").send().await.unwrap_err();
    assert_eq!(other.raw_response().unwrap().status().as_u16(), 412);
}
