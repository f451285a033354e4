//! Multipart uploads.

use std::collections::BTreeSet;

use aws_sdk_s3::types::CompletedPart;

use crate::support::{BUCKET, MIB, a_bucket, all, begin, completed, noise, part, refusal, refused};

#[tokio::test]
async fn an_upload_becomes_an_object_when_it_is_completed() {
    let (server, client) = a_bucket().await;
    let begun = client.create_multipart_upload().bucket(BUCKET).key("a");
    let begun = begun
        .content_type("text/plain")
        .metadata("one", "1")
        .tagging("t=1");
    let id = begun.send().await.unwrap().upload_id.unwrap();
    let parts = vec![
        part(&client, ("a", &id), 1, noise(5 * MIB)).await,
        part(&client, ("a", &id), 7, b"the end".to_vec()).await,
    ];
    assert_eq!(server.object(BUCKET, "a"), None);
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("a");
    let complete = complete.upload_id(&id).multipart_upload(all(parts));
    let answer = complete.send().await.unwrap();
    assert!(answer.e_tag().unwrap().ends_with("-2\""));
    let expected = [noise(5 * MIB), b"the end".to_vec()].concat();
    assert_eq!(server.object(BUCKET, "a").unwrap(), expected);
    let head = client.head_object().bucket(BUCKET).key("a").send();
    let head = head.await.unwrap();
    assert_eq!(head.content_type(), Some("text/plain"));
    assert_eq!(head.metadata().unwrap()["one"], "1");
    assert_eq!(head.tag_count(), Some(1));
}

#[tokio::test]
async fn the_etag_of_an_upload_is_that_of_its_parts_digests() {
    let (_server, client) = a_bucket().await;
    let id = begin(&client, "a").await;
    let part = part(&client, ("a", &id), 1, b"hello".to_vec()).await;
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("a");
    let complete = complete.upload_id(&id).multipart_upload(all(vec![part]));
    let etag = complete.send().await.unwrap().e_tag.unwrap();
    // The MD5 of the sixteen bytes of the MD5 of "hello".
    assert_eq!(etag, "\"62109206880d38a4010a98e11243924a-1\"");
}

#[tokio::test]
async fn a_small_part_is_refused_unless_it_is_the_last() {
    let (server, client) = a_bucket().await;
    let id = begin(&client, "a").await;
    let parts = vec![
        part(&client, ("a", &id), 1, noise(5 * MIB - 1)).await,
        part(&client, ("a", &id), 2, noise(5 * MIB)).await,
    ];
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("a");
    let complete = complete.upload_id(&id).multipart_upload(all(parts));
    let refusal = refusal(complete.send().await);
    assert_eq!(refusal, refused(400, "EntityTooSmall"));
    assert_eq!(server.uploads(BUCKET), [("a".to_owned(), id)]);
}

#[tokio::test]
async fn a_completion_names_parts_that_exist_in_their_order() {
    let (_server, client) = a_bucket().await;
    let id = begin(&client, "a").await;
    let one = part(&client, ("a", &id), 1, noise(5 * MIB)).await;
    let two = part(&client, ("a", &id), 2, noise(5 * MIB)).await;
    let complete = async |parts: Vec<CompletedPart>| {
        let complete = client.complete_multipart_upload().bucket(BUCKET).key("a");
        refusal(
            complete
                .upload_id(&id)
                .multipart_upload(all(parts))
                .send()
                .await,
        )
    };
    let order = complete(vec![two, one.clone()]).await;
    assert_eq!(order, refused(400, "InvalidPartOrder"));
    let absent = complete(vec![one, completed(3, "\"x\"")]).await;
    assert_eq!(absent, refused(400, "InvalidPart"));
    let changed = complete(vec![completed(1, "\"x\"")]).await;
    assert_eq!(changed, refused(400, "InvalidPart"));
}

#[tokio::test]
async fn parts_are_numbered_up_to_ten_thousand() {
    let (_server, client) = a_bucket().await;
    let id = begin(&client, "a").await;
    let upload = |number| {
        let upload = client.upload_part().bucket(BUCKET).key("a").upload_id(&id);
        upload
            .part_number(number)
            .body(b"bytes".to_vec().into())
            .send()
    };
    upload(10_000).await.unwrap();
    let invalid = refused(400, "InvalidArgument");
    assert_eq!(refusal(upload(10_001).await), invalid);
    assert_eq!(refusal(upload(0).await), invalid);
}

#[tokio::test]
async fn an_aborted_upload_is_gone() {
    let (server, client) = a_bucket().await;
    let id = begin(&client, "a").await;
    let abort = || {
        client
            .abort_multipart_upload()
            .bucket(BUCKET)
            .key("a")
            .upload_id(&id)
            .send()
    };
    abort().await.unwrap();
    assert_eq!(server.uploads(BUCKET), []);
    let gone = refused(404, "NoSuchUpload");
    assert_eq!(refusal(abort().await), gone);
    let upload = client.upload_part().bucket(BUCKET).key("a").upload_id(&id);
    assert_eq!(refusal(upload.part_number(1).send().await), gone);
    let parts = client.list_parts().bucket(BUCKET).key("a").upload_id(&id);
    assert_eq!(refusal(parts.send().await), gone);
}

#[tokio::test]
async fn parts_are_listed_page_by_page() {
    let (_server, client) = a_bucket().await;
    let id = begin(&client, "a").await;
    for number in [1, 2, 3, 5, 8] {
        part(&client, ("a", &id), number, vec![0; number as usize]).await;
    }
    let list = client.list_parts().bucket(BUCKET).key("a").upload_id(&id);
    let mut pages = list.max_parts(2).into_paginator().send();
    let mut seen = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        let numbers = page
            .parts()
            .iter()
            .map(|part| (part.part_number().unwrap(), part.size()));
        seen.push(
            numbers
                .map(|(number, size)| (number, size.unwrap()))
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(
        seen,
        [vec![(1, 1), (2, 2)], vec![(3, 3), (5, 5)], vec![(8, 8)]]
    );
}

#[tokio::test]
async fn uploads_are_listed_page_by_page_and_by_prefix() {
    let (_server, client) = a_bucket().await;
    let mut begun = BTreeSet::new();
    for key in ["b/1", "b/1", "b/1", "b/2", "b/3"] {
        begun.insert((key.to_owned(), begin(&client, key).await));
    }
    begin(&client, "a").await;
    begin(&client, "c").await;
    let mut listed = Vec::new();
    let (mut key, mut id) = (None, None);
    loop {
        let list = client
            .list_multipart_uploads()
            .bucket(BUCKET)
            .prefix("b/")
            .max_uploads(2);
        let page = list
            .set_key_marker(key)
            .set_upload_id_marker(id)
            .send()
            .await
            .unwrap();
        let uploads = page.uploads().iter();
        listed.extend(uploads.map(|upload| {
            (
                upload.key().unwrap().to_owned(),
                upload.upload_id().unwrap().to_owned(),
            )
        }));
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, id) = (page.next_key_marker, page.next_upload_id_marker);
    }
    assert_eq!(listed, Vec::from_iter(begun));
}
