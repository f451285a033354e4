//! What goes wrong between us and the queue.

use std::error::Error;

use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::{Port, PortError};

/// What was asked of which queue, and everything that is known about why it failed.
pub(crate) fn failed(action: &str, queue_url: &str, error: &(dyn Error + 'static)) -> PortError {
    PortError::new(
        Port::Queue,
        format!("{action} at {queue_url}: {}", chain(error)),
    )
}
