//! Sources that are there and not to be had, each for a reason of its own.

use std::time::Duration;

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{CopySource, SourceFacts};
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_testkit::servers::s3::Fault;

use crate::scene::{MIB, STORE, Scene, kind, stored};
use crate::support::{BUCKET, key, url};

/// A scene with an object that is large enough to be copied in parts, and its entity tag.
async fn a_source() -> (Scene, String) {
    let scene = Scene::new().await;
    let etag = scene.stage.s3.put_pattern(STORE, "a", 6 * MIB, 0);
    (scene, etag)
}

async fn head(scene: &Scene) -> Result<SourceFacts, Kind> {
    let facts = scene.facts(&stored("a")).await;
    facts.map_err(|failure| failure.kind)
}

/// What a copy answers, and what a part of one answers.
async fn copies(scene: &Scene, etag: &str) -> [Kind; 2] {
    let (url, object) = (url("a"), stored("a"));
    let from = CopySource {
        object: &object,
        etag,
    };
    let whole = scene.copy(&url, from, &Seen::None).await;
    let part = scene.first_part(&url, from).await;
    assert_eq!(scene.stage.s3.object(BUCKET, &key(&url)), None);
    [kind(whole), kind(part)]
}

#[tokio::test]
async fn a_source_says_when_it_was_changed_in_its_own_words() {
    let (scene, _) = a_source().await;
    scene.stage.s3.time_passes(Duration::from_secs(1));
    let modified = head(&scene).await.unwrap().last_modified.unwrap();
    assert!(modified.ends_with(" GMT"), "{modified}");
    let client = scene.stage.clients().in_region("us-west-2");
    let seen = client.head_object().bucket(STORE).key("a").send().await;
    let moment = *seen.unwrap().last_modified().unwrap();
    let format = aws_sdk_s3::primitives::DateTimeFormat::HttpDate;
    assert_eq!(modified, moment.fmt(format).unwrap());
}

#[tokio::test]
async fn an_archived_source_is_an_obstacle_before_the_copy_and_a_failure_of_it() {
    for class in ["GLACIER", "DEEP_ARCHIVE", "ARCHIVE_ACCESS"] {
        let (scene, etag) = a_source().await;
        assert_eq!(head(&scene).await.unwrap().obstacle, None);
        scene.stage.s3.archive(STORE, "a", class);
        let facts = head(&scene).await.unwrap();
        assert_eq!(facts.obstacle, Some(Kind::Archived), "{class}");
        assert_eq!(copies(&scene, &etag).await, [Kind::Archived; 2], "{class}");
        scene.stage.s3.restore(STORE, "a");
        assert_eq!(head(&scene).await.unwrap().obstacle, None, "{class}");
    }
}

#[tokio::test]
async fn glacier_with_instant_retrieval_is_no_archive() {
    let (scene, etag) = a_source().await;
    scene.stage.s3.archive(STORE, "a", "GLACIER_IR");
    assert_eq!(head(&scene).await.unwrap().obstacle, None);
    let object = stored("a");
    let from = CopySource {
        object: &object,
        etag: &etag,
    };
    scene.copy(&url("a"), from, &Seen::None).await.unwrap();
}

#[tokio::test]
async fn a_source_with_its_customers_key_is_told_by_one_more_request() {
    let (scene, etag) = a_source().await;
    scene.stage.s3.encrypt_with_customer_key(STORE, "a");
    assert_eq!(head(&scene).await, Err(Kind::SourceEncrypted));
    let asked = ["HeadObject", "GetObject"].map(|operation| scene.stage.s3.count(operation));
    assert_eq!(asked, [1, 1]);
    assert_eq!(copies(&scene, &etag).await, [Kind::SourceEncrypted; 2]);
}

#[tokio::test]
async fn a_head_that_is_refused_for_its_region_is_not_taken_for_an_encrypted_object() {
    let (scene, _) = a_source().await;
    let malformed = || Fault::Error(400, "AuthorizationHeaderMalformed".into());
    scene.stage.s3.fail_next("HeadObject", 1, malformed());
    scene.stage.s3.fail_next("GetObject", 1, malformed());
    let failure = scene.facts(&stored("a")).await.unwrap_err();
    assert_eq!(failure.kind, Kind::SourceFailed);
    let why = failure.detail;
    assert!(why.contains("AuthorizationHeaderMalformed"), "{why}");
    // And where the second request is answered, the first one's refusal stands.
    scene.stage.s3.fail_next("HeadObject", 1, malformed());
    assert_eq!(head(&scene).await, Err(Kind::SourceFailed));
}

#[tokio::test]
async fn a_source_whose_kms_key_we_may_not_use_is_told_when_it_is_copied() {
    let (scene, etag) = a_source().await;
    scene.stage.s3.encrypt_with_kms_denied(STORE, "a");
    assert_eq!(head(&scene).await.unwrap().size, Some(6 * MIB));
    assert_eq!(copies(&scene, &etag).await, [Kind::KmsDenied; 2]);
}

#[tokio::test]
async fn a_deleted_source_in_a_versioned_bucket_is_deleted_and_not_unknown() {
    let (scene, etag) = a_source().await;
    scene.stage.s3.mark_deleted(STORE, "a");
    assert_eq!(head(&scene).await, Err(Kind::SourceDeleted));
    assert_eq!(copies(&scene, &etag).await, [Kind::SourceNotFound; 2]);
}

#[tokio::test]
async fn where_requesters_pay_a_rule_must_say_that_we_do() {
    let (scene, etag) = a_source().await;
    scene.stage.s3.set_requester_pays(STORE, true);
    assert_eq!(head(&scene).await, Err(Kind::RequesterPays));
    assert_eq!(scene.stage.s3.count("HeadObject"), 2);
    assert_eq!(copies(&scene, &etag).await, [Kind::RequesterPays; 2]);
    scene.stage.s3.deny(STORE, true);
    assert_eq!(head(&scene).await, Err(Kind::NotPermitted));
    assert_eq!(copies(&scene, &etag).await, [Kind::NotPermitted; 2]);
}

#[tokio::test]
async fn where_the_rule_says_that_we_pay_every_request_says_so_from_the_start() {
    let (scene, etag) = a_source().await;
    scene.stage.s3.set_requester_pays(STORE, true);
    let object = StoredObject {
        requester_pays: true,
        ..stored("a")
    };
    let from = CopySource {
        object: &object,
        etag: &etag,
    };
    scene.facts(&object).await.unwrap();
    scene.copy(&url("a"), from, &Seen::None).await.unwrap();
    scene.first_part(&url("b"), from).await.unwrap();
    for operation in ["HeadObject", "CopyObject", "UploadPartCopy"] {
        assert_eq!(scene.stage.s3.count(operation), 1, "{operation}");
    }
    scene.stage.s3.deny(STORE, true);
    let denied = scene.facts(&object).await.unwrap_err();
    assert_eq!(denied.kind, Kind::NotPermitted);
    assert_eq!(
        scene.stage.s3.count("HeadObject"),
        2,
        "it is not asked again"
    );
}

#[tokio::test]
async fn what_s3_says_of_accounts_and_keys_stays_private() {
    let (scene, etag) = a_source().await;
    scene.stage.s3.encrypt_with_kms_denied(STORE, "a");
    let object = stored("a");
    let from = CopySource {
        object: &object,
        etag: &etag,
    };
    let refused = scene.copy(&url("a"), from, &Seen::None).await;
    let Err(cloud_mirror_domain::ports::StoreCopyError::Source(failure)) = refused else {
        panic!("{refused:?}");
    };
    assert!(failure.detail.contains("arn:aws:kms"), "{failure:?}");
    assert!(!failure.kind.message().contains("arn"));
}
