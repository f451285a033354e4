//! Makes one replica: look, ask the source, plan, move the bytes, write.

use cloud_mirror_domain::entry::{Replica, Upstream};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::plan::{self, Plan, Route, Stream};
use cloud_mirror_domain::ports::{NewObject, ObjectHeaders, SourceFacts};
use cloud_mirror_domain::url::{SourceUrl, content_disposition};

use crate::finish::Finish;
use crate::run::{Last, Prepared, Run};
use crate::server_side::{self, Stored};
use crate::stream;

/// Makes the replica, or finds that it is there. `hint` is what the claim saw in the pool.
pub(crate) async fn copy(run: Run<'_>, hint: Option<Seen>) -> Result<Replica, Failure> {
    let seen = match look(&run, hint).await? {
        Look::Good(replica) => return Ok(replica),
        Look::Write(seen) => seen,
    };
    let stored = run.stored();
    let facts = ask(&run, stored.as_ref()).await?;
    let from = stored.and_then(|stored| stored.held_to(&facts));
    let route = if from.is_some() {
        Route::ServerSide
    } else {
        Route::Stream
    };
    let plan = plan::plan(facts.size, route, &run.copier.policy.copy)?;
    tell_waiters(&run, &facts).await?;
    let prepared = Prepared {
        object: object(&run, &facts),
        facts,
        seen,
        from,
    };
    let last = carry_out(&run, &prepared, plan).await?;
    let (run, prepared) = (&run, &prepared);
    Finish {
        run,
        prepared,
        last,
    }
    .write()
    .await
}

/// Moves the bytes, but for the write that makes them visible.
async fn carry_out(run: &Run<'_>, prepared: &Prepared, plan: Plan) -> Result<Last, Failure> {
    match plan {
        Plan::ServerSide => Ok(Last::InStore {
            size: prepared.facts.size.unwrap_or(0),
        }),
        Plan::ServerSideParts(parts) => {
            end_left_over_uploads(run).await;
            server_side::in_parts(run, prepared, parts).await
        }
        Plan::Stream(Stream::Whole { size }) => stream::whole(run, prepared, size).await,
        Plan::Stream(Stream::Parts {
            part_size,
            in_flight,
        }) => {
            // Never closed, so that there is always a place in the end.
            let _place = run.copier.streams.acquire().await;
            end_left_over_uploads(run).await;
            stream::in_parts(run, prepared, part_size, in_flight).await
        }
    }
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

/// What the source says of the object, asked as a stranger would ask: an object of a store that
/// refuses strangers is private, and only a rule that says so lets our credentials ask for it.
async fn ask(run: &Run<'_>, stored: Option<&Stored<'_>>) -> Result<SourceFacts, Failure> {
    if !run.job.rule.private {
        return run.copier.source.head(run.fetch()).await;
    }
    match stored {
        Some(stored) => stored.head().await,
        None => {
            let detail = "a private rule's objects are only copied inside their own store";
            Err(Failure::new(Kind::NotPermitted, detail))
        }
    }
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

/// A copy in parts begins again from its first byte, so whatever uploads of this exact replica
/// are left over are ended here: this run holds the lease, so nobody works on them. An object
/// that needs no parts leaves none.
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
        headers: named(&run.job.id.url, facts.headers.clone()),
        upstream: Upstream {
            url: run.job.id.url.to_string(),
            etag: facts.etag.clone(),
            length: facts.size,
        },
        written_by: run.lease.run,
        via_hosts: facts.via_hosts.clone(),
    }
}

/// A download keeps its name although the replica's address is another; the source's own wins.
fn named(url: &SourceUrl, headers: ObjectHeaders) -> ObjectHeaders {
    let disposition = headers.content_disposition.clone();
    ObjectHeaders {
        content_disposition: disposition.or_else(|| content_disposition(url)),
        ..headers
    }
}
