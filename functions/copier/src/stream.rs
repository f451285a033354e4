//! Streaming: read once, through bounded memory, digested on the way.

use bytes::{Bytes, BytesMut};
use cloud_mirror_domain::digest::OfferedDigest;
use cloud_mirror_domain::entry::{Digests, StreamProgress, is_strong};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Part, UploadId, Written};
use futures::stream::FuturesUnordered;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::copy::nobody_can_wait_for;
use crate::cutter::{Cutter, Piece};
use crate::digests::Digesting;
use crate::hand_on::Why;
use crate::pace::Pace;
use crate::progress::Progressing;
use crate::reader::{read, same_object};
use crate::run::{Last, Moved, Prepared, Run};
use crate::upload::{self, Ongoing};

/// Reads a whole object into memory.
pub(crate) async fn whole(run: &Run<'_>, prepared: &Prepared, size: u64) -> Result<Last, Failure> {
    let (mut body, offered) = read(run, prepared, 0).await?;
    let offered = &offered;
    let mut bytes = BytesMut::with_capacity(usize::try_from(size).unwrap_or_default());
    let mut digesting = Digesting::new(offered);
    while let Some(chunk) = body.try_next().await? {
        digesting.update(&chunk);
        bytes.extend_from_slice(&chunk);
        within(Some(size), size, bytes.len() as u64)?;
    }
    exactly(Some(size), bytes.len() as u64)?;
    Ok(Last::Whole(Written {
        bytes: bytes.freeze(),
        digests: digesting.finish(offered)?,
    }))
}

/// Reads an object part by part, with at most `in_flight` parts in memory: parts are written
/// while the next one is read, which has the last of these places. Where the time is over before,
/// whoever goes on begins after the last part without a gap before it.
pub(crate) async fn in_parts(
    run: &Run<'_>,
    prepared: &Prepared,
    part_size: u64,
    in_flight: usize,
) -> Result<Moved, Failure> {
    let ongoing = upload::open(run, prepared, part_size).await?;
    let (mut cutter, offered) = cutter(run, prepared, &ongoing).await?;
    let mut progress = Progressing::over(run.lease, &ongoing, cutter.parts());
    let pace = &run.pace_from(run.job.rule.prefix.authority());
    let mut writing = FuturesUnordered::new();
    let (mut stops, limit) = (None, run.delivery.limit);
    loop {
        let reads = stops.is_none() && !cutter.is_at_end();
        tokio::select! {
            piece = cutter.next(), if reads && writing.len() < in_flight => {
                let Some(piece) = piece? else { continue };
                within(prepared.facts.size, run.copier.policy.copy.max_object, cutter.total())?;
                match ongoing.parts.get(&piece.number).filter(|part| part.size == piece.size()) {
                    Some(part) => progress.there_is(part.clone(), Some(piece.after)),
                    None => writing.push(write_part(run, ongoing.id(), piece, pace)),
                }
                stops = outgrown(run, prepared, cutter.total());
            }
            Some(written) = writing.next() => {
                if let Some((part, after)) = written? {
                    progress.there_is(part, Some(after));
                }
            }
            () = limit.winds_down(), if reads => stops = Some(Why::OutOfTime),
            else => break,
        }
    }
    if !cutter.is_at_end() || progress.parts() < u64::from(cutter.parts()) {
        let why = stops.unwrap_or(Why::OutOfTime);
        if why == Why::ForBulk {
            run.lease.note_size(cutter.total()).await?;
        }
        return Ok(Moved::GoesOn(why));
    }
    let size = cutter.total();
    exactly(prepared.facts.size, size)?;
    Ok(Moved::All(Last::Parts {
        upload: ongoing.recorded.clone(),
        parts: progress.into_parts(),
        digests: Some(checked(run, prepared, cutter, &offered).await?),
        size,
    }))
}

/// An object whose size nobody knew is found to be a large one, which is left to the bulk queue;
/// unless that would mean to begin anew.
fn outgrown(run: &Run<'_>, prepared: &Prepared, total: u64) -> Option<Why> {
    let facts = &prepared.facts;
    let can_go_on = facts.etag.as_deref().is_some_and(is_strong);
    let outgrown = facts.size.is_none() && can_go_on && nobody_can_wait_for(total, run);
    (outgrown && !run.delivery.message.bulk).then_some(Why::ForBulk)
}

/// The digests to keep, once the source's own word for them is found to be true.
async fn checked(
    run: &Run<'_>,
    prepared: &Prepared,
    cutter: Cutter<'_>,
    offered: &[OfferedDigest],
) -> Result<Digests, Failure> {
    let digests = cutter.into_digesting().finish(offered)?;
    if offered.is_empty() {
        look_again(run, prepared).await?;
    }
    Ok(digests)
}

/// From where another run stopped, if its states can be understood; else from the first byte, and
/// parts that are there already are not written again.
async fn cutter<'a>(
    run: &'a Run<'a>,
    prepared: &'a Prepared,
    ongoing: &Ongoing,
) -> Result<(Cutter<'a>, Vec<OfferedDigest>), Failure> {
    let (offered, part_size) = (&prepared.facts.offered, ongoing.recorded.part_size);
    let restored = ongoing.stream().and_then(|stream| {
        let digesting = Digesting::restored(&stream.digest_states, offered)?;
        Some((stream, digesting))
    });
    Ok(match restored {
        Some((stream, digesting)) => {
            let (body, offered) = read(run, prepared, stream.bytes).await?;
            (Cutter::after(stream, digesting, body, part_size), offered)
        }
        None => {
            let (body, offered) = read(run, prepared, 0).await?;
            (
                Cutter::new(Digesting::new(&offered), body, part_size),
                offered,
            )
        }
    })
}

async fn write_part(
    run: &Run<'_>,
    upload: &UploadId,
    piece: Piece,
    pace: &Pace,
) -> Result<Option<(Part, StreamProgress)>, Failure> {
    let (port, url) = (&run.job.ports.upload, &run.job.id.url);
    let once = || async {
        let bytes: Bytes = piece.bytes.clone();
        Ok(port.part(url, upload, piece.number, bytes).await?)
    };
    let written = pace.carry(run.delivery.limit, once).await?;
    Ok(written.map(|part| (part, piece.after)))
}

/// Where the source offers no digest, only its own word tells that nobody wrote over the object
/// while it was being read. A small object is read in a moment; a large one is worth a request.
async fn look_again(run: &Run<'_>, prepared: &Prepared) -> Result<(), Failure> {
    let facts = run.copier.source.head(run.fetch()).await?;
    same_object(&prepared.facts, &facts)
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
