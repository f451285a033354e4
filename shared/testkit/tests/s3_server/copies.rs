//! Copies are made by the server, between regions too.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::copy_object::builders::CopyObjectFluentBuilder;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{MetadataDirective, TaggingDirective};
use cloud_mirror_testkit::servers::s3::S3Server;

use crate::support::{BUCKET, a_bucket, refusal, refused};

const HEADERS: [(&str, &str); 4] = [
    ("content-type", "text/plain"),
    ("content-encoding", "gzip"),
    ("x-amz-meta-one", "1"),
    ("x-amz-tagging", "a=1&b=2"),
];

/// A source in another region, and a client where the copy will be.
async fn a_source() -> (S3Server, Client) {
    let (server, client) = a_bucket().await;
    server.create_bucket("source", "us-west-2");
    server.put("source", "a", "bytes", &HEADERS);
    (server, client)
}

fn copy(client: &Client) -> CopyObjectFluentBuilder {
    let copy = client.copy_object().bucket(BUCKET).key("b");
    copy.copy_source("source/a")
}

async fn head(client: &Client) -> HeadObjectOutput {
    let head = client.head_object().bucket(BUCKET).key("b").send();
    head.await.unwrap()
}

#[tokio::test]
async fn a_copy_crosses_regions_with_everything_it_has() {
    let (server, client) = a_source().await;
    copy(&client).send().await.unwrap();
    assert!(server.same_bytes(("source", "a"), (BUCKET, "b")));
    let head = head(&client).await;
    assert_eq!(head.content_type(), Some("text/plain"));
    assert_eq!(head.content_encoding(), Some("gzip"));
    assert_eq!(head.metadata().unwrap()["one"], "1");
    assert_eq!(head.tag_count(), Some(2));
    assert_eq!(server.count("GetObject"), 0);
}

#[tokio::test]
async fn replaced_metadata_replaces_all_of_it_and_leaves_the_tags() {
    let (_server, client) = a_source().await;
    let copy = copy(&client).metadata_directive(MetadataDirective::Replace);
    let copy = copy.content_type("text/html").metadata("two", "2");
    copy.send().await.unwrap();
    let head = head(&client).await;
    assert_eq!(head.content_type(), Some("text/html"));
    assert_eq!(head.content_encoding(), None);
    assert_eq!(head.metadata().unwrap().len(), 1);
    assert_eq!(head.tag_count(), Some(2));
}

#[tokio::test]
async fn metadata_without_the_directive_is_ignored() {
    let (_server, client) = a_source().await;
    let copy = copy(&client).metadata("two", "2").tagging("c=3");
    copy.send().await.unwrap();
    let head = head(&client).await;
    assert_eq!(head.metadata().unwrap()["one"], "1");
    assert_eq!(head.tag_count(), Some(2));
}

#[tokio::test]
async fn replaced_tags_replace_all_of_them() {
    let (_server, client) = a_source().await;
    let copy = copy(&client).tagging_directive(TaggingDirective::Replace);
    copy.tagging("c=3").send().await.unwrap();
    assert_eq!(head(&client).await.tag_count(), Some(1));
}

#[tokio::test]
async fn an_absent_source_is_404() {
    let (server, client) = a_source().await;
    server.delete("source", "a");
    let copied = copy(&client).send().await;
    assert_eq!(refusal(copied), refused(404, "NoSuchKey"));
}

#[tokio::test]
async fn a_source_that_may_not_be_read_is_403() {
    let (server, client) = a_source().await;
    server.deny("source", true);
    let copied = copy(&client).send().await;
    assert_eq!(refusal(copied), refused(403, "AccessDenied"));
}

#[tokio::test]
async fn a_copy_onto_itself_must_change_something() {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, "b", "bytes", &HEADERS);
    let onto_itself = || copy(&client).copy_source(format!("{BUCKET}/b"));
    let same = onto_itself().send().await;
    assert_eq!(refusal(same), refused(400, "InvalidRequest"));
    let changed = onto_itself().metadata_directive(MetadataDirective::Replace);
    changed.send().await.unwrap();
}
