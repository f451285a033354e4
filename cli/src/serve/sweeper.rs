//! Frees what has expired in file pools, as a bucket's lifecycle does.

use std::time::Duration;

use cloud_mirror_files::FilePool;
use tokio::sync::watch;

/// A replica counts as gone from its last moment on; only its bytes stay until the next sweep.
const EVERY: Duration = Duration::from_secs(3600);

/// Sweeps every pool each hour, until told to end.
pub(crate) async fn run(pools: Vec<FilePool>, mut ends: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = ends.wait_for(|ends| *ends) => return,
        }
        for pool in &pools {
            if let Err(error) = pool.sweep().await {
                tracing::warn!(%error, "a pool could not be swept");
            }
        }
    }
}
