//! Telemetry, the clock, and configuration turned into ports.

pub mod aws;
#[cfg(feature = "sources")]
mod backend;
mod calls;
mod clock;
#[cfg(feature = "people")]
pub mod dead_letters;
#[cfg(feature = "people")]
pub mod health;
mod inboxes;
#[cfg(feature = "people")]
pub mod listing;
#[cfg(feature = "local")]
mod local;
mod sdk;
#[cfg(feature = "people")]
mod sign;
pub mod telemetry;

pub use aws::{Aws, AwsError};
#[cfg(feature = "sources")]
pub use backend::{Backend, SourceError, sources};
pub use clock::SystemClock;
pub use inboxes::Inboxes;
#[cfg(feature = "local")]
pub use local::{Local, LocalError};
#[cfg(feature = "people")]
pub use sign::{ApiSigner, SignError};
