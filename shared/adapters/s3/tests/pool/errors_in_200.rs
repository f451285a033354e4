//! S3 begins some answers with 200 before it knows their end: the SDK reads what follows.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Completion, CopySource, PoolError};
use cloud_mirror_testkit::servers::s3::Fault;

use crate::scene::{Answer, MIB, STORE, Scene, kind, pool_error, stored};
use crate::support::{BUCKET, key, object, url};

/// What each operation answers whose 200 may hold an error.
async fn answer(scene: &Scene, operation: &str) -> Answer {
    let etag = scene.stage.s3.put_pattern(STORE, "a", 6 * MIB, 0);
    let (url, source) = (url("a"), stored("a"));
    let from = CopySource {
        object: &source,
        etag: &etag,
    };
    match operation {
        "CopyObject" => scene.copy(&url, from, &Seen::None).await,
        "UploadPartCopy" => scene.first_part(&url, from).await,
        _ => complete(scene).await,
    }
}

async fn complete(scene: &Scene) -> Answer {
    let (upload, url) = (&scene.ports.upload, url("a"));
    let id = upload.begin(&url, &object(&url, 1)).await?;
    let part = upload.part(&url, &id, 1, "x".into()).await?;
    let last = Completion {
        digests: None,
        seen: &Seen::None,
    };
    Ok(upload.complete(&url, &id, &[part], last).await?)
}

#[tokio::test]
async fn an_answer_of_200_with_an_error_inside_is_an_error() {
    for operation in ["CopyObject", "UploadPartCopy", "CompleteMultipartUpload"] {
        let scene = Scene::new().await;
        let met = async |code: &str| {
            let fault = Fault::ErrorIn200(code.into());
            scene.stage.s3.fail_next(operation, 1, fault);
            let answer = answer(&scene, operation).await;
            let requests = scene.stage.s3.requests();
            let met = |request: &&_| is(request, operation);
            assert_eq!(requests.iter().rfind(met).unwrap().status, Some(200));
            answer
        };
        for code in ["SlowDown", "ServiceUnavailable", "ThrottlingException"] {
            let error = pool_error(met(code).await);
            let throttled = matches!(error, PoolError::Throttled(_));
            assert!(throttled, "{operation} {code}: {error:?}");
        }
        let error = pool_error(met("InternalError").await);
        let failed = matches!(&error, PoolError::Unavailable(why) if why.contains("InternalError"));
        assert!(failed, "{operation}: {error:?}");
        assert_eq!(scene.stage.s3.object(BUCKET, &key(&url("a"))), None);
        answer(&scene, operation).await.unwrap();
    }
}

fn is(request: &cloud_mirror_testkit::servers::s3::Arrival, operation: &str) -> bool {
    request.operation == operation
}

#[tokio::test]
async fn the_sources_errors_are_known_in_a_200_too() {
    let scene = Scene::new().await;
    for (code, expected) in [
        ("InvalidObjectState", Kind::Archived),
        ("KMS.DisabledException", Kind::KmsDenied),
        ("AccessDenied", Kind::NotPermitted),
        ("NoSuchKey", Kind::SourceNotFound),
    ] {
        for operation in ["CopyObject", "UploadPartCopy"] {
            let fault = Fault::ErrorIn200(code.into());
            scene.stage.s3.fail_next(operation, 1, fault);
            let answer = answer(&scene, operation).await;
            assert_eq!(kind(answer), expected, "{operation} {code}");
        }
    }
}
