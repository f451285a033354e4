//! Uploads in parts.

use bytes::Bytes;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Completion, Part, PoolError, UploadId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;

use super::{Answer, Trial, at_once, digests, etag_of, object, run};

/// The smallest part but the last that S3 takes, in bytes.
const PART: usize = 5 * 1024 * 1024;

const FOREVER: Timestamp = Timestamp::from_millis(u64::MAX);

pub(super) async fn conform(trial: &Trial) {
    parts_in_any_order_become_one_object(trial).await;
    of_a_repeated_part_the_last_counts(trial).await;
    if !trial.lacks.check_of_parts {
        parts_must_be_those_that_were_acknowledged(trial).await;
    }
    an_upload_is_found_by_its_own_replica_only(trial).await;
    a_young_upload_is_not_found_by_who_asks_for_old_ones(trial).await;
    an_aborted_upload_is_gone(trial).await;
    an_upload_completes_once(trial).await;
    an_upload_creates_only_what_is_absent(trial).await;
    an_upload_replaces_only_what_was_seen(trial).await;
    of_many_uploads_one_wins(trial).await;
}

async fn parts_in_any_order_become_one_object(trial: &Trial) {
    let upload = Begun::new(trial, "parts", 2 * PART + 10).await;
    for number in [3, 1, 2] {
        let size = if number == 3 { 10 } else { PART };
        let part = upload.part(number, &"p".repeat(size)).await.unwrap();
        assert_eq!((part.number, part.size), (number, size as u64));
        assert_eq!(
            trial.head(&upload.url).await,
            None,
            "nothing is visible before the end"
        );
    }
    let parts = upload.parts().await.unwrap();
    assert_eq!(
        parts.iter().map(|part| part.number).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    upload.complete(&parts, &Seen::None).await.unwrap();
    let replica = trial.replica(&upload.url).await;
    assert_eq!(replica.size, 2 * PART as u64 + 10);
    assert_eq!(
        replica.upstream,
        Some(object(&upload.url, 2 * PART + 10).upstream)
    );
    assert_eq!(replica.written_by, Some(run()));
    let kept = (!trial.lacks.digests_of_uploads).then(|| digests("upload"));
    assert_eq!(replica.digests, kept);
    assert!(replica.is_of(&upload.url));
}

async fn of_a_repeated_part_the_last_counts(trial: &Trial) {
    let upload = Begun::new(trial, "repeated-part", 10).await;
    let first = upload.part(1, "first").await.unwrap();
    let last = upload.part(1, "the second").await.unwrap();
    assert_eq!(upload.parts().await.unwrap(), std::slice::from_ref(&last));
    assert!(
        upload.complete(&[first], &Seen::None).await.is_err(),
        "that part was replaced"
    );
    assert_eq!(trial.head(&upload.url).await, None);
    upload.complete(&[last], &Seen::None).await.unwrap();
    assert_eq!(trial.replica(&upload.url).await.size, 10);
}

async fn parts_must_be_those_that_were_acknowledged(trial: &Trial) {
    let upload = Begun::new(trial, "wrong-parts", PART + 3).await;
    let one = upload.part(1, &"p".repeat(PART)).await.unwrap();
    let two = upload.part(2, "end").await.unwrap();
    let never_sent = Part {
        number: 3,
        ..two.clone()
    };
    for wrong in [
        vec![],
        vec![two.clone(), one.clone()],
        vec![one.clone(), never_sent],
    ] {
        assert!(
            upload.complete(&wrong, &Seen::None).await.is_err(),
            "{wrong:?}"
        );
        assert_eq!(trial.head(&upload.url).await, None);
    }
    upload
        .complete(&[one, two], &Seen::None)
        .await
        .expect("the upload is unharmed");
}

async fn an_upload_is_found_by_its_own_replica_only(trial: &Trial) {
    let paths = ["found", "found/", "found/b", "found%2Fb", "foun"];
    let mut uploads = Vec::new();
    for path in paths {
        uploads.push(Begun::new(trial, path, 1).await);
    }
    for upload in &uploads {
        assert_eq!(
            upload.found().await,
            std::slice::from_ref(&upload.id),
            "{}",
            upload.url
        );
    }
    let second = Begun::new(trial, "found", 1).await;
    let mut both = second.found().await;
    both.sort_unstable();
    let mut expected = [uploads[0].id.clone(), second.id.clone()];
    expected.sort_unstable();
    assert_eq!(both, expected, "there may be several");
    for upload in uploads.iter().chain([&second]) {
        upload.abort().await.unwrap();
        assert!(!upload.found().await.contains(&upload.id));
    }
}

async fn a_young_upload_is_not_found_by_who_asks_for_old_ones(trial: &Trial) {
    let upload = Begun::new(trial, "young", PART).await;
    assert!(upload.begun_before(Timestamp::default()).await.is_empty());
    assert_eq!(upload.found().await, [upload.id.as_str()]);
}

async fn an_aborted_upload_is_gone(trial: &Trial) {
    let upload = Begun::new(trial, "aborted", 3).await;
    let part = upload.part(1, "end").await.unwrap();
    upload.abort().await.unwrap();
    upload.abort().await.expect("aborting may be repeated");
    assert!(upload.found().await.is_empty());
    assert_eq!(upload.part(2, "end").await, Err(PoolError::NoSuchUpload));
    assert_eq!(upload.parts().await, Err(PoolError::NoSuchUpload));
    assert_eq!(
        upload.complete(&[part], &Seen::None).await,
        Err(PoolError::NoSuchUpload)
    );
    assert_eq!(trial.head(&upload.url).await, None);
}

async fn an_upload_completes_once(trial: &Trial) {
    let upload = Begun::new(trial, "completed-twice", 3).await;
    let part = upload.part(1, "end").await.unwrap();
    upload
        .complete(std::slice::from_ref(&part), &Seen::None)
        .await
        .unwrap();
    let replica = trial.replica(&upload.url).await;
    assert!(
        upload.found().await.is_empty(),
        "a completed upload is not an unfinished one"
    );
    // Some stores say again what they said the first time; nothing may change by it.
    let again = upload.complete(&[part], &Seen::None).await;
    assert!(again.is_ok() || is_refused(&again), "{again:?}");
    assert_eq!(trial.replica(&upload.url).await, replica);
    upload
        .abort()
        .await
        .expect("aborting what is complete harms nothing");
    assert_eq!(trial.replica(&upload.url).await, replica);
}

async fn an_upload_creates_only_what_is_absent(trial: &Trial) {
    let upload = Begun::new(trial, "upload-over-object", 3).await;
    let part = upload.part(1, "end").await.unwrap();
    let existing = trial.put_new(&upload.url, "was first").await;
    let refused = upload
        .complete(std::slice::from_ref(&part), &Seen::None)
        .await;
    assert_eq!(refused, Err(PoolError::Precondition));
    assert_eq!(
        trial.replica(&upload.url).await,
        existing,
        "the old object is unharmed"
    );
    // A run whose condition failed looks again and completes under what it then saw.
    upload
        .complete_after_a_write(part, "end", &etag_of(&existing))
        .await;
    assert_eq!(trial.replica(&upload.url).await.size, 3);
}

async fn an_upload_replaces_only_what_was_seen(trial: &Trial) {
    let upload = Begun::new(trial, "upload-replaces", 3).await;
    let part = upload.part(1, "end").await.unwrap();
    let sent = std::slice::from_ref(&part);
    let wrong = Seen::Etag("\"00000000000000000000000000000000\"".into());
    assert_eq!(
        upload.complete(sent, &wrong).await,
        Err(PoolError::Precondition),
        "absent"
    );
    let existing = trial.put_new(&upload.url, "was first").await;
    assert_eq!(
        upload.complete(sent, &wrong).await,
        Err(PoolError::Precondition),
        "another"
    );
    assert_eq!(trial.replica(&upload.url).await, existing);
    upload
        .complete_after_a_write(part, "end", &etag_of(&existing))
        .await;
    assert_eq!(trial.replica(&upload.url).await.size, 3);
}

async fn of_many_uploads_one_wins(trial: &Trial) {
    let mut ready = Vec::new();
    for size in 1..=8 {
        let upload = Begun::new(trial, "crowd-completes", size).await;
        let part = upload.part(1, &"x".repeat(size)).await.unwrap();
        ready.push((upload, [part]));
    }
    let completing = ready
        .iter()
        .map(|(upload, part)| upload.completing(part, &Seen::None));
    let answers = at_once(completing).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.is_ok()).count(),
        1,
        "{answers:?}"
    );
    let winner = answers.iter().position(Result::is_ok).unwrap();
    assert_eq!(trial.replica(&ready[0].0.url).await.size, winner as u64 + 1);
    for (upload, _) in &ready {
        upload.abort().await.unwrap();
    }
}

fn is_refused(answer: &Result<(), PoolError>) -> bool {
    matches!(
        answer,
        Err(PoolError::NoSuchUpload | PoolError::Precondition)
    )
}

/// An upload that was begun.
struct Begun<'a> {
    trial: &'a Trial,
    url: SourceUrl,
    id: UploadId,
}

impl<'a> Begun<'a> {
    async fn new(trial: &'a Trial, path: &str, size: usize) -> Self {
        let url = trial.url(path);
        let id = trial
            .ports
            .upload
            .begin(&url, &object(&url, size))
            .await
            .unwrap();
        Self { trial, url, id }
    }

    async fn part(&self, number: u32, text: &str) -> Result<Part, PoolError> {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        self.trial
            .ports
            .upload
            .part(&self.url, &self.id, number, bytes)
            .await
    }

    async fn parts(&self) -> Result<Vec<Part>, PoolError> {
        self.trial.ports.upload.parts(&self.url, &self.id).await
    }

    async fn begun_before(&self, moment: Timestamp) -> Vec<UploadId> {
        let upload = &self.trial.ports.upload;
        upload.find(&self.url, moment).await.unwrap()
    }

    async fn found(&self) -> Vec<UploadId> {
        self.begun_before(FOREVER).await
    }

    async fn complete(&self, parts: &[Part], seen: &Seen) -> Result<(), PoolError> {
        self.completing(parts, seen).await
    }

    /// The same as a task of its own can do it.
    fn completing(&self, parts: &[Part], seen: &Seen) -> Answer {
        let (upload, url, id) = (
            self.trial.ports.upload.clone(),
            self.url.clone(),
            self.id.clone(),
        );
        let (parts, seen) = (parts.to_vec(), seen.clone());
        Box::pin(async move {
            let last = Completion {
                digests: Some(&digests("upload")),
                seen: &seen,
            };
            upload.complete(&url, &id, &parts, last).await
        })
    }

    /// Completes, after somebody else wrote the object: the upload is unharmed, or its parts are sent
    /// again where the store drops them.
    async fn complete_after_a_write(&self, part: Part, text: &str, seen: &Seen) {
        let mut parts = [part];
        if self.trial.lacks.parts_after_a_write {
            let dropped = self.complete(&parts, seen).await;
            assert_eq!(dropped, Err(PoolError::NoSuchUpload));
            parts = [self.part(1, text).await.expect("the upload goes on")];
        }
        let completed = self.complete(&parts, seen).await;
        completed.expect("the upload is unharmed");
    }

    async fn abort(&self) -> Result<(), PoolError> {
        self.trial.ports.upload.abort(&self.url, &self.id).await
    }
}
