//! The switchboard between the functions and their ports.

mod inbox;
mod pool;
mod queue;
mod signer;
mod source;
mod table;
mod upload;

use std::sync::Arc;

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{
    CopyInbox, PoolError, PoolPorts, Port, PortError, Ports, Source, StoreCopyError,
};

use super::Faults;
use inbox::Inbox;

impl Faults {
    /// The same ports behind this switchboard.
    pub fn around(&self, ports: Ports) -> Ports {
        let (pools, signers) = (ports.pools.into_iter(), ports.signers.into_iter());
        Ports {
            table: self.watch(ports.table),
            queue: self.watch(ports.queue),
            pools: pools
                .map(|(id, pool)| (id, self.around_pool(pool)))
                .collect(),
            signers: signers
                .map(|(provider, signer)| (provider, self.watch(signer) as _))
                .collect(),
            geography: ports.geography,
            clock: ports.clock,
        }
    }

    /// The same sources behind this switchboard.
    pub fn around_source(&self, source: Arc<dyn Source>) -> Arc<dyn Source> {
        self.watch(source)
    }

    /// The same receiving side of the copy queue behind this switchboard.
    pub fn around_copies(&self, inbox: Arc<dyn CopyInbox>) -> Arc<dyn CopyInbox> {
        Inbox::of_copies(self.watch(inbox))
    }

    /// The same receiving side of the bulk queue behind this switchboard.
    pub fn around_bulk(&self, inbox: Arc<dyn CopyInbox>) -> Arc<dyn CopyInbox> {
        Inbox::of_bulk(self.watch(inbox))
    }

    /// The same pool behind this switchboard.
    pub fn around_pool(&self, pool: PoolPorts) -> PoolPorts {
        PoolPorts {
            pool: self.watch(pool.pool),
            upload: self.watch(pool.upload),
            store_copy: pool.store_copy.map(|store| self.watch(store) as _),
        }
    }

    fn watch<T: ?Sized>(&self, inner: Arc<T>) -> Arc<Watched<T>> {
        Arc::new(Watched {
            faults: self.clone(),
            inner,
        })
    }

    /// One call: into the journal, and to its part as its fate lets it.
    async fn call<T, E: Unavailable>(
        &self,
        verb: &'static str,
        inner: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let fate = self.meet(verb);
        if !fate.lets_pass().await {
            return Err(E::unavailable(verb, "was told to fail"));
        }
        let answer = inner.await;
        if fate.loses_reply() {
            fate.befell();
            return Err(E::unavailable(verb, "was told to lose its reply"));
        }
        answer
    }
}

/// A port behind the switchboard.
struct Watched<T: ?Sized> {
    faults: Faults,
    inner: Arc<T>,
}

/// An error that says of a part no more than that it gave no answer.
trait Unavailable {
    fn unavailable(verb: &str, why: &str) -> Self;
}

impl Unavailable for PortError {
    fn unavailable(verb: &str, why: &str) -> Self {
        let port = match verb.split('.').next() {
            Some("table") => Port::Table,
            _ => Port::Queue,
        };
        Self::new(port, format!("{verb} {why}"))
    }
}

impl Unavailable for PoolError {
    fn unavailable(verb: &str, why: &str) -> Self {
        Self::Unavailable(format!("{verb} {why}"))
    }
}

impl Unavailable for StoreCopyError {
    fn unavailable(verb: &str, why: &str) -> Self {
        PoolError::unavailable(verb, why).into()
    }
}

impl Unavailable for Failure {
    fn unavailable(verb: &str, why: &str) -> Self {
        Self::new(Kind::SourceUnreachable, format!("{verb} {why}"))
    }
}
