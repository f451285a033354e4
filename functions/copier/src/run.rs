//! One run: look, plan, copy.

use cloud_mirror_domain::entry::{Replica, Upstream};
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::plan::{self, Stream};
use cloud_mirror_domain::ports::{Fetch, NewObject, SourceFacts};

use crate::Copier;
use crate::finish::Finish;
use crate::job::Job;
use crate::lease::Lease;
use crate::stream;

pub(crate) struct Run<'a> {
    pub(crate) copier: &'a Copier,
    pub(crate) job: &'a Job<'a>,
    pub(crate) lease: &'a Lease<'a>,
    /// What the claim saw in the pool.
    hint: Option<Seen>,
}

/// What is known before the first byte moves.
pub(crate) struct Prepared {
    pub(crate) facts: SourceFacts,
    pub(crate) object: NewObject,
    pub(crate) seen: Seen,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        copier: &'a Copier,
        job: &'a Job<'a>,
        lease: &'a Lease<'a>,
        hint: Option<Seen>,
    ) -> Self {
        Self {
            copier,
            job,
            lease,
            hint,
        }
    }

    /// Makes the replica, or finds that it is there.
    pub(crate) async fn copy(self) -> Result<Replica, Failure> {
        let seen = match self.look().await? {
            Look::Good(replica) => return Ok(replica),
            Look::Write(seen) => seen,
        };
        let facts = self.copier.source.head(self.fetch()).await?;
        // No adapter of this build copies inside a store, so every copy is a stream.
        let plan = plan::stream(facts.size, &self.copier.policy.copy)?;
        self.tell_waiters(&facts).await?;
        self.end_left_over_uploads().await;
        let object = self.object(&facts);
        self.carry_out(
            plan,
            &Prepared {
                facts,
                object,
                seen,
            },
        )
        .await
    }

    async fn carry_out(&self, plan: Stream, prepared: &Prepared) -> Result<Replica, Failure> {
        let last = match plan {
            Stream::Whole { size } => stream::whole(self, prepared, size).await?,
            Stream::Parts {
                part_size,
                in_flight,
            } => stream::in_parts(self, prepared, part_size, in_flight).await?,
        };
        Finish {
            run: self,
            prepared,
            last,
        }
        .write()
        .await
    }

    /// Where the message says what the claim saw, the final write's condition checks it; only
    /// where it does not is it worth a HEAD.
    async fn look(&self) -> Result<Look, Failure> {
        if let Some(seen) = &self.hint {
            return Ok(Look::Write(seen.clone()));
        }
        Ok(match self.job.ports.pool.head(&self.job.id.url).await? {
            None => Look::Write(Seen::None),
            Some(replica) if self.is_good(&replica) => Look::Good(replica),
            Some(replica) => Look::Write(Seen::Etag(replica.etag)),
        })
    }

    /// Good: of this source, complete, not distrusted, and with life left.
    pub(crate) fn is_good(&self, replica: &Replica) -> bool {
        let margin = self.copier.policy.lifetimes.present_margin;
        let ends = replica.entry_expires(&self.job.id.url, self.job.pool.lifespan, margin);
        !self.lease.distrusts() && replica.is_of(&self.job.id.url) && ends > self.copier.now()
    }

    /// Only where it may matter: a small copy costs no extra write.
    async fn tell_waiters(&self, facts: &SourceFacts) -> Result<(), Failure> {
        let policy = &self.copier.policy;
        let within_budget = policy
            .copy
            .assumed_throughput
            .saturating_mul(policy.wait.total.as_secs());
        match facts.size.filter(|size| *size > within_budget) {
            Some(size) => self.lease.note_size(size).await,
            None => Ok(()),
        }
    }

    /// A stream begins again from its first byte, so whatever uploads of this exact replica are
    /// left over are ended here: this run holds the lease, so nobody works on them.
    async fn end_left_over_uploads(&self) {
        self.lease.abort_upload().await;
        let (upload, url) = (&self.job.ports.upload, &self.job.id.url);
        for id in upload.find(url).await.unwrap_or_default() {
            if let Err(error) = upload.abort(url, &id).await {
                tracing::warn!(%error, "a left-over upload could not be aborted");
            }
        }
    }

    pub(crate) fn fetch(&self) -> Fetch<'_> {
        Fetch {
            url: &self.job.id.url,
            rule: self.job.rule,
        }
    }

    fn object(&self, facts: &SourceFacts) -> NewObject {
        NewObject {
            headers: facts.headers.clone(),
            upstream: Upstream {
                url: self.job.id.url.to_string(),
                etag: facts.etag.clone(),
                length: facts.size,
            },
            written_by: self.lease.run,
            via_hosts: facts.via_hosts.clone(),
        }
    }
}

enum Look {
    Good(Replica),
    Write(Seen),
}
