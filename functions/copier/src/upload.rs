//! Uploads in parts, recorded before their first part.

use cloud_mirror_domain::entry::UnfinishedUpload;
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::ports::UploadId;

use crate::run::{Prepared, Run};

/// Begins an upload and records it in the entry, so that whoever follows this run finds it.
pub(crate) async fn begin(
    run: &Run<'_>,
    prepared: &Prepared,
    part_size: u64,
) -> Result<UploadId, Failure> {
    let (upload, url) = (&run.job.ports.upload, &run.job.id.url);
    let id = upload.begin(url, &prepared.object).await?;
    let upload = UnfinishedUpload {
        id: id.clone(),
        source_etag: prepared.facts.etag.clone(),
        size: prepared.facts.size.unwrap_or(0),
        part_size,
    };
    run.lease.note_upload(upload).await?;
    Ok(id)
}
