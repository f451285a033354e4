//! What stores in common use say with their objects.

use crate::{bytes, head, source};
use cloud_mirror_domain::digest::Algorithm;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::ports::SourceFacts;
use cloud_mirror_testkit::origin::{Object, Origin};

async fn said(object: Object) -> SourceFacts {
    let origin = Origin::start().await;
    origin.serve("/a", object);
    head(&source(), &origin.url("/a"), &origin.rule())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_digest_that_is_offered_is_told() {
    let object = Object::new("123456789")
        .header("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")
        .header("x-goog-hash", "crc32c=4waSgw==");
    let offered = said(object).await.offered;
    let algorithms: Vec<_> = offered.iter().map(|digest| digest.algorithm).collect();
    assert_eq!(algorithms, [Algorithm::Md5, Algorithm::Crc32c]);
    assert_eq!(offered[1].hex, "e3069283");
}

#[tokio::test]
async fn an_archived_object_says_so() {
    let archived = Object::new("").header("x-amz-storage-class", "GLACIER");
    assert_eq!(said(archived).await.obstacle, Some(Kind::Archived));
    assert_eq!(said(Object::new("")).await.obstacle, None);
}

#[tokio::test]
async fn a_delete_marker_is_told_from_an_object_that_never_was() {
    let origin = Origin::start().await;
    for (status, marker, kind) in [
        (404, "true", Kind::SourceDeleted),
        (404, "false", Kind::SourceNotFound),
        (403, "true", Kind::SourceRefused),
    ] {
        let gone = Object::new("").status(status);
        origin.serve("/a", gone.header("x-amz-delete-marker", marker));
        let failure = bytes(&source(), &origin.url("/a"), &origin.rule()).await;
        assert_eq!(failure.unwrap_err().kind, kind, "{status} {marker}");
    }
}
