//! Server-side copies: the store moves the bytes, none passes through us.

use std::ops::Range;
use std::sync::Arc;

use cloud_mirror_domain::entry::is_strong;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::plan::Parts;
use cloud_mirror_domain::ports::{
    CopySource, Part, PartOf, PoolError, SourceFacts, StoreCopy, StoreCopyError, UploadId,
};
use cloud_mirror_domain::rules::StoredObject;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::hand_on::Why;
use crate::pace::Pace;
use crate::progress::Progressing;
use crate::run::{Last, Moved, Prepared, Run};
use crate::upload;

/// The object behind a source URL, in a store that the pool's provider can copy from.
pub(crate) struct Stored<'a> {
    pub(crate) store: &'a Arc<dyn StoreCopy>,
    pub(crate) object: StoredObject,
}

/// The same as it was when the copy was planned.
pub(crate) struct CopyFrom {
    pub(crate) store: Arc<dyn StoreCopy>,
    object: StoredObject,
    etag: String,
}

impl Run<'_> {
    /// The object in its store, where the pool's service can copy from that store by itself.
    pub(crate) fn stored(&self) -> Option<Stored<'_>> {
        let (job, store) = (self.job, self.job.ports.store_copy.as_ref()?);
        let object = job.rule.stored(&job.id.url)?;
        let inside = job.rule.copies_inside(job.pool);
        inside.then_some(Stored { store, object })
    }
}

impl Stored<'_> {
    /// Only a strong validator can hold every step of a copy to one and the same object.
    pub(crate) fn held_to(self, facts: &SourceFacts) -> Option<CopyFrom> {
        let etag = facts.etag.clone().filter(|etag| is_strong(etag))?;
        Some(CopyFrom {
            store: Arc::clone(self.store),
            object: self.object,
            etag,
        })
    }
}

impl CopyFrom {
    pub(crate) fn source(&self) -> CopySource<'_> {
        CopySource {
            object: &self.object,
            etag: &self.etag,
        }
    }
}

/// Copies every part that is not there yet, as many at once as the line between the two regions
/// bears. Where the time is over before, the next run copies the others.
pub(crate) async fn in_parts(
    run: &Run<'_>,
    prepared: &Prepared,
    parts: Parts,
) -> Result<Moved, Failure> {
    let ongoing = upload::open(run, prepared, parts.part_size).await?;
    let pace = &run.pace_from(&prepared.from()?.object.region);
    let mut progress = Progressing::over(run.lease, &ongoing, 0);
    let missing = (1..)
        .zip(parts.ranges())
        .filter(|(number, _)| !ongoing.parts.contains_key(number));
    let handed_out = missing.take_while(|_| !run.delivery.limit.is_winding_down());
    let copies = handed_out.map(|part| copy_part(run, prepared, ongoing.id(), part, pace));
    let mut copies = stream::iter(copies).buffer_unordered(run.copier.policy.copy.parts_in_flight);
    while let Some(copied) = copies.try_next().await? {
        if let Some(part) = copied {
            progress.there_is(part, None);
        }
    }
    if progress.parts() < parts.count() {
        return Ok(Moved::GoesOn(Why::OutOfTime));
    }
    Ok(Moved::All(Last::Parts {
        upload: ongoing.recorded.clone(),
        parts: progress.into_parts(),
        digests: None,
        size: parts.size,
    }))
}

async fn copy_part(
    run: &Run<'_>,
    prepared: &Prepared,
    upload: &UploadId,
    (number, range): (u32, Range<u64>),
    pace: &Pace,
) -> Result<Option<Part>, Failure> {
    let from = prepared.from()?;
    let once = || async {
        let part = PartOf {
            number,
            from: from.source(),
            range: range.clone(),
        };
        let copied = from.store.part(&run.job.id.url, upload, part).await;
        copied.map_err(|error| match error {
            StoreCopyError::Pool(PoolError::Precondition) => source_changed(),
            StoreCopyError::Pool(error) => error.into(),
            StoreCopyError::Source(failure) => failure,
        })
    };
    pace.carry(run.delivery.limit, once).await
}

pub(crate) fn source_changed() -> Failure {
    let detail = "the store says that the object is not the one that was planned for";
    Failure::new(Kind::SourceChanged, detail)
}
