//! The switchboard between the functions and their ports.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::{Entry, Replica};
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::{
    Address, CopyQueue, Method, Pool, PoolError, PoolPorts, Port, PortError, Ports, Read,
    Reception, StatusTable, When,
};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use ulid::Ulid;

use super::Faults;

impl Faults {
    /// The same ports behind this switchboard.
    pub fn around(&self, ports: Ports) -> Ports {
        let pools = ports.pools.into_iter().map(|(id, pool)| {
            let watched = Watched {
                inner: pool.pool,
                faults: self.clone(),
            };
            (
                id,
                PoolPorts {
                    pool: Arc::new(watched),
                    upload: pool.upload,
                    store_copy: pool.store_copy,
                },
            )
        });
        Ports {
            table: Arc::new(Watched {
                inner: ports.table,
                faults: self.clone(),
            }),
            queue: Arc::new(Watched {
                inner: ports.queue,
                faults: self.clone(),
            }),
            pools: pools.collect(),
            clock: ports.clock,
        }
    }

    /// Whether a call is to fail. One that is to be silent never gets to know.
    async fn fails(&self, verb: &'static str) -> bool {
        let fate = self.meet(verb);
        fate.undergo().await;
        fate.broken
    }

    async fn port(&self, port: Port, verb: &'static str) -> Result<(), PortError> {
        if self.fails(verb).await {
            return Err(PortError::new(port, format!("{verb} was told to fail")));
        }
        Ok(())
    }

    async fn pool(&self, verb: &'static str) -> Result<(), PoolError> {
        if self.fails(verb).await {
            return Err(PoolError::Unavailable(format!("{verb} was told to fail")));
        }
        Ok(())
    }
}

struct Watched<T: ?Sized> {
    faults: Faults,
    inner: Arc<T>,
}

#[async_trait]
impl StatusTable for Watched<dyn StatusTable> {
    async fn get(
        &self,
        id: &ReplicaId,
        read: Read,
        now: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        self.faults.port(Port::Table, "table.get").await?;
        self.inner.get(id, read, now).await
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.claim").await?;
        self.inner.claim(id, attempt, when).await
    }

    async fn confirm(
        &self,
        id: &ReplicaId,
        settled_by: Ulid,
        now: Timestamp,
    ) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.confirm").await?;
        self.inner.confirm(id, settled_by, now).await
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.begin").await?;
        self.inner.begin(id, run, when).await
    }

    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.extend").await?;
        self.inner.extend(id, run, extension, when).await
    }

    async fn release(
        &self,
        id: &ReplicaId,
        holder: Holder,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.release").await?;
        self.inner.release(id, holder, when).await
    }

    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.settle").await?;
        self.inner.settle(id, holder, outcome, when).await
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.begin_purge").await?;
        self.inner.begin_purge(id, purge, resumes, when).await
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.forget").await?;
        self.inner.forget(id, owner, when).await
    }

    async fn wait_for_change(
        &self,
        id: &ReplicaId,
        seen: Option<&Entry>,
        until: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        self.faults
            .port(Port::Table, "table.wait_for_change")
            .await?;
        self.inner.wait_for_change(id, seen, until).await
    }
}

#[async_trait]
impl CopyQueue for Watched<dyn CopyQueue> {
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError> {
        self.faults.port(Port::Queue, "queue.send").await?;
        if self.faults.keeps(message, delay) {
            return Ok(());
        }
        self.inner.send(message, delay).await
    }

    async fn retry_after(
        &self,
        reception: Reception<'_>,
        delay: Duration,
    ) -> Result<(), PortError> {
        self.faults.port(Port::Queue, "queue.retry_after").await?;
        self.inner.retry_after(reception, delay).await
    }
}

#[async_trait]
impl Pool for Watched<dyn Pool> {
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        self.faults.pool("pool.head").await?;
        self.inner.head(url).await
    }

    async fn delete(&self, url: &SourceUrl, etag: &str) -> Result<(), PoolError> {
        self.faults.pool("pool.delete").await?;
        self.inner.delete(url, etag).await
    }

    async fn address(&self, url: &SourceUrl, method: Method) -> Result<Address, PoolError> {
        self.faults.pool("pool.address").await?;
        self.inner.address(url, method).await
    }

    async fn prepare(&self) -> Result<(), PoolError> {
        self.faults.pool("pool.prepare").await?;
        self.inner.prepare().await
    }
}
