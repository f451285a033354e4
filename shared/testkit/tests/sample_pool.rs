//! Step 6 of `docs/ADDING-A-POOL.md`: the proof that the sample is a pool.

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::ports::PoolPorts;
use cloud_mirror_testkit::clock::ManualClock;
use cloud_mirror_testkit::pool_suite;
use cloud_mirror_testkit::sample_pool::SamplePool;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_sample_pool_conforms() {
    let clock = Arc::new(ManualClock::default());
    let day = Duration::from_secs(24 * 3600);
    let pool = Arc::new(SamplePool::new(
        "http://127.0.0.1/pool/sample/here",
        clock,
        day,
    ));
    pool_suite::conforms(PoolPorts {
        pool: pool.clone(),
        store_copy: None,
        upload: pool,
    })
    .await;
}
