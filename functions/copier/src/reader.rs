//! A source's bytes in order, re-opened where a connection breaks.

use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_domain::digest::OfferedDigest;
use cloud_mirror_domain::entry::is_strong;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Body, Opened, Resume, SourceFacts};
use futures::stream::{BoxStream, StreamExt as _, try_unfold};
use tracing::info;

use crate::run::{Prepared, Run};
use crate::storing;

/// How often a source is opened again that sends less than [`PROGRESS_BYTES`] in between.
const MOST_BREAKS: u32 = 5;
const PROGRESS_BYTES: u64 = 1024 * 1024;

/// The pause before the first re-opening, then a multiple of it.
const PAUSE: Duration = Duration::from_millis(500);

/// Bytes as they are read, each exactly once.
pub(crate) type Bytestream<'a> = BoxStream<'a, Result<Bytes, Failure>>;

/// The object's bytes from this one on. A source that breaks is opened again where it broke, if
/// its strong entity tag can say that the object is still the same; a source that changed is a
/// failure. Without ranges the bytes that are known are read past.
///
/// With them come the digests that the source offers: what it says when it is opened at the first
/// byte belongs to what its HEAD has said.
pub(crate) async fn read<'a>(
    run: &'a Run<'a>,
    prepared: &'a Prepared,
    from: u64,
) -> Result<(Bytestream<'a>, Vec<OfferedDigest>), Failure> {
    let mut reader = Reader {
        run,
        facts: &prepared.facts,
        from,
        at: from,
        passes: 0,
        body: None,
        breaks: Breaks {
            in_a_row: 0,
            last: from,
        },
    };
    let mut offered = prepared.facts.offered.clone();
    if from == 0 {
        let opened = reader.open().await?;
        let more = opened.facts.offered.into_iter();
        offered.extend(more.filter(|one| !prepared.facts.offered.contains(one)));
        reader.body = Some(opened.body);
    }
    Ok((try_unfold(reader, Reader::next).boxed(), offered))
}

struct Reader<'a> {
    run: &'a Run<'a>,
    /// What the object was when its copy was planned.
    facts: &'a SourceFacts,
    /// Where this run began.
    from: u64,
    /// How many bytes of the object have been read.
    at: u64,
    /// How many of the next bytes have been read before.
    passes: u64,
    body: Option<Body>,
    breaks: Breaks,
}

struct Breaks {
    in_a_row: u32,
    last: u64,
}

impl<'a> Reader<'a> {
    async fn next(mut self) -> Result<Option<(Bytes, Reader<'a>)>, Failure> {
        loop {
            match self.chunk().await {
                Ok(Some(chunk)) => {
                    let chunk = self.new_part_of(chunk);
                    if !chunk.is_empty() {
                        return Ok(Some((chunk, self)));
                    }
                }
                Ok(None) => return Ok(None),
                Err(failure) => self.pause_after(failure).await?,
            }
        }
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        let body = match &mut self.body {
            Some(body) => body,
            // There is no range behind the last byte that could be asked for.
            None if self.at > 0 && self.facts.size == Some(self.at) => return Ok(None),
            None => {
                let opened = self.open().await?;
                self.body.insert(opened.body)
            }
        };
        body.next().await.transpose()
    }

    async fn open(&mut self) -> Result<Opened, Failure> {
        let resume = self.resume()?;
        let fetch = self.run.fetch();
        let opened = self.run.copier.source.open(fetch, resume).await?;
        storing::allowed(fetch.rule, &opened.facts)?;
        same_object(self.facts, &opened.facts)?;
        if resume.is_some_and(|resume| opened.facts.etag.as_deref() != Some(resume.etag)) {
            let detail = "opened again, it did not say its entity tag";
            return Err(Failure::new(Kind::SourceChanged, detail));
        }
        self.passes = self.at.saturating_sub(opened.first_byte);
        if self.passes > 0 {
            info!(
                bytes = self.passes,
                "the source knows no ranges: its first bytes are read again"
            );
        }
        Ok(opened)
    }

    /// How the source is asked; not at all, where nothing could tell whether the next bytes are
    /// still the same object's: then the copy begins anew.
    fn resume(&self) -> Result<Option<Resume<'a>>, Failure> {
        if self.at == 0 {
            return Ok(None);
        }
        let etag = self.facts.etag.as_deref();
        let strong = etag.filter(|etag| is_strong(etag));
        let resume = strong.map(|etag| Resume {
            first_byte: self.at,
            etag,
        });
        resume.map(Some).ok_or_else(|| {
            let detail = format!(
                "broke after {} bytes, and has no strong entity tag",
                self.at
            );
            Failure::new(Kind::SourceUnreachable, detail)
        })
    }

    fn new_part_of(&mut self, mut chunk: Bytes) -> Bytes {
        let known = chunk
            .len()
            .min(usize::try_from(self.passes).unwrap_or(usize::MAX));
        let new = chunk.split_off(known);
        self.passes -= known as u64;
        self.at += new.len() as u64;
        new
    }

    /// Only what may pass is tried again, and not for ever; nor a source that has not sent a byte
    /// yet, whose waiters are better off with the answer that it fails.
    async fn pause_after(&mut self, failure: Failure) -> Result<(), Failure> {
        self.body = None;
        if self.at >= self.breaks.last + PROGRESS_BYTES {
            self.breaks.in_a_row = 0;
            self.breaks.last = self.at;
        }
        self.breaks.in_a_row += 1;
        let passing = matches!(
            failure.kind,
            Kind::SourceUnreachable | Kind::SourceStalled | Kind::SourceFailed
        );
        let given_up = self.at == self.from || self.breaks.in_a_row > MOST_BREAKS;
        if !passing || given_up || self.resume().is_err() {
            return Err(failure);
        }
        info!(at_bytes = self.at, %failure, "the source will be opened again");
        tokio::time::sleep(PAUSE * self.breaks.in_a_row).await;
        Ok(())
    }
}

/// Whether two answers can be of the same object. A source need not say everything twice, but may
/// not say two different things.
pub(crate) fn same_object(before: &SourceFacts, now: &SourceFacts) -> Result<(), Failure> {
    fn differ<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> bool {
        a.is_some() && b.is_some() && a != b
    }
    if differ(&before.size, &now.size)
        || differ(&before.etag, &now.etag)
        || differ(&before.last_modified, &now.last_modified)
    {
        let said = |facts: &SourceFacts| {
            format!(
                "{:?} bytes, {:?}, {:?}",
                facts.size, facts.etag, facts.last_modified
            )
        };
        let detail = format!("first {}; then {}", said(before), said(now));
        return Err(Failure::new(Kind::SourceChanged, detail));
    }
    Ok(())
}
