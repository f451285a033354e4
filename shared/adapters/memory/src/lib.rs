//! The status table and the copy queue inside one process.
//!
//! For `cloud-mirror serve` and for tests. A deployed function does not link this crate, so that
//! production can never fall back to it silently.

mod entries;
mod queue;
mod queues;
mod table;

pub use queue::{MemoryQueue, QueueSettings};
pub use queues::MemoryQueues;
pub use table::MemoryTable;
