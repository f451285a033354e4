//! The final write, its condition, and the look that verifies it.

use std::time::Duration;

use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Completion, PoolError, StoreCopyError};

use crate::lease;
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
    pub(crate) async fn write(&self) -> Result<Replica, Failure> {
        let mut seen = self.prepared.seen.clone();
        for _ in 0..MAX_WRITES {
            let refused = match self.write_once(&seen).await? {
                Ok(()) => None,
                Err(PoolError::NoSuchUpload) => Some(PoolError::Precondition),
                Err(error) => Some(error),
            };
            let found = self.run.job.ports.pool.head(&self.run.job.id.url).await?;
            match (refused, found) {
                (_, Some(replica)) if self.is_ours(&replica) => {
                    return self.keep(replica, false).await;
                }
                (Some(PoolError::Precondition | PoolError::Conflict), Some(replica))
                    if self.run.is_good(&replica) =>
                {
                    return self.keep(replica, true).await;
                }
                (Some(PoolError::Precondition), found) => {
                    seen = self.seen_now(found.as_ref(), &seen)?;
                }
                // Another write or deletion was under way; but S3 asks for a new upload then.
                (Some(PoolError::Conflict), found) if !matches!(self.last, Last::Parts { .. }) => {
                    seen = seen_as(found.as_ref());
                }
                (Some(error), _) => return Err(error.into()),
                (None, found) => return Err(not_what_was_written(found.as_ref())),
            }
        }
        Err(Failure::new(
            Kind::PoolFailed,
            "the replica was written again and again by others",
        ))
    }

    /// Extends first where too little of the lease is left, and what the write may take ends
    /// inside it. A lease that was taken a moment ago is as good as one that was just extended: a
    /// small copy saves a write of the table.
    async fn write_once(&self, seen: &Seen) -> Result<Result<(), PoolError>, Failure> {
        let write_limit = self.run.copier.policy.lifetimes.write_limit();
        if self.run.lease.left() < write_limit {
            self.run.lease.extend().await?;
        }
        let limit = self.run.lease.left().min(write_limit);
        if limit.is_zero() {
            return Err(lease::lost());
        }
        self.run.lease.writes(true);
        let Ok(written) = tokio::time::timeout(limit, self.put_or_complete(seen)).await else {
            return Ok(Err(out_of_time(limit)));
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

    async fn keep(&self, replica: Replica, anothers: bool) -> Result<Replica, Failure> {
        if anothers {
            self.run.lease.abort_upload().await;
        } else {
            self.run.lease.upload_ended();
        }
        Ok(replica)
    }
}

fn seen_as(found: Option<&Replica>) -> Seen {
    found.map_or(Seen::None, |replica| Seen::Etag(replica.etag.clone()))
}

fn out_of_time(limit: Duration) -> PoolError {
    PoolError::Unavailable(format!("the final write took longer than {limit:?}"))
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
