//! Makes one replica: look, ask the source, plan, move the bytes, write.

use cloud_mirror_domain::entry::{Replica, Upstream};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::plan::{self, Plan, Route, Stream};
use cloud_mirror_domain::ports::{NewObject, ObjectHeaders, SourceFacts};
use cloud_mirror_domain::url::{SourceUrl, content_disposition};
use tracing::info;

use crate::digests::Digesting;
use crate::finish::{Finish, with_digests};
use crate::hand_on::Why;
use crate::run::{Last, Moved, Prepared, Run};
use crate::server_side;
use crate::storing;
use crate::stream;

/// How far a copy came.
pub(crate) enum Copied {
    /// The replica is there.
    Replica(Replica, How),
    /// It goes on by another message.
    GoesOn(Why),
}

/// How a run came by a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// By this plan, in a word.
    Copied(&'static str),
    /// Somebody else had made it.
    Found,
}

/// Makes the replica, or finds that it is there. `hint` is what the claim saw in the pool.
pub(crate) async fn copy(run: Run<'_>, hint: Option<Seen>) -> Result<Copied, Failure> {
    let seen = match look(&run, hint).await? {
        Look::Good(replica) => return Ok(Copied::Replica(found(&run, replica).await, How::Found)),
        Look::Write(seen) => seen,
    };
    let facts = ask(&run).await?;
    let from = run.stored().and_then(|stored| stored.held_to(&facts));
    let route = match &from {
        Some(from) => Route::ServerSide(from.store.limits()),
        None => Route::Stream,
    };
    let plan = plan::plan(facts.size, route, &run.copier.policy.copy)?;
    if let Some(size) = facts.size.filter(|size| nobody_can_wait_for(*size, &run)) {
        run.lease.note_size(size).await?;
        if !run.delivery.message.bulk {
            return Ok(Copied::GoesOn(Why::ForBulk));
        }
    }
    let prepared = Prepared {
        object: object(&run, &facts),
        facts,
        seen,
        from,
    };
    match move_bytes(&run, &prepared, plan).await? {
        Moved::All(last) => finish(&run, &prepared, last).await,
        Moved::GoesOn(why) => Ok(Copied::GoesOn(why)),
    }
}

/// A run before this one may have completed it without being heard, and without keeping the digests
/// whose states are in the entry. Settling forgets an upload, and nobody else would end it.
async fn found(run: &Run<'_>, replica: Replica) -> Replica {
    let digests = run.lease.upload().and_then(|upload| {
        let stream = upload.progress.stream.as_ref()?;
        let is_its_own = replica.written_by == Some(upload.begun_by);
        let whole = is_its_own && stream.bytes == replica.size;
        whole.then(|| {
            Digesting::restored(&stream.digest_states, &[])?
                .finish(&[])
                .ok()
        })?
    });
    run.lease.abort_upload().await;
    with_digests(run, replica, digests.as_ref()).await
}

/// What is wrong with an upload that cannot be completed, if anything, would be wrong with it for
/// ever. A store that is busy does not accuse it, nor one that fails once.
async fn finish(run: &Run<'_>, prepared: &Prepared, last: Last) -> Result<Copied, Failure> {
    let finish = Finish {
        run,
        prepared,
        last,
    };
    let written = finish.write().await;
    if let Err(failure) = &written {
        let passing = match failure.kind {
            Kind::Throttled => true,
            Kind::PoolFailed => !run.lease.failed_to_complete(),
            _ => false,
        };
        if !passing && !run.lease.may_still_write() && !run.lease.is_lost() {
            run.lease.abort_upload().await;
        }
    }
    written
}

/// Moves the bytes, but for the write that makes them visible.
async fn move_bytes(run: &Run<'_>, prepared: &Prepared, plan: Plan) -> Result<Moved, Failure> {
    match plan {
        Plan::ServerSide => Ok(Moved::All(Last::InStore {
            size: prepared.facts.size.unwrap_or(0),
        })),
        Plan::ServerSideParts(parts) => server_side::in_parts(run, prepared, parts).await,
        Plan::Stream(Stream::Whole { size }) => {
            stream::whole(run, prepared, size).await.map(Moved::All)
        }
        Plan::Stream(Stream::Parts {
            part_size,
            in_flight,
        }) => {
            // Never closed, so that there is always a place in the end.
            let _place = run.copier.streams.acquire().await;
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
        Some(replica) => {
            // What a claim has seen, it has told of.
            if run.delivery.message.seen.is_none() && run.is_over(&replica) {
                info!(event = "expired");
            }
            Look::Write(Seen::Etag(replica.etag))
        }
    })
}

/// What the source says of the object. It is asked as a stranger would ask, unless the rule is
/// private: an object that refuses strangers is never read for a rule that does not say so.
async fn ask(run: &Run<'_>) -> Result<SourceFacts, Failure> {
    let facts = run.copier.source.head(run.fetch()).await?;
    match facts.obstacle {
        Some(kind) => Err(Failure::new(
            kind,
            "so say the headers of the source's answer",
        )),
        None => storing::allowed(run.job.rule, &facts).map(|()| facts),
    }
}

/// Whether a copy of this size takes longer than any request waits. Only then are waiters told its
/// size, and only then does it travel on the bulk queue: a small copy costs no extra write, and
/// waits behind no large one.
pub(crate) fn nobody_can_wait_for(size: u64, run: &Run<'_>) -> bool {
    let policy = &run.copier.policy;
    policy.copy.assumed_time(size) > policy.wait.total
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
