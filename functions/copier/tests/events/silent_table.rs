//! A table that has stopped answering heartbeats: no error, no end.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::ports::{PortError, Read, StatusTable, When};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

pub(crate) struct SilentTable(pub(crate) Arc<dyn StatusTable>);

type Answered = Result<Answer, PortError>;
type Looked = Result<Option<Entry>, PortError>;

#[async_trait]
impl StatusTable for SilentTable {
    async fn extend(&self, _: &ReplicaId, _: Ulid, _: &Extension, _: &When) -> Answered {
        std::future::pending().await
    }

    async fn get(&self, id: &ReplicaId, read: Read, now: Timestamp) -> Looked {
        self.0.get(id, read, now).await
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Answered {
        self.0.claim(id, attempt, when).await
    }

    async fn confirm(&self, id: &ReplicaId, settled_by: Ulid, now: Timestamp) -> Answered {
        self.0.confirm(id, settled_by, now).await
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Answered {
        self.0.begin(id, run, when).await
    }

    async fn release(&self, id: &ReplicaId, holder: Holder, when: &When) -> Answered {
        self.0.release(id, holder, when).await
    }

    async fn settle(&self, id: &ReplicaId, by: Holder, how: &Outcome, when: &When) -> Answered {
        self.0.settle(id, by, how, when).await
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Answered {
        self.0.begin_purge(id, purge, resumes, when).await
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Answered {
        self.0.forget(id, owner, when).await
    }

    async fn wait_for_change(
        &self,
        id: &ReplicaId,
        seen: Option<&Entry>,
        until: Timestamp,
    ) -> Looked {
        self.0.wait_for_change(id, seen, until).await
    }
}
