//! Telemetry, the clock, and configuration turned into ports.

pub mod aws;
#[cfg(feature = "sources")]
mod backend;
mod calls;
mod clock;
#[cfg(feature = "people")]
pub mod dead_letters;
mod geography;
#[cfg(feature = "people")]
pub mod health;
mod hot;
mod inboxes;
#[cfg(feature = "people")]
pub mod listing;
#[cfg(feature = "local")]
mod local;
mod providers;
mod sdk;
#[cfg(feature = "people")]
mod sign;
#[cfg(feature = "sources")]
mod sources;
pub mod telemetry;

pub use aws::{Aws, AwsError};
#[cfg(feature = "sources")]
pub use backend::{Backend, SourceError};
pub use clock::SystemClock;
pub use hot::{IN_A_FUNCTION, IN_A_SERVER, remembered};
pub use inboxes::Inboxes;
#[cfg(feature = "local")]
pub use local::{Local, LocalError};
pub use providers::OpenPool;
#[cfg(feature = "people")]
pub use sign::{ApiSigner, SignError};
#[cfg(feature = "sources")]
pub use sources::sources;
