//! Uploads of what is as long as it turns out to be.

use bytes::Bytes;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::Completion;

use super::{Trial, digests, object};

pub(super) async fn conform(trial: &Trial) {
    an_upload_of_unknown_length_has_that_of_its_parts(trial).await;
}

async fn an_upload_of_unknown_length_has_that_of_its_parts(trial: &Trial) {
    let (url, upload) = (trial.url("unknown-length"), &trial.ports.upload);
    let mut object = object(&url, 0);
    object.upstream.length = None;
    let id = upload.begin(&url, &object).await.unwrap();
    let bytes = Bytes::from_static(b"bytes");
    let part = upload.part(&url, &id, 1, bytes).await.unwrap();
    let last = Completion {
        digests: Some(&digests("stream")),
        seen: &Seen::None,
    };
    upload.complete(&url, &id, &[part], last).await.unwrap();
    let replica = trial.replica(&url).await;
    assert_eq!(replica.size, 5);
    assert_eq!(replica.upstream, Some(object.upstream));
    let kept = (!trial.lacks.digests_of_uploads).then(|| digests("stream"));
    assert_eq!(replica.digests, kept);
}
