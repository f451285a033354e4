//! What a process says that it does, so that it is known when it has been killed.
//!
//! Each line is written before the deed that it tells of, or after a refusal: of a process that was
//! killed, every run that it may have had in hand is known.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_mirror_domain::claim::{Answer, Extension, Holder, Outcome};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::ports::{PortError, Read, StatusTable, When};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

/// How a line of a process's standard error begins that belongs to its diary.
const MARK: &str = "diary:";

/// What a process did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It was about to begin a run.
    Begins,
    /// A run of its own was refused, since its lease had been lost, or heard no answer in time.
    Loses,
    /// It was about to settle a run of its own as failed.
    Fails,
    /// It was about to begin a purge.
    Purges,
}

const WORDS: [(What, &str); 4] = [
    (What::Begins, "begins"),
    (What::Loses, "loses"),
    (What::Fails, "fails"),
    (What::Purges, "purges"),
];

/// One deed of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What it did.
    pub what: What,
    /// The run's or the purge's id.
    pub id: Ulid,
    /// The source URL of the object.
    pub url: String,
}

impl Deed {
    /// The deed that a line tells of, if it is one of a diary.
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix(MARK)?.split_whitespace();
        let word = words.next()?;
        let (what, _) = WORDS.into_iter().find(|(_, known)| *known == word)?;
        Some(Self {
            what,
            id: words.next()?.parse().ok()?,
            url: words.next()?.to_owned(),
        })
    }
}

/// A status table that tells on standard error what is done to it.
pub struct Diary(Arc<dyn StatusTable>);

impl Diary {
    /// The same table, with a diary.
    pub fn of(table: Arc<dyn StatusTable>) -> Arc<dyn StatusTable> {
        Arc::new(Self(table))
    }
}

fn note(what: What, id: Ulid, replica: &ReplicaId) {
    let known = WORDS.iter().find(|(known, _)| *known == what);
    let word = known.map_or("", |(_, word)| word);
    eprintln!("{MARK} {word} {id} {}", replica.url);
}

/// A write of a run's own, which is noted as a loss unless it is made: also where nobody waits for
/// its answer any longer.
struct Write<'a> {
    run: Option<Ulid>,
    replica: &'a ReplicaId,
}

impl<'a> Write<'a> {
    fn of(holder: Holder, replica: &'a ReplicaId) -> Self {
        let run = match holder {
            Holder::Run(run) => Some(run),
            Holder::Attempt(_) => None,
        };
        Self { run, replica }
    }

    fn answered(mut self, answer: &Result<Answer, PortError>) {
        if answer.as_ref().is_ok_and(Answer::is_done) {
            self.run = None;
        }
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        if let Some(run) = self.run {
            note(What::Loses, run, self.replica);
        }
    }
}

#[async_trait]
impl StatusTable for Diary {
    async fn get(
        &self,
        id: &ReplicaId,
        read: Read,
        now: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        self.0.get(id, read, now).await
    }

    async fn claim(&self, id: &ReplicaId, attempt: Ulid, when: &When) -> Result<Answer, PortError> {
        self.0.claim(id, attempt, when).await
    }

    async fn confirm(
        &self,
        id: &ReplicaId,
        settled_by: Ulid,
        now: Timestamp,
    ) -> Result<Answer, PortError> {
        self.0.confirm(id, settled_by, now).await
    }

    async fn begin(&self, id: &ReplicaId, run: Ulid, when: &When) -> Result<Answer, PortError> {
        note(What::Begins, run, id);
        self.0.begin(id, run, when).await
    }

    async fn extend(
        &self,
        id: &ReplicaId,
        run: Ulid,
        extension: &Extension,
        when: &When,
    ) -> Result<Answer, PortError> {
        let write = Write::of(Holder::Run(run), id);
        let answer = self.0.extend(id, run, extension, when).await;
        write.answered(&answer);
        answer
    }

    async fn release(
        &self,
        id: &ReplicaId,
        holder: Holder,
        when: &When,
    ) -> Result<Answer, PortError> {
        self.0.release(id, holder, when).await
    }

    async fn settle(
        &self,
        id: &ReplicaId,
        holder: Holder,
        outcome: &Outcome,
        when: &When,
    ) -> Result<Answer, PortError> {
        if let (Holder::Run(run), Outcome::Error(_)) = (holder, outcome) {
            note(What::Fails, run, id);
        }
        let write = Write::of(holder, id);
        let answer = self.0.settle(id, holder, outcome, when).await;
        write.answered(&answer);
        answer
    }

    async fn begin_purge(
        &self,
        id: &ReplicaId,
        purge: Ulid,
        resumes: Option<Ulid>,
        when: &When,
    ) -> Result<Answer, PortError> {
        note(What::Purges, purge, id);
        self.0.begin_purge(id, purge, resumes, when).await
    }

    async fn forget(&self, id: &ReplicaId, owner: Ulid, when: &When) -> Result<Answer, PortError> {
        self.0.forget(id, owner, when).await
    }

    async fn wait_for_change(
        &self,
        id: &ReplicaId,
        seen: Option<&Entry>,
        until: Timestamp,
    ) -> Result<Option<Entry>, PortError> {
        self.0.wait_for_change(id, seen, until).await
    }
}
