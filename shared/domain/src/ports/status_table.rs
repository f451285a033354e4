//! The status table.

use async_trait::async_trait;
use ulid::Ulid;

use super::PortError;
use crate::claim::{Answer, Extension, Holder, Outcome, Terms};
use crate::entry::Entry;
use crate::rules::ReplicaId;
use crate::time::Timestamp;

/// How fresh a read must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Read {
    /// May be a moment old: a request's first look.
    Eventual,
    /// Sees every write that was answered before: after a write, and while waiting.
    Strong,
}

/// The caller's clock and the pool's terms, by which a transition judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// The caller's clock.
    pub now: Timestamp,
    /// How long things hold in that pool.
    pub terms: Terms,
}

/// The status table. Each writing verb makes at most one conditional write, whose condition and
/// effect are the function of the same name in [`crate::claim`]; each recognises its own write, so
/// that all of them may be repeated. A read answers live entries only, however late the table
/// deletes. IAM: `dynamodb:GetItem` for all of them, because no refusal is answered unread.
#[async_trait]
pub trait StatusTable: Send + Sync {
    /// The live entry. IAM: `dynamodb:GetItem`.
    async fn get(
        &self,
        id: &ReplicaId,
        read: Read,
        now: Timestamp,
    ) -> Result<Option<Entry>, PortError>;

    /// Of any number of simultaneous callers, one wins. IAM: `dynamodb:PutItem`.
    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Result<Answer, PortError>;

    /// Notes that a present replica was seen. IAM: `dynamodb:PutItem`.
    async fn confirm(
        &self,
        id: &ReplicaId,
        settled_by: Ulid,
        now: Timestamp,
    ) -> Result<Answer, PortError>;

    /// Of any number of deliveries, one begins. IAM: `dynamodb:UpdateItem`, `dynamodb:PutItem`.
    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Result<Answer, PortError>;

    /// A heartbeat; refused means fenced. IAM: `dynamodb:PutItem`.
    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Result<Answer, PortError>;

    /// A claim ends its own lease; a run hands its work on to a message. The entry stays.
    /// IAM: `dynamodb:PutItem`.
    async fn release(
        &self,
        id: &ReplicaId,
        holder: Holder,
        when: &When,
    ) -> Result<Answer, PortError>;

    /// Ends the holder's work as present or error. IAM: `dynamodb:PutItem`.
    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Result<Answer, PortError>;

    /// Fences every run and claim. `resumes` is the purge that had to wait and is now gone on
    /// with. IAM: `dynamodb:PutItem`.
    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Result<Answer, PortError>;

    /// Ends a purge, or a present entry whose replica is gone. IAM: `dynamodb:PutItem`,
    /// `dynamodb:DeleteItem`.
    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Result<Answer, PortError>;

    /// Waits until the live entry differs from `seen` in what a waiter can act on
    /// ([`crate::entry::is_news`]: a heartbeat is no news), at most until `until` by the table's clock, and
    /// answers it as it then is; never earlier than its own news. In one process it wakes at once; a
    /// remote table is read again after a tenth of the time waited so far, or later where reads take
    /// long. An error means that nothing has been seen for some seconds.
    /// IAM: `dynamodb:GetItem`.
    async fn wait_for_change(
        &self,
        id: &ReplicaId,
        seen: Option<&Entry>,
        until: Timestamp,
    ) -> Result<Option<Entry>, PortError>;
}
