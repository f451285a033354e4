//! The bytes of objects: real ones, shared by copies, a pattern of any size that takes no memory, and
//! real ones of which the hash is kept.

use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use s3s::crypto::{Checksum, Md5, Sha256};
use s3s::dto::StreamingBlob;
use s3s::{S3Result, s3_error};

/// A prime length, so that parts of round sizes differ from each other.
const PERIOD: u64 = 65_521;

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Real(Bytes),
    Pattern(Range<u64>),
    Forgotten(Forgotten),
}

/// What is kept of bytes that are not.
#[derive(Clone, Debug, PartialEq)]
struct Forgotten {
    size: u64,
    sha256: [u8; 32],
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Piece::Real(bytes) => bytes.len() as u64,
            Piece::Pattern(range) => range.end - range.start,
            Piece::Forgotten(forgotten) => forgotten.size,
        }
    }

    fn slice(&self, range: Range<u64>) -> Self {
        match self {
            Piece::Real(bytes) => {
                Piece::Real(bytes.slice(range.start as usize..range.end as usize))
            }
            Piece::Pattern(whole) => {
                Piece::Pattern(whole.start + range.start..whole.start + range.end)
            }
            Piece::Forgotten(_) if range == (0..self.len()) => self.clone(),
            Piece::Forgotten(_) => panic!("only bytes that were kept can be cut"),
        }
    }

    fn sha256(&self) -> [u8; 32] {
        match self {
            Piece::Real(bytes) => Sha256::checksum(bytes),
            Piece::Forgotten(forgotten) => forgotten.sha256,
            Piece::Pattern(_) => panic!("no request brought a pattern"),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Content(Vec<Piece>);

impl Content {
    pub(super) fn real(bytes: Bytes) -> Self {
        Self(vec![Piece::Real(bytes)])
    }

    pub(super) fn pattern(range: Range<u64>) -> Self {
        Self(vec![Piece::Pattern(range)])
    }

    pub(super) fn len(&self) -> u64 {
        self.0.iter().map(Piece::len).sum()
    }

    /// Whether every byte is real. The digests of a pattern are not computed: it may be huge.
    pub(super) fn is_real(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, Piece::Real(_)))
    }

    /// A part of it; the range must lie within.
    pub(super) fn slice(&self, range: Range<u64>) -> Self {
        let mut begin = 0;
        let mut slice = Self::default();
        for piece in &self.0 {
            let end = begin + piece.len();
            let within = range.start.max(begin)..range.end.min(end);
            if within.start < within.end {
                slice.push(piece.slice(within.start - begin..within.end - begin));
            }
            begin = end;
        }
        slice
    }

    /// The same without its bytes.
    pub(super) fn forgotten(&self) -> Self {
        let forget = |piece: &Piece| {
            Piece::Forgotten(Forgotten {
                size: piece.len(),
                sha256: piece.sha256(),
            })
        };
        Self(self.0.iter().map(forget).collect())
    }

    /// Refuses (501) to give bytes that were not kept.
    pub(super) fn is_kept(&self) -> S3Result<()> {
        let forgotten = |piece: &Piece| matches!(piece, Piece::Forgotten(_));
        match self.0.iter().any(forgotten) {
            true => Err(s3_error!(NotImplemented, "the bytes were not kept")),
            false => Ok(()),
        }
    }

    pub(super) fn pieces_received(&self) -> Vec<(u64, String)> {
        let received = |piece: &Piece| (piece.len(), hex::encode(piece.sha256()));
        self.0.iter().map(received).collect()
    }

    pub(super) fn append(&mut self, other: &Self) {
        for piece in &other.0 {
            self.push(piece.clone());
        }
    }

    /// Neighbours in the pattern become one piece again.
    fn push(&mut self, piece: Piece) {
        if let (Some(Piece::Pattern(last)), Piece::Pattern(next)) = (self.0.last_mut(), &piece)
            && last.end == next.start
        {
            last.end = next.end;
            return;
        }
        self.0.push(piece);
    }

    /// The bytes, in chunks of no particular size.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Bytes> + Send + Sync + use<> {
        self.0.clone().into_iter().flat_map(|piece| match piece {
            Piece::Real(bytes) => Chunks::Real(Some(bytes)),
            Piece::Pattern(range) => Chunks::Pattern(range),
            Piece::Forgotten(_) => panic!("the bytes were not kept"),
        })
    }

    pub(super) fn stream(&self) -> StreamingBlob {
        let chunks = self.chunks().map(Ok::<_, std::io::Error>);
        StreamingBlob::wrap(futures::stream::iter(chunks))
    }

    pub(super) fn bytes(&self) -> Bytes {
        if let [Piece::Real(bytes)] = self.0.as_slice() {
            return bytes.clone();
        }
        self.chunks()
            .fold(Vec::new(), |mut all, chunk| {
                all.extend_from_slice(&chunk);
                all
            })
            .into()
    }

    /// The MD5; of a pattern a stand-in that is the same for the same bytes.
    pub(super) fn md5(&self) -> [u8; 16] {
        if !self.is_real() {
            return Md5::checksum(format!("{:?}", self.0).as_bytes());
        }
        let mut digest = Md5::new();
        self.chunks().for_each(|chunk| digest.update(&chunk));
        digest.finalize()
    }

    pub(super) fn same_bytes(&self, other: &Self) -> bool {
        self.0 == other.0 || (self.len() == other.len() && same(self.chunks(), other.chunks()))
    }
}

enum Chunks {
    Real(Option<Bytes>),
    Pattern(Range<u64>),
}

impl Iterator for Chunks {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        match self {
            Chunks::Real(bytes) => bytes.take(),
            Chunks::Pattern(range) if range.is_empty() => None,
            Chunks::Pattern(range) => {
                let from = range.start % PERIOD;
                let to = PERIOD.min(from + (range.end - range.start));
                range.start += to - from;
                Some(period().slice(from as usize..to as usize))
            }
        }
    }
}

/// One period of the pattern: bytes without order, the same in every run.
fn period() -> &'static Bytes {
    static BLOCK: OnceLock<Bytes> = OnceLock::new();
    BLOCK.get_or_init(|| {
        let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        std::iter::successors(Some(1_u32), next)
            .map(|state| (state >> 24) as u8)
            .take(PERIOD as usize)
            .collect()
    })
}

/// Whether two streams of the same length carry the same bytes, however they are cut.
fn same(mut left: impl Iterator<Item = Bytes>, mut right: impl Iterator<Item = Bytes>) -> bool {
    let (mut a, mut b) = (Bytes::new(), Bytes::new());
    loop {
        refill(&mut a, &mut left);
        refill(&mut b, &mut right);
        let length = a.len().min(b.len());
        if length == 0 {
            return a.is_empty() && b.is_empty();
        }
        if a.split_to(length) != b.split_to(length) {
            return false;
        }
    }
}

fn refill(buffer: &mut Bytes, from: &mut impl Iterator<Item = Bytes>) {
    while buffer.is_empty() {
        match from.next() {
            Some(chunk) => *buffer = chunk,
            None => return,
        }
    }
}
