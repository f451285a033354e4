//! The final write, its condition, and the look that verifies it.

use cloud_mirror_domain::entry::{Digests, Replica, is_strong};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Completion, PoolError, StoreCopyError};
use tracing::{info, warn};

use crate::copy::{Copied, How};
use crate::run::{Last, Prepared, Run};
use crate::server_side;

/// How often the final write is tried on new knowledge of what is in the pool.
const MAX_WRITES: usize = 3;

pub(crate) struct Finish<'a> {
    pub(crate) run: &'a Run<'a>,
    pub(crate) prepared: &'a Prepared,
    pub(crate) last: Last,
}

impl Finish<'_> {
    /// Writes under the condition that the pool is as it was seen, within the lease, and looks.
    ///
    /// The condition is the second fence: a run that was overtaken cannot write over another's
    /// replica. Where it does not hold, what is there decides: ours or as good is kept, none is
    /// written once more, anything else is replaced on its own entity tag.
    pub(crate) async fn write(&self) -> Result<Copied, Failure> {
        let mut seen = self.prepared.seen.clone();
        for _ in 0..MAX_WRITES {
            let refused = match self.write_once(&seen).await? {
                Ok(()) => None,
                Err(PoolError::NoSuchUpload) => Some(PoolError::Precondition),
                Err(error) => Some(error),
            };
            let found = self.look(refused.is_none()).await?;
            match (refused, found) {
                (_, Some(replica)) if self.is_ours(&replica) => {
                    self.tell_verified(&replica);
                    return Ok(self.keep(replica, false).await);
                }
                (Some(PoolError::Precondition | PoolError::Conflict), Some(replica))
                    if self.run.is_good(&replica) =>
                {
                    return Ok(self.keep(replica, true).await);
                }
                (Some(PoolError::Precondition), found) => {
                    seen = self.seen_now(found.as_ref(), &seen)?;
                }
                (None, Some(replica)) if self.is_of_the_same_object(&replica) => {
                    return Ok(self.keep(replica, true).await);
                }
                // Another write or deletion was under way; but S3 asks for a new upload then.
                (Some(PoolError::Conflict), _) if self.is_in_parts() => {
                    self.run.lease.abort_upload().await;
                    return Err(PoolError::Conflict.into());
                }
                (Some(PoolError::Conflict), found) => seen = seen_as(found.as_ref()),
                (Some(error), _) => return Err(error.into()),
                (None, found) => return Err(not_what_was_written(found.as_ref())),
            }
        }
        Err(Failure::new(
            Kind::PoolFailed,
            "the replica was written again and again by others",
        ))
    }

    /// What is in the pool now. A write that was answered has kept the digests, too: they are known here,
    /// and not asked for. Of one that was not answered, or was another's, the pool knows more.
    async fn look(&self, written: bool) -> Result<Option<Replica>, Failure> {
        let (pool, url) = (&self.run.job.ports.pool, &self.run.job.id.url);
        if !written {
            return Ok(pool.head(url).await?);
        }
        let found = pool.head_without_digests(url).await?;
        let digests = self.last.digests();
        Ok(found.map(|replica| Replica {
            digests: digests.cloned().or(replica.digests),
            ..replica
        }))
    }

    /// Extends first where too little of the lease is left, and what the write may take ends
    /// inside it. A lease that was taken a moment ago is as good as one that was just extended: a
    /// small copy saves a write of the table. To make one object of thousands of parts may take S3
    /// minutes, for which the heartbeats keep the lease.
    async fn write_once(&self, seen: &Seen) -> Result<Result<(), PoolError>, Failure> {
        let write_limit = self.run.copier.policy.lifetimes.write_limit();
        if self.run.lease.left() < write_limit {
            self.run.lease.extend().await?;
        }
        let limit = self.run.lease.left().min(write_limit);
        if limit.is_zero() {
            return self.run.lease.lose(None).map(Ok);
        }
        self.run.lease.writes(true);
        let written = tokio::select! {
            written = self.put_or_complete(seen) => written,
            () = tokio::time::sleep(limit), if !self.is_in_parts() => return Ok(Err(out_of_time())),
            () = self.run.lease.is_over() => return Ok(Err(out_of_time())),
        };
        self.run.lease.writes(false);
        match written {
            Ok(()) => Ok(Ok(())),
            Err(StoreCopyError::Pool(error)) => Ok(Err(error)),
            Err(StoreCopyError::Source(failure)) => Err(failure),
        }
    }

    /// What the next try must be conditional on. Where the pool is as it was said to be, it was
    /// not the pool that refused: a copy inside a store is refused with the same answer when its
    /// source has changed.
    fn seen_now(&self, found: Option<&Replica>, before: &Seen) -> Result<Seen, Failure> {
        let now = seen_as(found);
        if matches!(self.last, Last::InStore { .. }) && now == *before {
            return Err(server_side::source_changed());
        }
        Ok(now)
    }

    async fn put_or_complete(&self, seen: &Seen) -> Result<(), StoreCopyError> {
        let (upload, url) = (&self.run.job.ports.upload, &self.run.job.id.url);
        let object = &self.prepared.object;
        let written = match &self.last {
            Last::InStore { .. } => {
                let from = self.prepared.from()?;
                return from.store.copy(url, object, from.source(), seen).await;
            }
            Last::Whole(written) => upload.put(url, object, written.clone(), seen).await,
            Last::Parts {
                upload: begun,
                parts,
                digests,
                ..
            } => {
                let digests = digests.as_ref();
                let last = Completion { digests, seen };
                upload.complete(url, &begun.id, parts, last).await
            }
        };
        Ok(written?)
    }

    /// An upload bears the name of the run that began it, whichever run completes it.
    fn is_ours(&self, replica: &Replica) -> bool {
        let writer = match &self.last {
            Last::Parts { upload, .. } => upload.begun_by,
            Last::InStore { .. } | Last::Whole(_) => self.run.lease.run,
        };
        replica.written_by == Some(writer) && replica.size == self.last.size()
    }

    /// Another mirror over the same pool has written over what was just written here, from the very object
    /// that was read here, which a strong validator says: nothing is gained by writing it once
    /// more. After a purge neither trusts what it finds, and each would go on writing over the other's. What
    /// was there before is not kept by this: it was just written over.
    fn is_of_the_same_object(&self, replica: &Replica) -> bool {
        let upstream = &self.prepared.object.upstream;
        let strong = upstream.etag.as_deref().is_some_and(is_strong);
        strong
            && replica.upstream.as_ref() == Some(upstream)
            && replica.size == self.last.size()
            && self.run.has_life_left(replica)
    }

    fn is_in_parts(&self) -> bool {
        matches!(self.last, Last::Parts { .. })
    }

    /// Settling forgets an upload: any that is recorded and was not completed is ended here.
    async fn keep(&self, replica: Replica, anothers: bool) -> Copied {
        let how = if anothers {
            How::Found
        } else {
            How::Copied(self.last.plan())
        };
        let replica = match &self.last {
            Last::Parts { digests, .. } if !anothers => {
                self.run.lease.upload_ended();
                with_digests(self.run, replica, digests.as_ref()).await
            }
            _ => {
                self.run.lease.abort_upload().await;
                replica
            }
        };
        Copied::Replica(replica, how)
    }

    /// What was compared, and the store's own checksum of the whole object, where it has one: of bytes
    /// that passed through us the store has compared its own with ours.
    fn tell_verified(&self, replica: &Replica) {
        let offered = self.prepared.facts.offered.iter();
        let digests = offered.filter(|_| self.last.is_digested());
        let digests = digests.map(|digest| digest.algorithm.as_str());
        let compared: Vec<_> = ["length"].into_iter().chain(digests).collect();
        info!(
            event = "verified",
            compared = compared.join(", "),
            size_bytes = replica.size,
            checksum = replica.checksum,
        );
    }
}

/// A completion whose answer was lost may have kept no digests. Where they cannot be kept with the
/// object now, the entry has them all the same.
pub(crate) async fn with_digests(
    run: &Run<'_>,
    mut replica: Replica,
    digests: Option<&Digests>,
) -> Replica {
    let Some(digests) = digests.filter(|_| replica.digests.is_none()) else {
        return replica;
    };
    let (upload, url) = (&run.job.ports.upload, &run.job.id.url);
    if let Err(error) = upload.keep_digests(url, &replica.etag, digests).await {
        warn!(%error, "the digests are kept in the entry alone");
    }
    replica.digests = Some(digests.clone());
    replica
}

fn seen_as(found: Option<&Replica>) -> Seen {
    found.map_or(Seen::None, |replica| Seen::Etag(replica.etag.clone()))
}

fn out_of_time() -> PoolError {
    PoolError::Unavailable("the final write took too long".to_owned())
}

fn not_what_was_written(found: Option<&Replica>) -> Failure {
    let detail = match found {
        Some(replica) => format!(
            "the pool holds {} bytes by {:?}",
            replica.size, replica.written_by
        ),
        None => "the pool has no such object after the write".to_owned(),
    };
    Failure::new(Kind::PoolFailed, detail)
}
