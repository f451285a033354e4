//! The running process: one front door, one worker.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_copier::{Copier, TimeLimit};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_files::FilePool;
use cloud_mirror_purge::{Purge, Purger};
use cloud_mirror_redirect::Redirect;
use cloud_mirror_runtime::Backend;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::info;

use super::replica::Replicas;
use super::router::{self, Doors};
use super::sweeper;
use super::worker::Worker;
use super::{ServeError, Settings};

/// A running process.
pub struct Server {
    address: SocketAddr,
    redirect: Arc<Redirect>,
    stop: watch::Sender<bool>,
    front: JoinHandle<()>,
    worker: JoinHandle<()>,
}

impl Server {
    /// Starts answering and copying over a backend, which a test may have decorated. Replicas in
    /// `files` are served from here.
    pub fn start(
        settings: Settings,
        backend: Backend,
        files: HashMap<PoolId, FilePool>,
    ) -> Result<Self, ServeError> {
        let address = settings.listener.local_addr();
        let address = address.map_err(|error| ServeError::Listen {
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
            error,
        })?;
        let guarded = settings.config.guarded_source().is_some();
        let named = guarded.then(|| settings.base_url.replacen("http://", "", 1));
        let (rules, policy) = (settings.config.rules, settings.config.policy);
        let longest_wait = policy.wait.total;
        let redirect = Arc::new(Redirect::new(
            rules.clone(),
            policy.clone(),
            backend.ports.clone(),
        ));
        let purger = Purger::new(rules.clone(), policy.lifetimes, backend.ports.clone());
        let copier = Copier::new(rules.clone(), policy, backend.ports, backend.source);
        let doors = Doors {
            redirect: Arc::clone(&redirect),
            replicas: Replicas::new(rules.clone(), files),
            purge: Purge::new(rules, purger),
            purge_token: settings.config.purge.token,
            origin_folder: settings.origin_folder,
            named,
        };
        let pools = doors.replicas.pools();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(sweeper::run(pools, stopped.clone()));
        let limit = given_up(stopped.clone(), longest_wait);
        let front = tokio::spawn(router::serve(settings.listener, doors, stopped));
        // The worker goes on until the front has answered everybody: they wait for its copies.
        let (end_worker, worker_ends) = watch::channel(false);
        let front = tokio::spawn(async move {
            let _ = front.await;
            let _ = end_worker.send(true);
        });
        let worker = Worker::new(backend.inboxes, copier, limit);
        let worker = tokio::spawn(worker.run(worker_ends));
        Ok(Self {
            address,
            redirect,
            stop,
            front,
            worker,
        })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The redirect function, for its counters.
    pub fn redirect(&self) -> &Redirect {
        &self.redirect
    }

    /// Stops accepting, answers who is waiting, finishes the copies that have begun. What takes
    /// longer than the longest wait is given up: its message comes back, here or elsewhere.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.front.await;
        let _ = self.worker.await;
        info!(counters = ?self.redirect.counters(), "stopped");
    }
}

/// Nobody waits for a copy any longer than this once the process was told to stop.
fn given_up(mut stopped: watch::Receiver<bool>, longest_wait: Duration) -> TimeLimit {
    TimeLimit::when(async move {
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(longest_wait).await;
    })
}
