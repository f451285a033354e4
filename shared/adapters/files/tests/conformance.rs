//! A file pool keeps every promise of the pool ports.

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_files::FilePool;
use cloud_mirror_testkit::clock::ManualClock;
use cloud_mirror_testkit::pool_suite;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_pool_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let base_url = "http://127.0.0.1:8080/pool/file/us-west-2".to_owned();
    let day = Duration::from_secs(24 * 3600);
    let pool = FilePool::new(folder.path().join("pool"), base_url, clock, day);
    pool_suite::conforms(pool.ports()).await;
}
