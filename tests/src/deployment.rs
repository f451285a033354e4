//! What a deployment must let a story do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::ports::{PoolPorts, StatusTable};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_testkit::faults::Faults;

/// How a deployment is to be started.
pub struct Setup {
    /// `mirror.toml`, with `{data}` and `{listen}`.
    pub config: String,
}

/// A running Cloud Mirror.
#[async_trait]
pub trait Deployment: Send + Sync {
    /// Where its HTTP API is, without a trailing slash.
    fn base_url(&self) -> String;

    /// The status table itself, past every fault.
    fn table(&self) -> Arc<dyn StatusTable>;

    /// The pool itself, past every fault.
    fn pool(&self, id: &PoolId) -> PoolPorts;

    /// The switchboard of its faults.
    fn faults(&self) -> &Faults;

    /// Loses the whole table.
    async fn empty_table(&self);

    /// Delivers any text to the copy queue.
    async fn deliver(&self, message: String);

    /// Delivers the messages that were held, and holds no more.
    async fn deliver_held(&self);

    /// That much time passes for every clock in it.
    fn time_passes(&self, by: Duration);

    /// Its own count of requests that it served although a part of it failed.
    fn fail_opens(&self) -> u64;
}
