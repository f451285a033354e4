//! DynamoDB, in this very process and in memory.

use std::sync::Arc;

use cloud_mirror_domain::ports::Clock;
use cloud_mirror_domain::time::Timestamp;
use dynoxide::Database;
use dynoxide::storage_backend as backend;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A DynamoDB that speaks the wire protocol on a free port of 127.0.0.1 and stops when it is
/// dropped. It has no tables yet, takes any credentials, and deletes nothing by itself.
pub struct DynamoDbServer {
    url: String,
    database: Database,
    _stop: oneshot::Sender<()>,
}

impl DynamoDbServer {
    /// Starts by the machine's clock.
    pub async fn start() -> Self {
        Self::serve(Database::memory().unwrap()).await
    }

    /// Starts by that clock, which TTL sweeps go by.
    pub async fn start_by(clock: Arc<dyn Clock>) -> Self {
        let clock = Arc::new(ServerClock(clock));
        Self::serve(Database::memory_with_clock(clock).unwrap()).await
    }

    async fn serve(database: Database) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = database.clone();
        tokio::spawn(async move {
            let stopped = async move { drop(stopped.await) };
            dynoxide::server::serve_with_shutdown(listener, served, stopped)
                .await
                .unwrap();
        });
        Self {
            url,
            database,
            _stop: stop,
        }
    }

    /// Where it listens: `http://127.0.0.1:{port}`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Deletes what its table's TTL says is over, as DynamoDB does within two days, and answers
    /// how many items that were.
    pub fn sweep_ttl(&self) -> usize {
        self.database.sweep_ttl().unwrap()
    }
}

struct ServerClock(Arc<dyn Clock>);

impl backend::Clock for ServerClock {
    fn now_unix_secs(&self) -> u64 {
        self.0.now().as_seconds()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().since(Timestamp::default()).as_secs_f64()
    }
}
