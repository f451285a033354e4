//! The final write, its condition, and the look that verifies it.

use std::time::Duration;

use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Completion, PoolError};

use crate::lease;
use crate::run::{Last, Prepared, Run};

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
                Err(PoolError::Precondition | PoolError::NoSuchUpload | PoolError::Conflict) => {
                    Some(PoolError::Precondition)
                }
                Err(error) => Some(error),
            };
            let found = self.run.job.ports.pool.head(&self.run.job.id.url).await?;
            match (refused, found) {
                (_, Some(replica)) if self.is_ours(&replica) => {
                    return self.keep(replica, false).await;
                }
                (Some(PoolError::Precondition), Some(replica)) if self.run.is_good(&replica) => {
                    return self.keep(replica, true).await;
                }
                (Some(PoolError::Precondition), Some(replica)) => seen = Seen::Etag(replica.etag),
                (Some(PoolError::Precondition), None) => seen = Seen::None,
                (Some(error), _) => return Err(error.into()),
                (None, found) => return Err(not_what_was_written(found.as_ref())),
            }
        }
        Err(Failure::new(
            Kind::PoolFailed,
            "the replica was written again and again by others",
        ))
    }

    /// Extends first; what the write may take ends inside the lease that was just extended.
    async fn write_once(&self, seen: &Seen) -> Result<Result<(), PoolError>, Failure> {
        self.run.lease.extend().await?;
        let limit = self
            .run
            .lease
            .left()
            .min(self.run.copier.policy.lifetimes.write_limit());
        if limit.is_zero() {
            return Err(lease::lost());
        }
        let written = tokio::time::timeout(limit, self.put_or_complete(seen)).await;
        Ok(written.unwrap_or_else(|_| Err(out_of_time(limit))))
    }

    async fn put_or_complete(&self, seen: &Seen) -> Result<(), PoolError> {
        let (upload, url) = (&self.run.job.ports.upload, &self.run.job.id.url);
        match &self.last {
            Last::Whole(written) => {
                upload
                    .put(url, &self.prepared.object, written.clone(), seen)
                    .await
            }
            Last::Parts {
                upload: id,
                parts,
                digests,
                ..
            } => {
                upload
                    .complete(url, id, parts, Completion { digests, seen })
                    .await
            }
        }
    }

    fn is_ours(&self, replica: &Replica) -> bool {
        replica.written_by == Some(self.run.lease.run) && replica.size == self.last.size()
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
