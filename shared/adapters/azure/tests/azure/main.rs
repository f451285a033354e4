//! What this adapter promises: over Azurite, which `scripts/azure-suites` starts, and over a server in
//! our own process for what Azurite never does.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod addresses;
mod containers;
mod copies;
mod copies_at_azurite;
mod copy_rights;
mod objects;
mod originals;
mod outages;
mod recorder;
mod signing;
mod sources;
mod sources_at_azurite;
mod support;
mod uploads;
mod wire;

use cloud_mirror_azure::Access;
use cloud_mirror_testkit::pool_suite::{Lacks, conforms_but_for};

use support::{azurite, new_container, pool_of};

/// Azure's blocks belong to the blob, so that any other write of it drops them.
const WRITES_DROP_BLOCKS: Lacks = Lacks {
    check_of_parts: false,
    digests_of_uploads: false,
    parts_after_a_write: true,
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn it_is_a_pool_at_azurite() {
    let pool = pool_of(azurite(), &new_container(), Access::Presigned);
    conforms_but_for(pool.ports(), WRITES_DROP_BLOCKS).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn two_processes_may_share_a_container_at_azurite() {
    let container = new_container();
    let [one, other] = [(); 2].map(|()| pool_of(azurite(), &container, Access::Public));
    let mut ports = one.ports();
    ports.upload = other.ports().upload;
    conforms_but_for(ports, WRITES_DROP_BLOCKS).await;
}
