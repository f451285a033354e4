//! Uploads in parts: recorded before their first part, and gone on with by whoever follows.

use std::collections::BTreeMap;

use cloud_mirror_domain::entry::{Progress, StreamProgress, UnfinishedUpload};
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::ports::{Part, PoolError, UploadId};
use tracing::{info, warn};

use crate::run::{Prepared, Run};

/// An upload under way.
pub(crate) struct Ongoing {
    pub(crate) recorded: UnfinishedUpload,
    /// The parts that are there, by number.
    pub(crate) parts: BTreeMap<u32, Part>,
}

impl Ongoing {
    pub(crate) fn id(&self) -> &UploadId {
        &self.recorded.id
    }

    /// Where a stream can go on, if every part before is there.
    pub(crate) fn stream(&self) -> Option<&StreamProgress> {
        let stream = self.recorded.progress.stream.as_ref()?;
        let whole = (1..=stream.parts).all(|number| self.parts.contains_key(&number));
        whole.then_some(stream)
    }
}

/// Goes on with the upload that the entry carries, where it was begun for the very same object, cut
/// into the very same parts; else begins a new one and records it. Whatever other uploads of this
/// exact replica are left over are ended: this run holds the lease, so nobody works on them.
pub(crate) async fn open(
    run: &Run<'_>,
    prepared: &Prepared,
    part_size: u64,
) -> Result<Ongoing, Failure> {
    let (etag, size) = (prepared.facts.etag.as_deref(), prepared.facts.size);
    let recorded = run.lease.upload();
    let same = recorded.filter(|upload| upload.can_continue(etag, size, part_size));
    let ongoing = match same {
        Some(upload) => continued(run, upload).await?,
        None => {
            run.lease.abort_upload().await;
            None
        }
    };
    end_left_over_uploads(run, ongoing.as_ref()).await?;
    match ongoing {
        Some(ongoing) => Ok(ongoing),
        None => begin(run, prepared, part_size).await,
    }
}

/// What is there of it; nothing, if somebody has ended it.
async fn continued(
    run: &Run<'_>,
    mut upload: UnfinishedUpload,
) -> Result<Option<Ongoing>, Failure> {
    let job = run.job;
    let listed = match job.ports.upload.parts(&job.id.url, &upload.id).await {
        Ok(listed) => listed,
        Err(PoolError::NoSuchUpload) => {
            run.lease.upload_ended();
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let whole = listed.into_iter().filter(|part| is_whole(part, &upload));
    let parts: BTreeMap<_, _> = whole.map(|part| (part.number, part)).collect();
    upload.progress.parts = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    info!(event = "continued", parts = parts.len());
    run.lease.goes_on_with(&upload);
    Ok(Some(Ongoing {
        recorded: upload,
        parts,
    }))
}

/// A part of another size was cut otherwise, or is the last one of an object of unknown size, which
/// only its end will tell.
fn is_whole(part: &Part, upload: &UnfinishedUpload) -> bool {
    let before = u64::from(part.number.saturating_sub(1)).saturating_mul(upload.part_size);
    let left = upload.size.map(|size| size.saturating_sub(before));
    part.number > 0 && part.size == left.unwrap_or(u64::MAX).min(upload.part_size)
}

async fn begin(run: &Run<'_>, prepared: &Prepared, part_size: u64) -> Result<Ongoing, Failure> {
    let (upload, url) = (&run.job.ports.upload, &run.job.id.url);
    let recorded = UnfinishedUpload {
        id: upload.begin(url, &prepared.object).await?,
        begun_by: run.lease.run,
        source_etag: prepared.facts.etag.clone(),
        size: prepared.facts.size,
        part_size,
        progress: Progress::default(),
        failed_completions: 0,
    };
    run.lease.note_upload(recorded.clone()).await?;
    Ok(Ongoing {
        recorded,
        parts: BTreeMap::new(),
    })
}

/// Uploads that nobody records: their runs died between beginning and recording them, or lost
/// their table. Young ones may be the work of another mirror over the same pool, whose table is not
/// ours. A run that was frozen since it asked must not end what its successor has begun.
async fn end_left_over_uploads(run: &Run<'_>, but: Option<&Ongoing>) -> Result<(), Failure> {
    let (upload, url) = (&run.job.ports.upload, &run.job.id.url);
    let begun_before = run.copier.now() - run.copier.policy.lifetimes.unrecorded_upload;
    let found = upload.find(url, begun_before).await.unwrap_or_default();
    for id in found
        .iter()
        .filter(|id| but.is_none_or(|ongoing| ongoing.id() != *id))
    {
        if run.lease.left().is_zero() {
            return run.lease.lose(None);
        }
        if let Err(error) = upload.abort(url, id).await {
            warn!(%error, "a left-over upload could not be aborted");
        }
    }
    Ok(())
}
