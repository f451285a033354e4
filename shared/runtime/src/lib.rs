//! Telemetry, the clock, and configuration turned into ports.

mod clock;
mod local;
pub mod telemetry;

pub use clock::SystemClock;
pub use local::{Local, LocalError};
