//! Makes one replica: look, ask the source, plan, stream, write.

use cloud_mirror_domain::entry::{Replica, Upstream};
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::plan::{self, Stream};
use cloud_mirror_domain::ports::{NewObject, SourceFacts};

use crate::finish::Finish;
use crate::run::{Prepared, Run};
use crate::stream;

/// Makes the replica, or finds that it is there. `hint` is what the claim saw in the pool.
pub(crate) async fn copy(run: Run<'_>, hint: Option<Seen>) -> Result<Replica, Failure> {
    let seen = match look(&run, hint).await? {
        Look::Good(replica) => return Ok(replica),
        Look::Write(seen) => seen,
    };
    let facts = run.copier.source.head(run.fetch()).await?;
    // No adapter of this build copies inside a store, so every copy is a stream.
    let plan = plan::stream(facts.size, &run.copier.policy.copy)?;
    tell_waiters(&run, &facts).await?;
    let object = object(&run, &facts);
    let prepared = Prepared {
        facts,
        object,
        seen,
    };
    let last = match plan {
        Stream::Whole { size } => stream::whole(&run, &prepared, size).await?,
        Stream::Parts {
            part_size,
            in_flight,
        } => {
            end_left_over_uploads(&run).await;
            stream::in_parts(&run, &prepared, part_size, in_flight).await?
        }
    };
    let (run, prepared) = (&run, &prepared);
    Finish {
        run,
        prepared,
        last,
    }
    .write()
    .await
}

enum Look {
    Good(Replica),
    Write(Seen),
}

/// Where the message says what the claim saw, the final write's condition checks it; only where
/// it does not is it worth a HEAD.
async fn look(run: &Run<'_>, hint: Option<Seen>) -> Result<Look, Failure> {
    if let Some(seen) = hint {
        return Ok(Look::Write(seen));
    }
    Ok(match run.job.ports.pool.head(&run.job.id.url).await? {
        None => Look::Write(Seen::None),
        Some(replica) if run.is_good(&replica) => Look::Good(replica),
        Some(replica) => Look::Write(Seen::Etag(replica.etag)),
    })
}

/// Only where it may matter: a small copy costs no extra write.
async fn tell_waiters(run: &Run<'_>, facts: &SourceFacts) -> Result<(), Failure> {
    let policy = &run.copier.policy;
    let (throughput, budget) = (policy.copy.assumed_throughput, policy.wait.total);
    let within_budget = throughput.saturating_mul(budget.as_secs());
    match facts.size.filter(|size| *size > within_budget) {
        Some(size) => run.lease.note_size(size).await,
        None => Ok(()),
    }
}

/// A stream begins again from its first byte, so whatever uploads of this exact replica are left
/// over are ended here: this run holds the lease, so nobody works on them. An object that needs no
/// parts leaves none.
async fn end_left_over_uploads(run: &Run<'_>) {
    run.lease.abort_upload().await;
    let (upload, url) = (&run.job.ports.upload, &run.job.id.url);
    for id in upload.find(url).await.unwrap_or_default() {
        if let Err(error) = upload.abort(url, &id).await {
            tracing::warn!(%error, "a left-over upload could not be aborted");
        }
    }
}

fn object(run: &Run<'_>, facts: &SourceFacts) -> NewObject {
    NewObject {
        headers: facts.headers.clone(),
        upstream: Upstream {
            url: run.job.id.url.to_string(),
            etag: facts.etag.clone(),
            length: facts.size,
        },
        written_by: run.lease.run,
        via_hosts: facts.via_hosts.clone(),
    }
}
