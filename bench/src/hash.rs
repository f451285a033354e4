//! The four digests over memory: the other thing that no copy can do without.

use std::hint::black_box;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::Outcome;
use crate::measured::Measured;
use crate::pattern;
use crate::process::Moment;

/// About as much as arrives at once.
const CHUNK: usize = 64 * 1024;

/// Hashes so many bytes once, as much memory, so that no cache holds them. Filling it is not measured.
pub(crate) fn run(size: u64) -> Outcome<Measured> {
    let mut memory = Vec::with_capacity(usize::try_from(size)?);
    pattern::chunks(0..size).for_each(|chunk| memory.extend_from_slice(&chunk));
    let began = Moment::now()?;
    let (mut md5, mut sha1) = (Md5::new(), Sha1::new());
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    for chunk in memory.chunks(CHUNK) {
        md5.update(chunk);
        sha1.update(chunk);
        sha256.update(chunk);
        sha512.update(chunk);
    }
    black_box((md5.finalize(), sha1.finalize()));
    black_box((sha256.finalize(), sha512.finalize()));
    began.since(size)
}
