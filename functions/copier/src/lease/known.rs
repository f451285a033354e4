//! What a run knows of its copy and the next run should: its size, its upload, how far it is.

use std::sync::atomic::Ordering;

use cloud_mirror_domain::entry::{Entry, StreamProgress, Underway, UnfinishedUpload};
use cloud_mirror_domain::error::Failure;
use tracing::warn;

use super::{Lease, underway_in};

impl Lease<'_> {
    /// Tells waiters the size, so that they need not wait for what cannot finish in time.
    pub(crate) async fn note_size(&self, size: u64) -> Result<(), Failure> {
        let underway = Underway {
            size,
            began: self.copier.now(),
        };
        self.hold(|held| held.underway = Some(underway));
        self.extend().await
    }

    /// Records an upload before its first part, so that a run that follows finds it.
    pub(crate) async fn note_upload(&self, upload: UnfinishedUpload) -> Result<(), Failure> {
        self.hold(|held| held.upload = Some(upload));
        self.extend().await
    }

    /// This run goes on with an upload, of which so much was there.
    pub(crate) fn goes_on_with(&self, upload: &UnfinishedUpload) {
        self.parts_before
            .fetch_max(upload.lasting_parts(), Ordering::Relaxed);
        self.hold(|held| held.upload = Some(upload.clone()));
    }

    /// More parts are written. Where a stream goes on is recorded at once, since without it the
    /// bytes would have to be read again; a count of parts can wait for the next heartbeat.
    pub(crate) fn note_progress(&self, parts: u32, stream: Option<StreamProgress>) {
        let news = stream.is_some();
        self.hold(|held| {
            if let Some(upload) = &mut held.upload {
                upload.progress.parts = parts;
                upload.progress.stream = stream.or(upload.progress.stream.take());
            }
        });
        if news {
            self.news.notify_one();
        }
    }

    /// Whether this run has got further than any before it.
    pub(crate) fn has_advanced(&self) -> bool {
        let parts = self.upload().map_or(0, |upload| upload.lasting_parts());
        parts > self.parts_before.load(Ordering::Relaxed)
    }

    /// The upload could not be completed; whether that has happened to it before.
    pub(crate) fn failed_to_complete(&self) -> bool {
        let mut before = 0;
        self.hold(|held| {
            if let Some(upload) = &mut held.upload {
                before = upload.failed_completions;
                upload.failed_completions = before.saturating_add(1);
            }
        });
        before > 0
    }

    /// Nobody works on it, and nobody is about to: a claim that takes over counts as a try.
    pub(crate) fn forget_size(&self) {
        self.hold(|held| held.underway = None);
    }

    /// Whether the entry does not say yet what this run knows of upload and size.
    pub(crate) fn has_news(&self) -> bool {
        let held = self.held();
        held.upload != held.own.upload || held.underway != underway_in(&held.own)
    }

    /// The upload is complete or aborted: nobody needs to end it any more.
    pub(crate) fn upload_ended(&self) {
        self.hold(|held| held.upload = None);
    }

    /// The upload that this entry carries, of this run or of one before it.
    pub(crate) fn upload(&self) -> Option<UnfinishedUpload> {
        self.held().upload
    }

    /// Ends the upload while the lease lasts. Past it there may be a successor that goes on with this
    /// very upload, and if there is none, the next run ends it.
    pub(crate) async fn abort_upload(&self) {
        if !self.left().is_zero() {
            self.abort().await;
        }
    }

    async fn abort(&self) {
        let Some(upload) = self.upload() else { return };
        match self
            .job
            .ports
            .upload
            .abort(&self.job.id.url, &upload.id)
            .await
        {
            Ok(()) => self.upload_ended(),
            Err(error) => warn!(%error, "an unfinished upload could not be aborted"),
        }
    }

    /// A fenced run ends its upload only if the entry that fenced it does not carry it on. One that
    /// heard of no other entry leaves it: somebody may be working on it behind a silent table, and
    /// the next run ends what nobody does.
    pub(crate) async fn abort_unclaimed_upload(&self, fencing: Option<&Entry>) {
        let Some(fencing) = fencing else { return };
        let carried = fencing.upload.as_ref();
        let is_carried = |own: UnfinishedUpload| carried.is_some_and(|other| other.id == own.id);
        if !self.upload().is_some_and(is_carried) {
            self.abort().await;
        }
    }
}
