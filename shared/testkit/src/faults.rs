//! Ports that count what they are asked, and fail when they are told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::{Entry, Replica};
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::{
    Address, CopyQueue, Method, Pool, PoolError, PoolPorts, Port, PortError, Ports, Read,
    StatusTable, When,
};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use ulid::Ulid;

/// The switchboard of a deployment's faults. Clones share it.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Board>>);

#[derive(Default)]
struct Board {
    broken: BTreeSet<&'static str>,
    silent: BTreeSet<&'static str>,
    calls: BTreeMap<&'static str, usize>,
    holding: bool,
    held: Vec<(Message, Duration)>,
    sent: Vec<Message>,
}

impl Faults {
    /// From now on every call to that part fails: `table`, `queue` or `pool`, or one verb of it
    /// (`pool.head`).
    pub fn break_down(&self, what: &'static str) {
        self.board().broken.insert(what);
    }

    /// From now on `pool.head` never answers.
    pub fn silence_looks(&self) {
        self.board().silent.insert("pool.head");
    }

    /// The part works again.
    pub fn mend(&self, what: &'static str) {
        self.board().broken.remove(what);
    }

    /// How often a verb was called, `pool.head` say.
    pub fn calls(&self, verb: &str) -> usize {
        self.board().calls.get(verb).copied().unwrap_or(0)
    }

    /// From now on messages are accepted but not delivered.
    pub fn hold_messages(&self) {
        self.board().holding = true;
    }

    /// Every message that was accepted so far.
    pub fn sent(&self) -> Vec<Message> {
        self.board().sent.clone()
    }

    /// Delivers the messages that were held, to `queue`, and holds no more.
    pub async fn deliver_messages(&self, queue: &dyn CopyQueue) {
        let held = {
            let mut board = self.board();
            board.holding = false;
            std::mem::take(&mut board.held)
        };
        for (message, delay) in held {
            queue.send(&message, delay).await.unwrap();
        }
    }

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

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_broken(&self, verb: &'static str) -> bool {
        let mut board = self.board();
        *board.calls.entry(verb).or_default() += 1;
        let part = verb.split('.').next().unwrap();
        board.broken.contains(part) || board.broken.contains(verb)
    }

    fn port(&self, port: Port, verb: &'static str) -> Result<(), PortError> {
        if self.is_broken(verb) {
            return Err(PortError::new(port, format!("{verb} was told to fail")));
        }
        Ok(())
    }

    fn pool(&self, verb: &'static str) -> Result<(), PoolError> {
        if self.is_broken(verb) {
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
        self.faults.port(Port::Table, "table.get")?;
        self.inner.get(id, read, now).await
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.claim")?;
        self.inner.claim(id, attempt, when).await
    }

    async fn confirm(
        &self,
        id: &ReplicaId,
        settled_by: Ulid,
        now: Timestamp,
    ) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.confirm")?;
        self.inner.confirm(id, settled_by, now).await
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.begin")?;
        self.inner.begin(id, run, when).await
    }

    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.extend")?;
        self.inner.extend(id, run, extension, when).await
    }

    async fn release(
        &self,
        id: &ReplicaId,
        holder: Holder,
        now: Timestamp,
    ) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.release")?;
        self.inner.release(id, holder, now).await
    }

    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.settle")?;
        self.inner.settle(id, holder, outcome, when).await
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.begin_purge")?;
        self.inner.begin_purge(id, purge, resumes, when).await
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Result<Answer, PortError> {
        self.faults.port(Port::Table, "table.forget")?;
        self.inner.forget(id, owner, when).await
    }

    async fn wait_for_change(
        &self,
        id: &ReplicaId,
        seen: Option<&Entry>,
        until: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        self.faults.port(Port::Table, "table.wait_for_change")?;
        self.inner.wait_for_change(id, seen, until).await
    }
}

#[async_trait]
impl CopyQueue for Watched<dyn CopyQueue> {
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError> {
        self.faults.port(Port::Queue, "queue.send")?;
        {
            let mut board = self.faults.board();
            board.sent.push(message.clone());
            if board.holding {
                board.held.push((message.clone(), delay));
                return Ok(());
            }
        }
        self.inner.send(message, delay).await
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<(), PortError> {
        self.faults.port(Port::Queue, "queue.retry_after")?;
        self.inner.retry_after(receipt, delay).await
    }
}

#[async_trait]
impl Pool for Watched<dyn Pool> {
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        self.faults.pool("pool.head")?;
        if self.faults.board().silent.contains("pool.head") {
            std::future::pending::<()>().await;
        }
        self.inner.head(url).await
    }

    async fn delete(&self, url: &SourceUrl, etag: &str) -> Result<(), PoolError> {
        self.faults.pool("pool.delete")?;
        self.inner.delete(url, etag).await
    }

    async fn address(&self, url: &SourceUrl, method: Method) -> Result<Address, PoolError> {
        self.faults.pool("pool.address")?;
        self.inner.address(url, method).await
    }

    async fn prepare(&self) -> Result<(), PoolError> {
        self.faults.pool("pool.prepare")?;
        self.inner.prepare().await
    }
}
