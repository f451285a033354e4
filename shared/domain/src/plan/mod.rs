//! How a copy is made, worked out from sizes and stores before it begins.

mod archive;

pub use archive::Kept;

use std::ops::Range;

use crate::error::{Failure, Kind};
use crate::policy::CopyLimits;

const MIB: u64 = 1024 * 1024;

/// The most parts an upload may have: S3's limit, which every plan keeps whatever the store.
pub const MAX_PARTS: u64 = 10_000;
const MIN_PART_BYTES: u64 = 5 * MIB;
const MAX_PART_BYTES: u64 = 5 * 1024 * MIB;
/// The largest object that S3 stores, 48.8 TiB.
pub const MAX_OBJECT_BYTES: u64 = MAX_PARTS * MAX_PART_BYTES;

/// How the bytes can travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// The rule names the source's store and the pool's provider is the same: the store copies,
    /// within these limits.
    ServerSide(StoreLimits),
    /// Anything else goes through us.
    Stream,
}

/// What a store copies by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreLimits {
    /// The largest object that it copies in one request, in bytes.
    pub single_bytes: u64,
    /// The largest range that it copies as one part of an upload, in bytes; none where it copies no
    /// ranges, so that larger objects go through us.
    pub part_bytes: Option<u64>,
}

impl StoreLimits {
    /// S3's: 5 GiB at once, and as much in each part.
    pub const S3: Self = Self {
        single_bytes: MAX_PART_BYTES,
        part_bytes: Some(MAX_PART_BYTES),
    };
}

/// How a copy is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// One `CopyObject`: no byte passes through us.
    ServerSide,
    /// `UploadPartCopy` in parallel: no byte passes through us.
    ServerSideParts(Parts),
    /// Read once, through bounded memory.
    Stream(Stream),
}

/// How a streamed copy is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// One `PutObject`.
    Whole {
        /// The object's size in bytes.
        size: u64,
    },
    /// Several parts in flight.
    Parts {
        /// The size of every part but the last, in bytes.
        part_size: u64,
        /// How many parts may be held at once within `stream_memory`.
        in_flight: usize,
    },
}

/// An object cut into parts of one size, the last one shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The object's size in bytes.
    pub size: u64,
    /// The size of every part but the last, in bytes.
    pub part_size: u64,
}

impl Parts {
    /// The byte ranges in order; they tile `0..size` exactly.
    pub fn ranges(self) -> impl Iterator<Item = Range<u64>> {
        (0..self.count()).map(move |n| {
            let start = n * self.part_size;
            start..(start + self.part_size).min(self.size)
        })
    }

    /// How many parts there are.
    pub fn count(self) -> u64 {
        self.size.div_ceil(self.part_size)
    }
}

/// Plans a copy. `size` is `None` where the source does not say it.
///
/// `server_side_single` says from where on parts are used: below 5 MiB it counts as 5 MiB, S3's limit,
/// and above the store's own limit as that, as it does where a store copies no ranges. What the store
/// cannot copy within its limits goes through us. Fails as `too-large` above `max_object`, and above
/// what S3 stores.
pub fn plan(size: Option<u64>, route: Route, limits: &CopyLimits) -> Result<Plan, Failure> {
    match (route, size) {
        (Route::ServerSide(store), Some(size)) => {
            not_too_large(size, limits)?;
            match server_side(size, store, limits) {
                Some(plan) => Ok(plan),
                None => stream(Some(size), limits).map(Plan::Stream),
            }
        }
        // A store that does not say the size of an object cannot copy it by parts.
        (Route::Stream, _) | (Route::ServerSide(_), None) => stream(size, limits).map(Plan::Stream),
    }
}

/// Plans a copy that goes through us. Fails as [`plan`] does.
pub fn stream(size: Option<u64>, limits: &CopyLimits) -> Result<Stream, Failure> {
    not_too_large(size.unwrap_or(0), limits)?;
    let whole = limits.stream_part.min(MAX_PART_BYTES);
    if let Some(size) = size.filter(|size| *size <= whole) {
        return Ok(Stream::Whole { size });
    }
    let part_size = part_size(size.unwrap_or(0), limits.stream_part);
    let fit = usize::try_from(limits.stream_memory / part_size).unwrap_or(usize::MAX);
    Ok(Stream::Parts {
        part_size,
        in_flight: fit.min(limits.parts_in_flight).max(1),
    })
}

/// Whatever is wished: above its limit (S3's is 5 GiB) a store copies no object in one request, and S3
/// none of up to 5 MiB by ranges.
fn server_side(size: u64, store: StoreLimits, limits: &CopyLimits) -> Option<Plan> {
    let wished = match store.part_bytes {
        Some(_) => limits.server_side_single.max(MIN_PART_BYTES),
        None => store.single_bytes,
    };
    if size <= wished.min(store.single_bytes) {
        return Some(Plan::ServerSide);
    }
    let part_size = part_size(size, limits.part).min(store.part_bytes?);
    let parts = Parts { size, part_size };
    (parts.count() <= MAX_PARTS).then_some(Plan::ServerSideParts(parts))
}

fn not_too_large(size: u64, limits: &CopyLimits) -> Result<(), Failure> {
    if size <= limits.max_object.min(MAX_OBJECT_BYTES) {
        return Ok(());
    }
    let detail = format!("{size} bytes; max_object is {}", limits.max_object);
    Err(Failure::new(Kind::TooLarge, detail))
}

/// The wished part size, grown in whole MiB so that 10,000 parts suffice.
fn part_size(size: u64, wished: u64) -> u64 {
    let needed = size.div_ceil(MAX_PARTS).div_ceil(MIB) * MIB;
    needed.max(wished).clamp(MIN_PART_BYTES, MAX_PART_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: CopyLimits = CopyLimits {
        server_side_single: 256 * MIB,
        part: 128 * MIB,
        stream_part: 16 * MIB,
        stream_memory: 128 * MIB,
        parts_in_flight: 16,
        assumed_throughput: 40 * MIB,
        max_object: MAX_OBJECT_BYTES,
    };

    #[test]
    fn the_plan_follows_from_size_and_stores() {
        let parts = |size, part_size| Plan::ServerSideParts(Parts { size, part_size });
        let whole = |size| Plan::Stream(Stream::Whole { size });
        let stream = |part_size, in_flight| {
            Plan::Stream(Stream::Parts {
                part_size,
                in_flight,
            })
        };
        for (size, route, expected) in [
            (
                Some(0),
                Route::ServerSide(StoreLimits::S3),
                Plan::ServerSide,
            ),
            (
                Some(256 * MIB),
                Route::ServerSide(StoreLimits::S3),
                Plan::ServerSide,
            ),
            (
                Some(256 * MIB + 1),
                Route::ServerSide(StoreLimits::S3),
                parts(256 * MIB + 1, 128 * MIB),
            ),
            (Some(0), Route::Stream, whole(0)),
            (Some(16 * MIB), Route::Stream, whole(16 * MIB)),
            (Some(16 * MIB + 1), Route::Stream, stream(16 * MIB, 8)),
            (Some(1_000_000 * MIB), Route::Stream, stream(100 * MIB, 1)),
            (None, Route::Stream, stream(16 * MIB, 8)),
            (
                None,
                Route::ServerSide(StoreLimits::S3),
                stream(16 * MIB, 8),
            ),
        ] {
            assert_eq!(
                plan(size, route, &LIMITS),
                Ok(expected),
                "{size:?} {route:?}"
            );
        }
    }

    #[test]
    fn a_server_side_copy_is_one_that_s3_makes_whatever_is_wished() {
        let in_one = |size, server_side_single| {
            let limits = CopyLimits {
                server_side_single,
                ..LIMITS
            };
            plan(Some(size), Route::ServerSide(StoreLimits::S3), &limits) == Ok(Plan::ServerSide)
        };
        for wished in [0, 1, MIN_PART_BYTES] {
            assert!(in_one(MIN_PART_BYTES, wished), "{wished}");
            assert!(!in_one(MIN_PART_BYTES + 1, wished), "{wished}");
        }
        for wished in [MAX_PART_BYTES, MAX_PART_BYTES + 1, u64::MAX] {
            assert!(in_one(MAX_PART_BYTES, wished), "{wished}");
            assert!(!in_one(MAX_PART_BYTES + 1, wished), "{wished}");
        }
    }

    #[test]
    fn what_a_store_cannot_copy_within_its_limits_goes_through_us() {
        let planned = |size, part_bytes| {
            let store = StoreLimits {
                single_bytes: 10 * MIB,
                part_bytes,
            };
            plan(Some(size), Route::ServerSide(store), &LIMITS).unwrap()
        };
        let streamed = |size| plan(Some(size), Route::Stream, &LIMITS).unwrap();
        assert_eq!(planned(10 * MIB, None), Plan::ServerSide);
        assert_eq!(planned(10 * MIB + 1, None), streamed(10 * MIB + 1));
        let size = 300 * MIB;
        let part_size = 100 * MIB;
        let parts = Plan::ServerSideParts(Parts { size, part_size });
        assert_eq!(planned(size, Some(part_size)), parts);
        let too_many = MAX_PARTS * part_size + 1;
        assert_eq!(planned(too_many, Some(part_size)), streamed(too_many));
    }

    #[test]
    fn a_store_without_ranges_copies_whole_whatever_it_copies_at_all() {
        let single_bytes = 1024 * MIB;
        let store = StoreLimits {
            single_bytes,
            part_bytes: None,
        };
        let planned = |size| plan(Some(size), Route::ServerSide(store), &LIMITS).unwrap();
        assert!(single_bytes > LIMITS.server_side_single);
        assert_eq!(planned(single_bytes), Plan::ServerSide);
        assert!(matches!(planned(single_bytes + 1), Plan::Stream(_)));
    }

    #[test]
    fn what_is_too_large_is_said_before_a_byte_moves() {
        let limits = CopyLimits {
            max_object: 10,
            ..LIMITS
        };
        let failure = plan(Some(11), Route::Stream, &limits).unwrap_err();
        assert_eq!(failure.kind, Kind::TooLarge);
        assert!(
            plan(
                Some(MAX_OBJECT_BYTES + 1),
                Route::ServerSide(StoreLimits::S3),
                &LIMITS
            )
            .is_err()
        );
    }

    /// Every size up to S3's largest object; each power of two alike, or the small ones would
    /// hardly ever be drawn, and the edges on purpose.
    fn sizes() -> impl Strategy<Value = u64> {
        let near = |edge: u64| edge.saturating_sub(2)..=(edge + 2).min(MAX_OBJECT_BYTES);
        prop_oneof![
            3 => (0..46_u32, 0..=u64::MAX).prop_map(|(bits, n)| (n >> (63 - bits)).min(MAX_OBJECT_BYTES)),
            3 => 0..=MAX_OBJECT_BYTES,
            1 => near(MIN_PART_BYTES),
            1 => near(LIMITS.server_side_single),
            1 => near(MAX_PART_BYTES),
            1 => near(MAX_PARTS * MIN_PART_BYTES),
            1 => near(MAX_PARTS * LIMITS.part),
            1 => near(MAX_PARTS * LIMITS.stream_part),
            1 => near(MAX_PARTS * LIMITS.stream_memory),
            1 => near(MAX_PARTS * (MAX_PART_BYTES - MIB)),
            2 => near(MAX_OBJECT_BYTES),
        ]
    }

    /// Wished part sizes, beyond S3's limits too.
    fn part_sizes() -> impl Strategy<Value = u64> {
        prop_oneof![
            4 => MIB..(8 * 1024 * MIB),
            1 => Just(0),
            1 => Just(1),
            2 => MIN_PART_BYTES - 1..=MIN_PART_BYTES + 1,
            2 => MAX_PART_BYTES - 1..=MAX_PART_BYTES + 1,
            1 => Just(u64::MAX),
        ]
    }

    fn memories() -> impl Strategy<Value = u64> {
        prop_oneof![3 => 0..(64 * 1024 * MIB), 1 => Just(0), 1 => Just(u64::MAX)]
    }

    /// Parts of that size make an object of `size` that S3 stores.
    fn cut(size: u64, part_size: u64) -> Result<(), TestCaseError> {
        let parts = Parts { size, part_size };
        prop_assert!(parts.count() <= MAX_PARTS);
        let mut end = 0;
        for (n, range) in parts.ranges().enumerate() {
            prop_assert_eq!(range.start, end);
            prop_assert!(range.end > range.start && range.end - range.start <= MAX_PART_BYTES);
            let last = n as u64 + 1 == parts.count();
            prop_assert!(last || range.end - range.start >= MIN_PART_BYTES);
            end = range.end;
        }
        prop_assert_eq!(end, size);
        Ok(())
    }

    proptest! {
        #[test]
        fn a_server_side_copy_of_any_size_is_within_s3s_limits(
            size in sizes(),
            part in part_sizes(),
        ) {
            let limits = CopyLimits { part, ..LIMITS };
            match plan(Some(size), Route::ServerSide(StoreLimits::S3), &limits) {
                Ok(Plan::ServerSide) => prop_assert!(size <= LIMITS.server_side_single),
                Ok(Plan::ServerSideParts(parts)) => {
                    prop_assert!(size > LIMITS.server_side_single && parts.size == size);
                    cut(size, parts.part_size)?;
                }
                other => panic!("a server-side copy of {size} bytes: {other:?}"),
            }
        }

        #[test]
        fn a_stream_of_any_size_is_within_s3s_limits_and_its_memory(
            size in sizes(),
            stream_part in part_sizes(),
            stream_memory in memories(),
            parts_in_flight in 0..64_usize,
        ) {
            let limits = CopyLimits { stream_part, stream_memory, parts_in_flight, ..LIMITS };
            match plan(Some(size), Route::Stream, &limits) {
                Ok(Plan::Stream(Stream::Whole { size: whole })) => {
                    prop_assert!(whole == size && size <= stream_part);
                }
                Ok(Plan::Stream(Stream::Parts { part_size, in_flight })) => {
                    cut(size, part_size)?;
                    prop_assert!(in_flight == 1 || part_size * in_flight as u64 <= stream_memory);
                    prop_assert!((1..=parts_in_flight.max(1)).contains(&in_flight));
                }
                other => panic!("a stream of {size} bytes: {other:?}"),
            }
        }
    }
}
