//! The status table.

use async_trait::async_trait;
use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::ports::{PortError, Read, StatusTable, When};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use super::Watched;

#[async_trait]
impl StatusTable for Watched<dyn StatusTable> {
    async fn get(
        &self,
        id: &ReplicaId,
        read: Read,
        now: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        let call = self.inner.get(id, read, now);
        self.faults.call("table.get", call).await
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Result<Answer, PortError> {
        let call = self.inner.claim(id, attempt, when);
        self.faults.call("table.claim", call).await
    }

    async fn confirm(
        &self,
        id: &ReplicaId,
        settled_by: Ulid,
        now: Timestamp,
    ) -> Result<Answer, PortError> {
        let call = self.inner.confirm(id, settled_by, now);
        self.faults.call("table.confirm", call).await
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Result<Answer, PortError> {
        let call = self.inner.begin(id, run, when);
        self.faults.call("table.begin", call).await
    }

    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Result<Answer, PortError> {
        let call = self.inner.extend(id, run, extension, when);
        self.faults.call("table.extend", call).await
    }

    async fn release(
        &self,
        id: &ReplicaId,
        holder: Holder,
        when: &When,
    ) -> Result<Answer, PortError> {
        let call = self.inner.release(id, holder, when);
        self.faults.call("table.release", call).await
    }

    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Result<Answer, PortError> {
        let call = self.inner.settle(id, holder, outcome, when);
        self.faults.call("table.settle", call).await
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Result<Answer, PortError> {
        let call = self.inner.begin_purge(id, purge, resumes, when);
        self.faults.call("table.begin_purge", call).await
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Result<Answer, PortError> {
        let call = self.inner.forget(id, owner, when);
        self.faults.call("table.forget", call).await
    }

    async fn wait_for_change(
        &self,
        id: &ReplicaId,
        seen: Option<&Entry>,
        until: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        let call = self.inner.wait_for_change(id, seen, until);
        self.faults.call("table.wait_for_change", call).await
    }
}
