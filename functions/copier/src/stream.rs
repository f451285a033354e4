//! Streaming: read once, through bounded memory, digested on the way.

use bytes::{Bytes, BytesMut};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::plan::MAX_PARTS;
use cloud_mirror_domain::ports::{Body, Part, SourceFacts, UploadId, Written};
use futures::stream::{Fuse, FuturesUnordered};
use futures::{StreamExt as _, TryStreamExt as _};

use crate::digests::Digesting;
use crate::run::{Last, Prepared, Run};
use crate::upload;

/// Reads a whole object into memory.
pub(crate) async fn whole(run: &Run<'_>, prepared: &Prepared, size: u64) -> Result<Last, Failure> {
    let mut body = open(run, prepared).await?;
    let mut bytes = BytesMut::new();
    let mut digesting = Digesting::default();
    while let Some(chunk) = body.try_next().await? {
        digesting.update(&chunk);
        bytes.extend_from_slice(&chunk);
        within(Some(size), size, bytes.len() as u64)?;
    }
    exactly(Some(size), bytes.len() as u64)?;
    Ok(Last::Whole(Written {
        bytes: bytes.freeze(),
        digests: digesting.finish(),
    }))
}

/// Reads an object part by part, with at most `in_flight` parts in memory: parts are written
/// while the next one is read, which has the last of these places.
pub(crate) async fn in_parts(
    run: &Run<'_>,
    prepared: &Prepared,
    part_size: u64,
    in_flight: usize,
) -> Result<Last, Failure> {
    let mut cutter = Cutter::new(open(run, prepared).await?, part_size);
    let upload = upload::begin(run, prepared, part_size).await?;
    let (announced, max_object) = (prepared.facts.size, run.copier.policy.copy.max_object);
    let (mut writing, mut parts) = (FuturesUnordered::new(), Vec::new());
    let mut at_end = false;
    loop {
        tokio::select! {
            part = cutter.next(), if !at_end && writing.len() < in_flight => {
                within(announced, max_object, cutter.total)?;
                match part? {
                    Some((number, bytes)) => writing.push(write_part(run, &upload, number, bytes)),
                    None => at_end = true,
                }
            }
            Some(written) = writing.next() => parts.push(written?),
            else => break,
        }
    }
    exactly(announced, cutter.total)?;
    parts.sort_by_key(|part: &Part| part.number);
    Ok(Last::Parts {
        upload: upload.clone(),
        parts,
        digests: Some(cutter.digesting.finish()),
        size: cutter.total,
    })
}

/// Opens the source; what it says now must be what its HEAD said.
async fn open(run: &Run<'_>, prepared: &Prepared) -> Result<Body, Failure> {
    let opened = run.copier.source.open(run.fetch()).await?;
    same_object(&prepared.facts, &opened.facts)?;
    Ok(opened.body)
}

async fn write_part(
    run: &Run<'_>,
    upload: &UploadId,
    number: u32,
    bytes: Bytes,
) -> Result<Part, Failure> {
    Ok(run
        .job
        .ports
        .upload
        .part(&run.job.id.url, upload, number, bytes)
        .await?)
}

fn same_object(head: &SourceFacts, get: &SourceFacts) -> Result<(), Failure> {
    // A source need not say its size or entity tag twice, but may not say two different ones.
    let differs = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
    let sizes = head.size.is_some() && get.size.is_some() && head.size != get.size;
    if sizes || differs(&head.etag, &get.etag) {
        let detail = format!(
            "HEAD said {:?} bytes, {:?}; GET said {:?} bytes, {:?}",
            head.size, head.etag, get.size, get.etag
        );
        return Err(Failure::new(Kind::SourceChanged, detail));
    }
    Ok(())
}

/// Ends a copy that has become too long: longer than was announced, or without an announcement
/// than what is mirrored at all.
fn within(announced: Option<u64>, max_object: u64, received: u64) -> Result<(), Failure> {
    match announced {
        Some(size) if received > size => Err(changed(size, received)),
        None if received > max_object => {
            let detail = format!("{received} bytes so far; max_object is {max_object}");
            Err(Failure::new(Kind::TooLarge, detail))
        }
        _ => Ok(()),
    }
}

fn exactly(expected: Option<u64>, received: u64) -> Result<(), Failure> {
    match expected {
        Some(size) if received != size => Err(changed(size, received)),
        _ => Ok(()),
    }
}

fn changed(announced: u64, received: u64) -> Failure {
    let detail = format!("{announced} bytes were announced, {received} received");
    Failure::new(Kind::SourceChanged, detail)
}

/// Cuts a body into parts of one size, the last one shorter, and digests it in order.
struct Cutter {
    /// Fused: the last, shorter part meets the end once, and the look for another once more.
    body: Fuse<Body>,
    part_size: usize,
    filling: BytesMut,
    number: u32,
    total: u64,
    digesting: Digesting,
}

impl Cutter {
    fn new(body: Body, part_size: u64) -> Self {
        Self {
            body: body.fuse(),
            part_size: usize::try_from(part_size).unwrap_or(usize::MAX),
            filling: BytesMut::new(),
            number: 0,
            total: 0,
            digesting: Digesting::default(),
        }
    }

    /// The next part; an empty object has none but one empty part, which stores accept as last.
    /// May be dropped and called again: what was read so far is kept.
    async fn next(&mut self) -> Result<Option<(u32, Bytes)>, Failure> {
        while self.filling.len() < self.part_size {
            match self.body.next().await {
                Some(chunk) => self.filling.extend_from_slice(&chunk?),
                None => break,
            }
        }
        let end = self.filling.len().min(self.part_size);
        let part = self.filling.split_to(end).freeze();
        if part.is_empty() && self.number > 0 {
            return Ok(None);
        }
        if u64::from(self.number) == MAX_PARTS {
            let detail = format!("more than {MAX_PARTS} parts; the source said no size");
            return Err(Failure::new(Kind::TooLarge, detail));
        }
        self.number += 1;
        self.total += part.len() as u64;
        self.digesting.update(&part);
        Ok(Some((self.number, part)))
    }
}
