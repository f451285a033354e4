//! What an answer is worth.

use std::collections::BTreeSet;
use std::fmt;

use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_domain::url::s3::S3Place;

use super::{Asked, Step, Watch, is_ours};
use crate::client::{Answer, From};

/// The words of errors that the request itself deserves, whatever the state of anything.
const REFUSALS: [&str; 6] = [
    "invalid-url",
    "no-such-route",
    "source-not-allowed",
    "unknown-pool",
    "url-too-long",
    "wrong-method",
];

/// What an answer is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Any client may be answered so at any time.
    Good(&'static str),
    /// Good only if the undisturbed story was answered so.
    Odd(String),
    /// Good never.
    Never(String),
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(words) => f.write_str(words),
            Self::Odd(words) | Self::Never(words) => f.write_str(words),
        }
    }
}

impl Class {
    /// What is refused is refused whatever happens: a redirect instead would be an open one.
    pub(super) fn is_allowed(&self, undisturbed: Option<&BTreeSet<String>>) -> bool {
        let same = undisturbed.is_some_and(|answers| answers.contains(&self.to_string()));
        let refused = |answers: &BTreeSet<String>| {
            let refusal = |answer: &String| REFUSALS.iter().any(|word| answer.ends_with(word));
            answers.iter().all(refusal)
        };
        match self {
            Self::Good(_) => same || !undisturbed.is_some_and(refused),
            Self::Odd(_) => same,
            Self::Never(_) => false,
        }
    }
}

impl Watch {
    pub(super) async fn judged(
        &self,
        asked: &Asked,
        pool: &PoolId,
        url: Option<&SourceUrl>,
        (answer, from): &From,
    ) -> Class {
        match (asked.step, url) {
            (Step::Followed, Some(url)) if !from.path().starts_with("/v1/") => {
                self.downloaded(asked, url, answer, from).await
            }
            (_, Some(url)) if answer.status == 302 => {
                self.redirected(asked, pool, url, answer.header("location"))
                    .await
            }
            _ => Class::Odd(format!("status {} {}", answer.status, error_of(answer))),
        }
    }

    async fn redirected(
        &self,
        asked: &Asked,
        pool: &PoolId,
        url: &SourceUrl,
        location: &str,
    ) -> Class {
        if location.starts_with("?cloud-mirror-budget=") {
            return Class::Good("a hop");
        }
        if SourceUrl::parse(location).is_ok_and(|to| is_same_place(&to, url)) {
            return Class::Good("the origin");
        }
        if !self.0.deployment.is_in_pool(location, &pool.region) {
            return Class::Odd("a redirect to elsewhere".into());
        }
        let (pool, url) = (pool.clone(), url.clone());
        let wanted = ReplicaId { pool, url };
        match self.0.truth.replica_at(&wanted, location).await {
            Some(id) => self.served(asked, &id).await,
            None => Class::Odd("a replica of another name".into()),
        }
    }

    async fn served(&self, asked: &Asked, id: &ReplicaId) -> Class {
        if self.was_purged(asked.at, id).await {
            return Class::Never("a replica that was purged before".into());
        }
        match self.0.truth.is_right(id).await {
            Some(true) => Class::Good("a replica"),
            Some(false) => Class::Odd("a replica with other bytes than its source".into()),
            None if self.may_be_missing(asked, id) => Class::Good("a replica"),
            None => Class::Odd("a replica that is not there".into()),
        }
    }

    async fn downloaded(
        &self,
        asked: &Asked,
        url: &SourceUrl,
        answer: &Answer,
        from: &reqwest::Url,
    ) -> Class {
        let of_the_origin = from.as_str().starts_with(&self.0.origin.url(""));
        match answer.status {
            _ if of_the_origin => Class::Good("the origin's own answer"),
            200 if asked.head => Class::Good("an answer to HEAD"),
            200 if self.0.truth.are_right(url, &answer.body).await => {
                Class::Good("the right bytes")
            }
            200 => Class::Odd("other bytes than the source's".into()),
            status if is_ours(from) => Class::Odd(format!("status {status} of a replica")),
            status => Class::Odd(format!("status {status} of the store")),
        }
    }

    /// It was deleted behind the mirror's back, which notices at its next look; or a purge came
    /// after this request.
    fn may_be_missing(&self, asked: &Asked, id: &ReplicaId) -> bool {
        self.0.truth.was_deleted(id) || self.book().purges.came_after(asked.at, id)
    }

    /// Whether the run of the replica that is there began before a purge that had been accepted then.
    pub(crate) async fn was_purged(&self, asked: Timestamp, id: &ReplicaId) -> bool {
        let Some(purged) = self.book().purges.done_before(asked, id) else {
            return false;
        };
        let looked = self.0.deployment.pool(&id.pool).pool.head(&id.url).await;
        let written_by = looked.ok().flatten().and_then(|found| found.written_by);
        written_by.is_some_and(|run| run.timestamp_ms() < purged.as_millis())
    }
}

/// Every spelling of an S3 bucket's URL is one place.
fn is_same_place(one: &SourceUrl, other: &SourceUrl) -> bool {
    let places = (S3Place::of(one), S3Place::of(other));
    one == other || (places.0.is_some() && places.0 == places.1)
}

/// The word for the error in a body.
fn error_of(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body["error"].as_str().unwrap_or_default().to_owned()
}
