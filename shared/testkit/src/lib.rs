//! What tests share: clocks, faults, servers, a sample pool, and one conformance suite
//! per port.
//!
//! A dev-dependency only. A suite fails by panicking, as a test does.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

pub mod clock;
pub mod emulator;
pub mod faults;
pub mod log;
pub mod origin;
pub mod pool_suite;
pub mod queue_suite;
pub mod sample_pool;
pub mod servers;
pub mod source_suite;
pub mod table_suite;
pub mod wire;
