//! Telemetry, the clock, and configuration turned into ports.

pub mod aws;
#[cfg(feature = "sources")]
mod backend;
mod clock;
mod inboxes;
#[cfg(feature = "local")]
mod local;
mod sdk;
pub mod telemetry;

pub use aws::{Aws, AwsError};
#[cfg(feature = "sources")]
pub use backend::{Backend, SourceError, sources};
pub use clock::SystemClock;
pub use inboxes::Inboxes;
#[cfg(feature = "local")]
pub use local::{Local, LocalError};
