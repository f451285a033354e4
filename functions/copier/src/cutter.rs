//! Cuts a stream of bytes into parts.

use bytes::{Bytes, BytesMut};
use cloud_mirror_domain::entry::StreamProgress;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::plan::MAX_PARTS;
use futures::StreamExt as _;

use crate::digests::Digesting;
use crate::reader::Bytestream;

/// Parts of one size, the last one shorter, digested in order.
pub(crate) struct Cutter<'a> {
    body: Bytestream<'a>,
    part_size: usize,
    filling: BytesMut,
    /// What was read beyond the part that is being filled.
    rest: Bytes,
    /// The parts that were cut, of this run and of those before it.
    number: u32,
    total: u64,
    digesting: Digesting,
    body_ended: bool,
    at_end: bool,
}

/// A part that was cut, and where a stream goes on after it.
pub(crate) struct Piece {
    pub(crate) number: u32,
    pub(crate) bytes: Bytes,
    pub(crate) after: StreamProgress,
}

impl Piece {
    pub(crate) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
}

impl<'a> Cutter<'a> {
    /// From the first byte.
    pub(crate) fn new(digesting: Digesting, body: Bytestream<'a>, part_size: u64) -> Self {
        Self {
            body,
            part_size: usize::try_from(part_size).unwrap_or(usize::MAX),
            filling: BytesMut::new(),
            rest: Bytes::new(),
            number: 0,
            total: 0,
            digesting,
            body_ended: false,
            at_end: false,
        }
    }

    /// Where another run stopped; `body` begins there.
    pub(crate) fn after(
        stream: &StreamProgress,
        digesting: Digesting,
        body: Bytestream<'a>,
        part_size: u64,
    ) -> Self {
        Self {
            number: stream.parts,
            total: stream.bytes,
            ..Self::new(digesting, body, part_size)
        }
    }

    /// The next part; an empty object has none but one empty part, which stores accept as last.
    /// May be dropped and called again: what was read so far is kept.
    pub(crate) async fn next(&mut self) -> Result<Option<Piece>, Failure> {
        self.fill().await?;
        if self.filling.is_empty() && self.number > 0 {
            self.at_end = true;
            return Ok(None);
        }
        if u64::from(self.number) == MAX_PARTS {
            let detail = format!("more than {MAX_PARTS} parts; the source said no size");
            return Err(Failure::new(Kind::TooLarge, detail));
        }
        self.number += 1;
        self.total += self.filling.len() as u64;
        // A shorter part is the last one: nobody need come back to hear so.
        self.at_end = self.body_ended && self.rest.is_empty();
        Ok(Some(Piece {
            number: self.number,
            bytes: std::mem::take(&mut self.filling).freeze(),
            after: StreamProgress {
                parts: self.number,
                bytes: self.total,
                digest_states: self.digesting.save(),
            },
        }))
    }

    /// Digests while the bytes are still at hand in the processor's caches.
    async fn fill(&mut self) -> Result<(), Failure> {
        while self.filling.len() < self.part_size && !self.body_ended {
            if self.rest.is_empty() {
                match self.body.next().await {
                    Some(chunk) => self.rest = chunk?,
                    None => self.body_ended = true,
                }
            }
            if self.filling.capacity() == 0 && !self.rest.is_empty() {
                self.filling.reserve(self.part_size);
            }
            let fits = self.rest.len().min(self.part_size - self.filling.len());
            let fitting = self.rest.split_to(fits);
            self.digesting.update(&fitting);
            self.filling.extend_from_slice(&fitting);
        }
        Ok(())
    }

    /// How many parts were cut, by this run and by those before it.
    pub(crate) fn parts(&self) -> u32 {
        self.number
    }

    /// Whether every byte of the object is in a part.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// The bytes of the object in the parts so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn into_digesting(self) -> Digesting {
        self.digesting
    }
}
