//! What one process has used.

use serde::{Deserialize, Serialize};

const GIB: f64 = (1_u64 << 30) as f64;

/// What one process has used for so many bytes.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Measured {
    pub(crate) bytes: u64,
    /// Processor seconds in the program itself, and in the system's kernel for it.
    pub(crate) user: f64,
    pub(crate) system: f64,
    pub(crate) wall: f64,
    /// The most memory that was resident at once, in KiB.
    pub(crate) peak_kib: u64,
}

impl Measured {
    /// Processor seconds per GiB.
    pub(crate) fn per_gib(&self) -> f64 {
        (self.user + self.system) * GIB / self.bytes as f64
    }

    pub(crate) fn peak_mib(&self) -> f64 {
        self.peak_kib as f64 / 1024.0
    }

    /// Bytes per second of the clock, in MiB.
    pub(crate) fn mib_per_second(&self) -> f64 {
        self.bytes as f64 / (1 << 20) as f64 / self.wall
    }

    /// The share of the processor's time that the kernel had.
    pub(crate) fn system_share(&self) -> f64 {
        self.system / (self.user + self.system)
    }
}
