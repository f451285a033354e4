//! What a deployment must let a story do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::ports::{PoolPorts, StatusTable};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::servers::s3::S3Server;

use crate::client::Client;
use crate::setup::Setup;

/// A running Cloud Mirror.
#[async_trait]
pub trait Deployment: Send + Sync {
    /// Where its HTTP API is, without a trailing slash. Where there are several processes, each
    /// call may name another one.
    fn base_url(&self) -> String;

    /// A client that can reach that.
    fn client(&self) -> Client {
        Client::default()
    }

    /// The headers of a caller who may purge.
    fn authority(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The word for the service of its pools.
    fn service(&self) -> &'static str;

    /// Whether an address is that of a replica in one of its pools.
    fn is_in_pool(&self, address: &str, region: &str) -> bool;

    /// The status table itself, past every fault.
    fn table(&self) -> Arc<dyn StatusTable>;

    /// The pool itself, past every fault.
    fn pool(&self, id: &PoolId) -> PoolPorts;

    /// The switchboard of its faults.
    fn faults(&self) -> &Faults;

    /// The store behind its pools, where it is S3 and our own.
    fn s3(&self) -> Option<&S3Server>;

    /// Starts a second stack over the same pools and in front of the same origin, in another region:
    /// its table, its queues and its faults are its own. `None` where there can be one only.
    async fn another_stack(&self) -> Option<Arc<dyn Deployment>> {
        None
    }

    /// Deploys another configuration: table, queues, pools and origin stay, and whatever answers from now
    /// on has started with it.
    async fn redeploy(&self, setup: Setup);

    /// Loses the whole table.
    async fn empty_table(&self);

    /// Delivers any text to the copy queue.
    async fn deliver(&self, message: String);

    /// Delivers the messages that were held, and holds no more.
    async fn deliver_held(&self);

    /// Waits until what was delivered has been worked on, where messages overtake each other. Where
    /// they do not, whatever was sent later is enough to wait for.
    async fn until_worked_off(&self) {}

    /// How many messages are in its queues, the invisible ones too; `None` where that cannot be known.
    async fn messages(&self) -> Option<usize> {
        None
    }

    /// The bodies of its dead letters; none where they cannot be read.
    async fn dead_letters(&self) -> Vec<String> {
        Vec::new()
    }

    /// All that its processes have logged so far; `None` where that cannot be read.
    fn log(&self) -> Option<String> {
        None
    }

    /// That much time passes for every clock in it.
    async fn time_passes(&self, by: Duration);

    /// Its own count of requests that it served although a part of it failed; `None` where it
    /// cannot be read.
    async fn fail_opens(&self) -> Option<u64>;
}
