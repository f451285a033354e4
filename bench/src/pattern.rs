//! The object that is copied: bytes of any number, without order, the same in every process.

use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

/// A prime, so that no two parts of one size begin at the same place of the pattern: parts that
/// were exchanged, lost or repeated have other bytes.
const PERIOD: u64 = 1_048_573;

/// The bytes of that range, in chunks that share one period's memory.
pub(crate) fn chunks(range: Range<u64>) -> impl Iterator<Item = Bytes> + Send + 'static {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let (from, left) = (at % PERIOD, range.end.saturating_sub(at));
        let to = PERIOD.min(from + left);
        at += to - from;
        (to > from).then(|| period().slice(from as usize..to as usize))
    })
}

/// The SHA-256 of each piece, of these sizes in their order, and that of all of them.
pub(crate) fn sha256(sizes: impl Iterator<Item = u64>) -> (Vec<String>, String) {
    let (mut begin, mut whole) = (0, Sha256::new());
    let pieces = sizes.map(|size| {
        let mut piece = Sha256::new();
        for chunk in chunks(begin..begin + size) {
            piece.update(&chunk);
            whole.update(&chunk);
        }
        begin += size;
        hex::encode(piece.finalize())
    });
    let pieces = pieces.collect();
    (pieces, hex::encode(whole.finalize()))
}

fn period() -> &'static Bytes {
    static BLOCK: OnceLock<Bytes> = OnceLock::new();
    BLOCK.get_or_init(|| {
        let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let states = std::iter::successors(Some(1_u32), next);
        let bytes = states.map(|state| (state >> 24) as u8);
        bytes.take(PERIOD as usize).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(range: Range<u64>) -> Vec<u8> {
        chunks(range).flatten().collect()
    }

    #[test]
    fn a_range_has_the_bytes_that_the_whole_has_there() {
        let whole = bytes(0..3 * PERIOD);
        let (from, to) = (PERIOD - 7, 2 * PERIOD + 9);
        assert_eq!(whole.len() as u64, 3 * PERIOD);
        assert!(bytes(from..to) == whole[from as usize..to as usize]);
        assert!(bytes(5..5).is_empty());
    }

    #[test]
    fn parts_of_one_size_differ_and_their_order_counts() {
        let (pieces, whole) = sha256([1 << 20; 3].into_iter());
        assert_eq!(pieces.len(), 3);
        assert_ne!(pieces[0], pieces[1]);
        assert_ne!(pieces[1], pieces[2]);
        assert_eq!(whole, sha256([3 << 20].into_iter()).1);
    }
}
